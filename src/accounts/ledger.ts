// The ledger (R33): what each account held at which level, when, and what it is charged for. A fold over the journal and nothing else: the same
// records give the same ledger, to the byte, on whichever master and whenever it is computed. Each change is a line; each line names the
// hash of the line before it, so that none can be changed, dropped or slipped in later.
import { createHash } from 'node:crypto'
import { accountOf } from '../protocol/ids.ts'
import { periodAt } from './calendar.ts'
import { type Holding, Holdings, type HoldingsState } from './holdings.ts'
import type { LedgerEntry, LedgerRecord, UsageMeasured } from './ledger-records.ts'
import { ledgerEntryOf } from './ledger-records.ts'
import {
  accrue,
  addTime,
  type Bucket,
  type BucketState,
  bucketFrom,
  bucketState,
  emptyBucket,
  levelAt,
  type Meter,
  totalOf,
} from './meter.ts'
import { holds } from './objectives.ts'
import { SlaBook, type SlaVersion } from './sla-book.ts'
import { cumulative, type Levels, levelNames, levelsOf, type ResourceName, type SlaTerms } from './sla-terms.ts'

/** One line, as it is kept: JSON that ends with the hash of itself and everything before it. */
export interface LedgerLine {
  /** From 1, without gaps. */
  readonly line: number
  readonly text: string
}

export interface LedgerState {
  readonly index: number
  readonly at: number
  readonly lines: number
  /** Hash of the last line. */
  readonly head: string
  readonly versions: readonly SlaVersion[]
  readonly inEffect: readonly (readonly [account: string, version: number])[]
  readonly holdings: HoldingsState
  readonly meters: readonly Meter[]
  readonly open: readonly BucketState[]
  readonly closed: readonly BucketState[]
  readonly growth: readonly (readonly [account: string, at: readonly number[]])[]
}

export const emptyLedger: LedgerState = {
  ...{ index: 0, at: 0, lines: 0, head: '', versions: [], inEffect: [], meters: [], open: [], closed: [], growth: [] },
  holdings: { blades: [], moves: [] },
}

/** Periods kept of each account after the open one; and those of which the times are kept that a recommendation rests on. */
const closedKept = 36
const detailedKept = 3
/** Who leaves a level and is back within this time has not entered it anew. */
export const sameStayMs = 3_600_000
const growthWindowMs = 3_600_000
const noLevels: Levels = { committed: 0, guaranteed: 0, max: 0 }

export class Ledger {
  readonly book: SlaBook
  readonly holdings: Holdings
  private index: number
  private now: number
  private lineCount: number
  private head: string
  private readonly inEffect: Map<string, number>
  private readonly meters: Map<string, Meter>
  private readonly open: Map<string, Bucket>
  private readonly closed: Bucket[]
  private readonly growth: Map<string, number[]>
  private fresh: LedgerLine[] = []
  /** Before this instant no period ends and no terms change. */
  private due = Number.NEGATIVE_INFINITY

  constructor(state: LedgerState = emptyLedger) {
    this.index = state.index
    this.now = state.at
    this.lineCount = state.lines
    this.head = state.head
    this.book = new SlaBook(state.versions)
    this.inEffect = new Map(state.inEffect)
    this.meters = new Map(state.meters.map((one) => [one.item, { ...one, leftAt: [...one.leftAt] }]))
    this.open = new Map(state.open.map((one) => [one.account, bucketFrom(one)]))
    this.closed = state.closed.map(bucketFrom)
    this.growth = new Map(state.growth.map(([account, at]) => [account, [...at]]))
    this.holdings = new Holdings(state.holdings, (_blade, before, after) => this.moved(before, after))
  }

  state(): LedgerState {
    return {
      ...{ index: this.index, at: this.now, lines: this.lineCount, head: this.head },
      versions: this.book.kept(this.now),
      inEffect: [...this.inEffect],
      holdings: this.holdings.state(),
      meters: [...this.meters.values()].map((one) => ({ ...one, leftAt: [...one.leftAt] })),
      open: [...this.open.values()].map(bucketState),
      closed: this.closed.map(bucketState),
      growth: [...this.growth].map(([account, at]) => [account, [...at]] as const),
    }
  }

  /** Index of the last record that it took. */
  upTo(): number {
    return this.index
  }

  /** The next record. @returns the lines that it adds */
  take(record: LedgerRecord): readonly LedgerLine[] {
    this.fresh = []
    const entry = ledgerEntryOf(record)
    this.index = record.index
    this.advance(record.at)
    if (entry !== undefined) this.takeEntry(entry)
    return this.fresh
  }

