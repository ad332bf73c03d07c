// The coordinator's choice of a lender (R50, part of R51). A site may lend when it has spare blades and holds the group's images and
// data. Among those the nearest to the east is preferred: its day is further on, so its own peak is over sooner.
import type { GroupId, SiteId } from '../protocol/ids.ts'
import type { Reason } from '../protocol/messages.ts'

export interface SiteReport {
  readonly site: SiteId
  /** Degrees east, -180..180. */
  readonly longitude: number
  readonly spare: number
  readonly groups: readonly GroupId[]
  /** When it arrived, our own time. */
  readonly at: number
}

export interface LoanWish {
  /** Who borrows. */
  readonly site: SiteId
  readonly group: GroupId
  readonly count: number
}

export interface LenderChoice {
  readonly lender: SiteId | null
  /** At most what was asked for and what the lender has to spare. */
  readonly count: number
  /** Why this one. Empty when there is none. */
  readonly reasons: readonly Reason[]
  /** Why not the others, each once. */
  readonly rejected: readonly { readonly site: SiteId; readonly reason: Reason }[]
}

/** @param reportAgeMaxMs a site not heard of for longer is not counted on */
export function chooseLender(
  wish: LoanWish,
  reports: readonly SiteReport[],
  reportAgeMaxMs: number,
  now: number,
): LenderChoice {
  const borrower = reports.find(({ site }) => site === wish.site)
  const others = [...reports.filter(({ site }) => site !== wish.site)].sort((a, b) => (a.site < b.site ? -1 : 1))
  if (borrower === undefined) {
    const reason = { code: 'BORROWER_UNKNOWN', text: `${wish.site} has not said where it is`, numbers: {} }
    return { lender: null, count: 0, reasons: [], rejected: others.map(({ site }) => ({ site, reason })) }
  }
  const weighed = others.map((report) => ({
    report,
    eastDegrees: degreesEast(borrower.longitude, report.longitude),
    bar: barOf(wish, report, reportAgeMaxMs, now),
  }))
  const [best, ...further] = weighed
    .filter(({ bar }) => bar === undefined)
    .sort((a, b) => a.eastDegrees - b.eastDegrees || b.report.spare - a.report.spare)
  const rejected = weighed.flatMap(({ report, bar }) => (bar ? [{ site: report.site, reason: bar }] : []))
  if (best === undefined) return { lender: null, count: 0, reasons: [], rejected }
  const { site, spare } = best.report
  const text = `${site} holds ${wish.group}, can spare ${spare} and is the nearest to the east of ${wish.site}`
  return {
    lender: site,
    count: Math.min(wish.count, spare),
    reasons: [{ code: 'NEAREST_EAST', text, numbers: { eastDegrees: best.eastDegrees, spare } }],
    rejected: [
      ...rejected,
      ...further.map(({ report, eastDegrees }) => ({
        site: report.site,
        reason: { code: 'FURTHER_EAST', text: `${report.site} lies further than ${site}`, numbers: { eastDegrees } },
      })),
    ],
  }
}

/** How far one goes east from a to reach b: 0 up to 360. */
export function degreesEast(a: number, b: number): number {
  return (((b - a) % 360) + 360) % 360
}

function barOf(wish: LoanWish, report: SiteReport, reportAgeMaxMs: number, now: number): Reason | undefined {
  const { site, spare, groups, at } = report
  const ageMs = now - at
  if (ageMs > reportAgeMaxMs)
    return { code: 'SITE_SILENT', text: `${site} was not heard of lately`, numbers: { ageMs } }
  if (!groups.includes(wish.group)) return { code: 'NO_DATA', text: `${site} does not hold ${wish.group}`, numbers: {} }
  if (spare <= 0) return { code: 'NOTHING_SPARE', text: `${site} has nothing to spare`, numbers: { spare } }
  return undefined
}
