// A site's allocation history as its journal tells it, drawn at random, and what it amounts to, counted blade by blade, a millisecond at a time.
import fc from 'fast-check'
import type { LedgerRecord } from '../../../src/accounts/ledger-records.ts'
import { slaTerms } from '../../../src/accounts/sla-terms.ts'

export const items = ['shop/web/front', 'shop/api/back', 'news/web/front'] as const
export type Item = (typeof items)[number]
const blades = ['c01-s01', 'c01-s02', 'c01-s03', 'c01-s04'] as const

export const termsOf = (account: string, committed = 1, expansion = 1) =>
  slaTerms.parse({
    roles: items
      .filter((item) => item.startsWith(`${account}/`))
      .map((item) => ({
        group: item.slice(0, item.lastIndexOf('/')),
        role: item.slice(item.lastIndexOf('/') + 1),
        committed,
        expansion,
      })),
  })

export function slaSetEntry(account: string, version: number, effectiveAt: number, terms = termsOf(account)) {
  return { type: 'sla.set', account, version, origin: 'file', effectiveAt, terms }
}

/** What happens to a blade, as a move's records say it; how it ends is drawn too. */
const moveFates = ['done', 'rolledBack', 'quarantined', 'crashed'] as const
interface Drawn {
  readonly blade: number
  readonly to: number
  readonly gaps: readonly number[]
  readonly fate: (typeof moveFates)[number]
  readonly stopsAfter: number
}

export const history = fc.array(
  fc.record<Drawn>({
    blade: fc.nat(blades.length - 1),
    to: fc.integer({ min: -1, max: items.length - 1 }),
    gaps: fc.array(fc.nat(40_000_000), { minLength: 8, maxLength: 8 }),
    fate: fc.constantFrom(...moveFates),
    stopsAfter: fc.nat(6),
  }),
  { maxLength: 14 },
)

export interface Told {
  readonly records: LedgerRecord[]
  /** By item: unit-milliseconds allocated and serving, until the last record. */
  readonly allocated: Map<string, number>
  readonly serving: Map<string, number>
}

/** The same history as records, and as the plain sum over what each blade was at. */
export function tell(drawn: readonly Drawn[]): Told {
  const records: LedgerRecord[] = []
  const at = new Map<string, { item: Item; serving: boolean }>()
  const allocated = new Map<string, number>()
  const serving = new Map<string, number>()
  let now = Date.UTC(2026, 0, 30)
  const write = (entry: LedgerRecord['entry'], gap = 0) => {
    for (const { item, serving: serves } of at.values()) {
      allocated.set(item, (allocated.get(item) ?? 0) + gap)
      if (serves) serving.set(item, (serving.get(item) ?? 0) + gap)
    }
    now += gap
    // A clock has fractions; the ledger counts whole milliseconds.
    records.push({ index: records.length + 1, at: now + 0.37, entry })
  }
  write(slaSetEntry('shop', 1, now))
  write(slaSetEntry('news', 1, now))
  for (const [i, { blade: b, to: t, gaps, fate, stopsAfter }] of drawn.entries()) {
    const blade = blades[b] ?? 'c01-s01'
    const item = items[t]
    const move = `mv-${i}`
    const place = item && { group: item.slice(0, item.lastIndexOf('/')), role: item.slice(item.lastIndexOf('/') + 1) }
    const to = place ? { kind: 'group', ...place } : { kind: 'cold' }
    const from = at.get(blade)
    const moves = [
      { move, blade, from: from ? from.item.slice(0, from.item.lastIndexOf('/')) : null, to, cause: 'request' },
    ]
    write({ type: 'decision.made', moves }, gaps[0])
    const away = from ? ['drain', 'disconnect', 'powerOff'] : []
    const steps = [...away, 'scrub', ...(item ? ['setPointers', 'boot', 'join'] : [])]
    const doneSteps = fate === 'done' ? steps : steps.slice(0, stopsAfter)
    for (const [s, step] of doneSteps.entries()) {
      write({ type: 'move.intent', move, step })
      const held = at.get(blade)
      if (held && step === 'drain') held.serving = false
      write({ type: 'move.answered', move, step, result: { outcome: 'done' } }, gaps[(s % 7) + 1])
      if (['disconnect', 'powerOff', 'scrub'].includes(step)) at.delete(blade)
      if (item && step === 'setPointers') at.set(blade, { item, serving: false })
      if (item && step === 'join') at.set(blade, { item, serving: true })
    }
    // A move that nobody ends (its master is dead) leaves the blade where it is.
    if (fate === 'crashed') continue
    write({ type: 'move.ended', move, outcome: fate }, gaps[7])
    if (fate !== 'done') at.delete(blade)
  }
  write({ type: 'role.initialised', role: items[0] }, 12_345)
  return { records, allocated, serving }
}
