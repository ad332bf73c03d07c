// Invoice periods, in UTC: days, weeks from Monday, months. Civil dates from day numbers after Hinnant, "chrono-Compatible Low-Level Date
// Algorithms" (2013): the proleptic Gregorian calendar, no leap seconds, as POSIX time.
export type PeriodKind = 'day' | 'week' | 'month'

/** From `from`, ms since the epoch, up to and without `to`. */
export interface Period {
  readonly from: number
  readonly to: number
}

const dayMs = 86_400_000
/** 1970-01-01 was a Thursday. */
const mondayOffset = 3

export function periodAt(at: number, kind: PeriodKind): Period {
  const day = Math.floor(at / dayMs)
  if (kind === 'day') return { from: day * dayMs, to: (day + 1) * dayMs }
  if (kind === 'week') {
    const monday = day - ((((day + mondayOffset) % 7) + 7) % 7)
    return { from: monday * dayMs, to: (monday + 7) * dayMs }
  }
  const { year, month } = civil(day)
  return { from: dayOf(year, month) * dayMs, to: dayOf(year, month + 1) * dayMs }
}

/** `2026-11-24T08:00:00Z`: whole seconds where they are whole. */
export function instantText(at: number): string {
  const { year, month, day } = civil(Math.floor(at / dayMs))
  const ms = ((at % dayMs) + dayMs) % dayMs
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0')
  const rest = ms % 1000 === 0 ? '' : `.${String(ms % 1000).padStart(3, '0')}`
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
  return `${date}T${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1000) % 60)}${rest}Z`
}

const instant = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2}))?Z)?$/

/** Of `2026-12-01` or `2026-12-01T08:30:00Z`; undefined for what is none. */
export function readInstant(text: string): number | undefined {
  const parts = instant
    .exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0))
  if (parts === undefined) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
  const at = dayOf(year, month) * dayMs + (day - 1) * dayMs + ((hour * 60 + minute) * 60 + second) * 1000
  const isWhole = month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60
  return isWhole && instantText(at).startsWith(text.slice(0, 10)) ? at : undefined
}

/** Day number of the first of a month; month 13 is January of the next year. */
function dayOf(year: number, month: number): number {
  const [y, m] = month > 12 ? [year + 1, month - 12] : [year, month]
  const shifted = m <= 2 ? y - 1 : y
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (m > 2 ? m - 3 : m + 9) + 2) / 5)
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

function civil(dayNumber: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = dayNumber + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const m = Math.floor((5 * dayOfYear + 2) / 153)
  const month = m < 10 ? m + 3 : m - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return { year, month, day: dayOfYear - Math.floor((153 * m + 2) / 5) + 1 }
}
