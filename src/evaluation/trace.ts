// A series of demand from a file: a header, then `timestamp,value`, at a regular step. Whatever the unit is, it is counted in blades later.
import { ConfigError } from '../errors.ts'

export interface Trace {
  readonly name: string
  readonly stepMs: number
  /** Demand in each step, from the first; in the unit of the file, 0 and more. */
  readonly values: readonly number[]
}

const rowsMax = 5_000_000
const dayMs = 86_400_000

/** @param timeOf ms since the epoch of a timestamp that is no number of seconds; NaN for what is none. Throws ConfigError with file and line: no header, no number, time that goes back, a step that changes. A hole is filled with what was before. */
export function parseTrace(text: string, name: string, timeOf: (timestamp: string) => number): Trace {
  const lines = text.split(/\r?\n/)
  if (lines.length > rowsMax) throw problem(name, rowsMax, `more than ${rowsMax} rows`)
  if (!/^\s*"?timestamp"?\s*,\s*"?value"?\s*$/i.test(lines[0] ?? ''))
    throw problem(name, 1, 'the header must be timestamp,value')
  const rows = lines.flatMap((line, index) =>
    index === 0 || line.trim() === '' ? [] : [readRow(line, name, index + 1, timeOf)],
  )
  if (rows.length < 3) throw problem(name, lines.length, 'fewer than three rows')
  const stepMs = stepOf(rows, name)
  const values: number[] = []
  for (const [index, { atMs, value, line }] of rows.entries()) {
    const before = rows[index - 1]
    const steps = before ? (atMs - before.atMs) / stepMs : 1
    // Clocks are set, and a second is lost or won: half a step decides.
    const whole = Math.round(steps)
    if (Math.abs(steps - whole) > 0.5 || whole < 0)
      throw problem(name, line, `it is no multiple of ${stepMs} ms after the one before`)
    if ((whole - 1) * stepMs > dayMs) throw problem(name, line, 'a hole of more than a day')
    for (let hole = 1; hole < whole; hole += 1) values.push(before?.value ?? 0)
    // The same time twice, as where summer ends: the later one counts.
    if (whole === 0) values.pop()
    values.push(value)
  }
  return { name, stepMs, values }
}

interface Row {
  readonly atMs: number
  readonly value: number
  readonly line: number
}

function readRow(text: string, name: string, line: number, timeOf: (timestamp: string) => number): Row {
  const [timestamp = '', number = '', ...more] = text.split(',').map((cell) => cell.trim().replace(/^"|"$/g, ''))
  const atMs = /^\d+$/.test(timestamp) ? Number(timestamp) * 1_000 : timeOf(timestamp)
  const value = number === '' ? Number.NaN : Number(number)
  if (more.length > 0 || !Number.isFinite(atMs)) throw problem(name, line, `no timestamp,value: ${text.slice(0, 60)}`)
  if (!(value >= 0 && Number.isFinite(value)))
    throw problem(name, line, `demand is a number of 0 or more, not ${number.slice(0, 30)}`)
  return { atMs, value, line }
}

/** The one that most rows have. */
function stepOf(rows: readonly Row[], name: string): number {
  const counts = new Map<number, number>()
  for (const [index, { atMs }] of rows.entries()) {
    const stepMs = atMs - (rows[index - 1]?.atMs ?? Number.NaN)
    if (stepMs > 0) counts.set(stepMs, (counts.get(stepMs) ?? 0) + 1)
  }
  const [most] = [...counts].sort(([, one], [, other]) => other - one)
  if (!most) throw problem(name, 2, 'time does not go on')
  return most[0]
}

function problem(name: string, line: number, detail: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', detail, `${name}:${line}`)
}
