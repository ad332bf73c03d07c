// What the ledger reads of the journal, and nothing else: which blades were given and taken back, what was agreed, consented and measured.
import { z } from 'zod'
import { bladeId, groupId, moveId, roleId } from '../protocol/ids.ts'
import { placement } from '../protocol/messages.ts'
import { slaSet } from './sla-book.ts'

/** A record of the journal. `at`: journal time, ms, which never goes back. */
export interface LedgerRecord {
  readonly index: number
  readonly at: number
  readonly entry: { readonly type: string; readonly [field: string]: unknown }
}

/** An account agrees to pay up to so much in the period that runs. */
export const slaConsented = z.object({
  type: z.literal('sla.consented'),
  account: z.string().max(32),
  upTo: z.number().int().nonnegative(),
})

export const groupUsage = z.object({
  group: groupId,
  /** By name of the measure, as objectives name them. */
  measures: z.record(z.string().max(32), z.number()),
  roles: z.array(z.object({ role: roleId, desired: z.number().int().nonnegative() })).max(16),
})

/** What was measured since the last one. */
export const usageMeasured = z.object({
  type: z.literal('usage.measured'),
  periodMs: z.number().int().positive(),
  groups: z.array(groupUsage).max(16_384),
  resources: z
    .array(
      z.object({
        account: z.string().max(32),
        resource: z.enum(['bandwidth', 'volume']),
        used: z.number().int().nonnegative(),
      }),
    )
    .max(512)
    .default([]),
})
export type UsageMeasured = z.output<typeof usageMeasured>

/** A blade turned out to be somewhere else than the journal says: it was cut off, or a loss was accepted. */
export const allocationFound = z.object({
  type: z.literal('allocation.found'),
  blade: bladeId,
  place: z.object({ group: groupId, role: roleId }).nullable(),
})

const decided = z.object({
  type: z.literal('decision.made'),
  moves: z.array(
    z.object({ move: moveId, blade: bladeId, to: placement, cause: z.string(), from: groupId.nullable() }),
  ),
})
const intent = z.object({ type: z.literal('move.intent'), move: moveId, step: z.string() })
const answered = z.object({
  type: z.literal('move.answered'),
  move: moveId,
  step: z.string(),
  result: z.object({ outcome: z.string() }),
})
const ended = z.object({ type: z.literal('move.ended'), move: moveId, outcome: z.string() })
const began = z.object({ type: z.literal('epoch.began'), lostAfter: z.number().nullable() })

const ledgerEntry = z.discriminatedUnion('type', [
  decided,
  intent,
  answered,
  ended,
  began,
  slaSet,
  slaConsented,
  usageMeasured,
  allocationFound,
])
export type LedgerEntry = z.output<typeof ledgerEntry>

const types: ReadonlySet<string> = new Set(ledgerEntry.options.map(({ shape }) => shape.type.value))

/** Undefined for what is not the ledger's. A malformed entry throws: the journal wrote it, so it is a bug. */
export function ledgerEntryOf({ entry }: LedgerRecord): LedgerEntry | undefined {
  return types.has(entry.type) ? ledgerEntry.parse(entry) : undefined
}