  /**
   * Up to an instant (whole milliseconds count: money is exact), without a record: what a bill shows that is asked for now. Lines that come of
   * it are not kept.
   */
  advance(at: number): void {
    const to = Math.floor(at)
    while (this.due <= to) {
      const next = this.nextDue()
      this.due = next
      if (next > to) break
      this.now = Math.max(this.now, next)
      this.reach(next)
    }
    this.now = Math.max(this.now, to)
  }

  /** Of an account: the open period last. Counted up to now. */
  periods(account: string): readonly Bucket[] {
    for (const meter of this.meters.values()) if (meter.account === account) this.count(meter)
    const open = this.open.get(account)
    return [...this.closed.filter((one) => one.account === account), ...(open ? [open] : [])]
  }

  termsOf(account: string): SlaTerms | undefined {
    return this.versionOf(account)?.terms
  }

  /** Of a role (`shop/web/front`) by the terms in effect; undefined when they do not name it. */
  levelsOf(item: string): Levels | undefined {
    const terms = this.termsOf(accountOf(item))?.roles.find(({ group, role }) => `${group}/${role}` === item)
    return terms && levelsOf(terms)
  }

  /** How many blades requests have added within the last hour. */
  grownBy(account: string, now: number): number {
    return this.growth.get(account)?.filter((at) => at > now - growthWindowMs).length ?? 0
  }

  /** How long so many blades were needed, over the periods whose times are kept. */
  neededBy(item: string): ReadonlyMap<number, number> {
    const account = accountOf(item)
    const sum = new Map<number, number>()
    for (const { needed } of this.periods(account))
      for (const [count, ms] of needed.get(item) ?? []) sum.set(count, (sum.get(count) ?? 0) + ms)
    return sum
  }

  // — what is due by itself ———————————————————————————————————————————————————————————————————

  private nextDue(): number {
    const [change = Number.POSITIVE_INFINITY] = this.book.changesAfter(this.now)
    const ends = [...this.open.values()].map(({ to }) => to)
    return Math.min(change, ...ends)
  }

  private reach(at: number): void {
    for (const bucket of [...this.open.values()]) if (bucket.to <= at) this.close(bucket)
    for (const account of this.book.names()) this.putInEffect(account, at)
  }

  private putInEffect(account: string, at: number): void {
    const version = this.book.at(account, at)
    if (version === undefined || version.version === this.inEffect.get(account)) return
    const meters = [...this.meters.values()].filter((one) => one.account === account)
    for (const meter of meters) this.count(meter)
    this.inEffect.set(account, version.version)
    this.bucketOf(account)
    this.write('terms', { account, version: version.version, origin: version.origin })
    // What the account stands at is its level from now on; it did not ask to enter it.
    for (const meter of meters) meter.level = levelAt(meter.allocated, this.levelsFor(meter))
  }

  private close(bucket: Bucket): void {
    const { account, from, to } = bucket
    for (const meter of this.meters.values()) if (meter.account === account) this.count(meter)
    this.open.delete(account)
    this.closed.push(bucket)
    const ours = this.closed.filter((one) => one.account === account)
    const [dropped] = ours.length > closedKept ? ours : []
    if (dropped) this.closed.splice(this.closed.indexOf(dropped), 1)
    const old = ours.at(-1 - detailedKept)
    old?.held.clear()
    old?.needed.clear()
    const totals = [...bucket.totals.values()]
    this.write('period', { account, from, to, totals })
    this.bucketOf(account)
  }

  // — records —————————————————————————————————————————————————————————————————————————————————

  private takeEntry(entry: LedgerEntry): void {
    this.holdings.take(entry)
    if (entry.type === 'sla.set') {
      this.book.add(entry)
      this.due = Number.NEGATIVE_INFINITY
      this.putInEffect(entry.account, this.now)
    } else if (entry.type === 'sla.consented') {
      const { account, upTo } = entry
      const bucket = this.bucketOf(account)
      bucket.consentedTo = upTo
      this.write('consent', { account, upTo })
    } else if (entry.type === 'usage.measured') this.measure(entry)
    else if (entry.type === 'decision.made')
      for (const { to, cause } of entry.moves)
        if (to.kind === 'group' && cause === 'request') this.noteGrowth(accountOf(to.group))
  }

  private noteGrowth(account: string): void {
    const kept = (this.growth.get(account) ?? []).filter((at) => at > this.now - growthWindowMs)
    this.growth.set(account, [...kept, this.now])
  }

  private moved(before: Holding | undefined, after: Holding | undefined): void {
    const items = new Set([before?.item, after?.item].flatMap((item) => item ?? []))
    for (const item of items) {
      const meter = this.meterOf(accountOf(item), item)
      this.count(meter)
      if (before?.item === item) meter.allocated -= 1
      if (before?.item === item && before.isServing) meter.serving -= 1
      if (after?.item === item) meter.allocated += 1
      if (after?.item === item && after.isServing) meter.serving += 1
      this.noteStand(meter)
    }
  }

