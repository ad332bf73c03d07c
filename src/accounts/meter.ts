// How much of what an account held, for how long, at which level: exact whole numbers of unit-milliseconds, by account and invoice period.
import type { Period } from './calendar.ts'
import { type Level, type Levels, levelNames, splitByLevel } from './sla-terms.ts'

/** Of an item (a role, or a resource) at one level under one version of the agreement. */
export interface Total {
  readonly version: number
  readonly item: string
  readonly level: Level
  /** Unit-milliseconds held, and serving. */
  allocatedMs: number
  servingMs: number
  /** Times that the level was entered, as it is charged. */
  entries: number
  /** Of violations. */
  violatedMs: number
}

/** One invoice period of one account. */
export interface Bucket extends Period {
  readonly account: string
  readonly totals: Map<string, Total>
  /** By item: how long it held so many, and how long so many were needed. */
  readonly held: Map<string, Map<number, number>>
  readonly needed: Map<string, Map<number, number>>
  /** Hundredths that the account agreed to pay in it at most; null: as its agreement says. */
  consentedTo: number | null
}

/** As JSON. */
export interface BucketState extends Period {
  readonly account: string
  readonly totals: readonly Total[]
  readonly held: readonly (readonly [string, readonly (readonly [number, number])[]])[]
  readonly needed: readonly (readonly [string, readonly (readonly [number, number])[]])[]
  readonly consentedTo: number | null
}

/** What an item stands at since `at`. */
export interface Meter {
  readonly account: string
  readonly item: string
  allocated: number
  serving: number
  at: number
  /** The highest level entered; -1: nothing is held. */
  level: number
  /** By level: when it was left last. */
  readonly leftAt: [number | null, number | null, number | null]
}

export function emptyBucket(account: string, { from, to }: Period): Bucket {
  return { account, from, to, totals: new Map(), held: new Map(), needed: new Map(), consentedTo: null }
}

export function totalOf(bucket: Bucket, version: number, item: string, level: Level): Total {
  const key = `${version} ${item} ${level}`
  const found = bucket.totals.get(key)
  if (found) return found
  const total: Total = { version, item, level, allocatedMs: 0, servingMs: 0, entries: 0, violatedMs: 0 }
  bucket.totals.set(key, total)
  return total
}

/** Up to `to`, as it stood. */
export function accrue(meter: Meter, to: number, bucket: Bucket, version: number, levels: Levels): void {
  const ms = to - meter.at
  meter.at = to
  if (ms <= 0) return
  addTime(bucket.held, meter.item, meter.allocated, ms)
  if (meter.allocated === 0) return
  const [allocated, serving] = [splitByLevel(meter.allocated, levels), splitByLevel(meter.serving, levels)]
  for (const level of levelNames) {
    if (allocated[level] === 0) continue
    const total = totalOf(bucket, version, meter.item, level)
    total.allocatedMs += allocated[level] * ms
    total.servingMs += serving[level] * ms
  }
}

export function addTime(times: Map<string, Map<number, number>>, item: string, count: number, ms: number): void {
  const ofItem = times.get(item) ?? new Map<number, number>()
  ofItem.set(count, (ofItem.get(count) ?? 0) + ms)
  times.set(item, ofItem)
}

/** Index into `levelNames`; -1 for none. */
export function levelAt(count: number, { committed, guaranteed }: Levels): number {
  if (count === 0) return -1
  if (count <= committed) return 0
  return count <= guaranteed ? 1 : 2
}

export function bucketState({ account, from, to, totals, held, needed, consentedTo }: Bucket): BucketState {
  const times = (map: Bucket['held']) => [...map].map(([item, ofItem]) => [item, [...ofItem]] as const)
  const copied = [...totals.values()].map((total) => ({ ...total }))
  return { account, from, to, totals: copied, held: times(held), needed: times(needed), consentedTo }
}

export function bucketFrom({ account, from, to, totals, held, needed, consentedTo }: BucketState): Bucket {
  const times = (list: BucketState['held']) => new Map(list.map(([item, ofItem]) => [item, new Map(ofItem)]))
  return {
    ...{ account, from, to, consentedTo, held: times(held), needed: times(needed) },
    totals: new Map(totals.map((total) => [`${total.version} ${total.item} ${total.level}`, { ...total }])),
  }
}