  private noteStand(meter: Meter): void {
    const { account, item, allocated, serving } = meter
    this.write('held', { item, allocated, serving })
    const level = levelAt(allocated, this.levelsFor(meter))
    for (let left = meter.level; left > level; left -= 1) {
      if (left >= 0) meter.leftAt[left as 0 | 1 | 2] = this.now
      this.write('left', { item, level: levelNames[left] ?? null })
    }
    for (let entered = meter.level + 1; entered <= level; entered += 1) {
      const leftAt = meter.leftAt[entered as 0 | 1 | 2] ?? null
      const name = levelNames[entered] ?? 'committed'
      const isCharged = entered > 0 && (leftAt === null || this.now - leftAt > sameStayMs)
      if (isCharged) totalOf(this.bucketOf(account), this.inEffect.get(account) ?? 0, item, name).entries += 1
      this.write('entered', { item, level: name, isCharged })
    }
    meter.level = level
  }

  private measure({ periodMs, groups, resources }: UsageMeasured): void {
    for (const { group, measures, roles } of groups) {
      const account = accountOf(group)
      const objective = this.termsOf(account)?.objective
      const isKept = objective === undefined ? undefined : holds(objective, measures)
      for (const { role, desired } of roles) this.judge(account, `${group}/${role}`, desired, isKept, periodMs)
    }
    for (const { account, resource, used } of resources) {
      if (this.termsOf(account)?.[resource] === undefined) continue
      const meter = this.meterOf(account, `${account}:${resource}`)
      if (meter.allocated === used) continue
      this.count(meter)
      meter.allocated = used
      meter.serving = used
      this.noteStand(meter)
    }
  }

  /** Without an objective, too few blades are the violation; with one, they are only while it is broken. */
  private judge(account: string, item: string, desired: number, isKept: boolean | undefined, periodMs: number): void {
    const bucket = this.bucketOf(account)
    addTime(bucket.needed, item, desired, periodMs)
    const meter = this.meterOf(account, item)
    const { committed, guaranteed } = this.levelsFor(meter)
    const level =
      meter.serving < Math.min(desired, committed)
        ? 'committed'
        : meter.serving < Math.min(desired, guaranteed)
          ? 'expansion'
          : undefined
    if (level === undefined || isKept === true) return
    totalOf(bucket, this.inEffect.get(account) ?? 0, item, level).violatedMs += periodMs
    this.write('violated', { item, level, desired, serving: meter.serving, ms: periodMs })
  }

  // — meters and lines ————————————————————————————————————————————————————————————————————————

  private meterOf(account: string, item: string): Meter {
    const found = this.meters.get(item)
    if (found) return found
    const meter: Meter = {
      ...{ account, item, allocated: 0, serving: 0, at: this.now, level: -1 },
      leftAt: [null, null, null],
    }
    this.meters.set(item, meter)
    return meter
  }

  private count(meter: Meter): void {
    const { account } = meter
    accrue(meter, this.now, this.bucketOf(account), this.inEffect.get(account) ?? 0, this.levelsFor(meter))
  }

  private levelsFor({ account, item }: Meter): Levels {
    const resource = item.includes(':') ? (item.slice(account.length + 1) as ResourceName) : undefined
    if (resource === undefined) return this.levelsOf(item) ?? noLevels
    const terms = this.termsOf(account)?.[resource]
    return terms === undefined ? noLevels : cumulative(terms)
  }

  private versionOf(account: string): SlaVersion | undefined {
    const version = this.inEffect.get(account)
    return this.book.versionsOf(account).find((one) => one.version === version)
  }

  private bucketOf(account: string): Bucket {
    const found = this.open.get(account)
    if (found) return found
    const bucket = emptyBucket(account, periodAt(this.now, this.termsOf(account)?.period ?? 'month'))
    this.open.set(account, bucket)
    this.due = Number.NEGATIVE_INFINITY
    return bucket
  }

  private write(kind: string, fields: Readonly<Record<string, unknown>>): void {
    this.lineCount += 1
    const body = JSON.stringify({ line: this.lineCount, at: this.now, index: this.index, kind, ...fields })
    this.head = hashOf(this.head, body)
    this.fresh.push({ line: this.lineCount, text: `${body.slice(0, -1)},"hash":"${this.head}"}` })
  }
}

/** Of a line's text without its hash, and the hash before it. */
export function hashOf(before: string, body: string): string {
  return createHash('sha256').update(before).update(body).digest('hex')
}
