// The service level agreement of an account (R34): what it is owed at which level, by which measures it is judged, what it pays, and what it may
// not pay without being asked (R37). Levels of blades by role, of network bandwidth and of volume size (R39).
//
// Each level is counted above the one before it. Committed: always owed, always there. Expansion: guaranteed on request. Extension: given when
// there is something to give.
import { z } from 'zod'
import { groupId, roleId } from '../protocol/ids.ts'

export const levelNames = ['committed', 'expansion', 'extension'] as const
export type Level = (typeof levelNames)[number]

const amount = (what: string) => z.number().int().min(0).max(1_000_000).default(0).describe(what)
const price = (what: string, usual: number) =>
  z.number().multipleOf(0.0001).min(0).max(1_000_000_000).default(usual).describe(what)

export const slaPrices = z
  .strictObject({
    committed: price('A blade-hour of the committed level, in hundredths of the currency.', 10),
    expansion: price('A blade-hour of the expansion level.', 14),
    extension: price('A blade-hour of the extension level.', 20),
    entry: price('Once, each time that a level above the committed one is entered.', 5),
  })
  .prefault({})

const amounts = {
  committed: amount('Always owed.'),
  expansion: amount('Above the committed level: guaranteed on request.'),
  extension: amount('Above both: given when there is something to give.'),
}

const measureName = z
  .string()
  .regex(
    /^(?:hits|transactions|connections|responseP50Ms|responseP95Ms|responseP99Ms|refusedShare|failedShare|cpuRatio|memoryBytes|networkBytes|x-[a-z0-9-]{1,30})$/,
    'hits, transactions, connections, responseP50Ms, responseP95Ms, responseP99Ms, refusedShare, failedShare, cpuRatio, memoryBytes, networkBytes, or x-… of a measurement module of one’s own',
  )

/** Levels in another measure than blades, and how much of it a blade carries. */
const measuredLevel = z.strictObject({
  measure: measureName,
  perBlade: z.number().positive().max(1e12).describe('How much one blade carries.'),
  ...{ committed: z.number().min(0).max(1e15), expansion: z.number().min(0).max(1e15).default(0) },
  extension: z.number().min(0).max(1e15).default(0),
})

export const roleTerms = z.strictObject({
  group: groupId,
  role: roleId,
  ...amounts,
  measures: z
    .array(measuredLevel)
    .min(1)
    .max(8)
    .optional()
    .describe('Levels in other measures; blades are what carries them. They take the place of the numbers of blades.'),
  combine: z
    .enum(['largest', 'smallest', 'sum'])
    .default('largest')
    .describe('Of several measures: which number of blades counts.'),
  keeps: amount(
    'Lending limit: its offers, and what others take of it, leave it so many. Default: the committed level.',
  ),
  prices: slaPrices,
})
export type RoleTerms = z.output<typeof roleTerms>

export const resourceNames = ['bandwidth', 'volume'] as const
export type ResourceName = (typeof resourceNames)[number]
const resourceTerms = z.strictObject({ ...amounts, prices: slaPrices })

export type Objective =
  | { readonly measure: string; readonly atMost?: number | undefined; readonly atLeast?: number | undefined }
  | { readonly all: readonly Objective[] }
  | { readonly any: readonly Objective[] }

const single = z
  .strictObject({ measure: measureName, atMost: z.number().optional(), atLeast: z.number().optional() })
  .refine(({ atMost, atLeast }) => (atMost === undefined) !== (atLeast === undefined), 'either atMost or atLeast')
/** Two levels of nesting say all there is to say of so few measures. */
const nested = z.union([
  single,
  z.strictObject({ all: z.array(single).min(1).max(8) }),
  z.strictObject({ any: z.array(single).min(1).max(8) }),
])
export const objective = z.union([
  single,
  z.strictObject({ all: z.array(nested).min(1).max(8) }),
  z.strictObject({ any: z.array(nested).min(1).max(8) }),
])

export const slaConditions = {
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters')
    .default('EUR'),
  period: z.enum(['day', 'week', 'month']).default('month').describe('An invoice each, in UTC.'),
  objective: objective
    .optional()
    .describe('What must hold, of each group; broken while less than a guaranteed level serves, it is a violation.'),
  credit: z
    .strictObject({
      committed: price('A minute in which the committed level is violated, in hundredths.', 0),
      expansion: price('A minute in which the expansion level is violated, in hundredths.', 0),
    })
    .prefault({}),
  spendCap: z
    .number()
    .int()
    .min(0)
    .max(1_000_000_000_000)
    .optional()
    .describe('Hundredths a period; above it nothing beyond the committed level is given without consent.'),
  growthPerHour: z
    .number()
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe('Blades that requests may add within an hour: a flood must not become a bill.'),
  bandwidth: resourceTerms.optional().describe('Megabits per second.'),
  volume: resourceTerms.optional().describe('Gigabytes (10^9) on its volumes.'),
} as const

/** Complete: what `sla set` takes and the journal keeps. */
export const slaTerms = z
  .strictObject({ ...slaConditions, roles: z.array(roleTerms).min(1).max(1024) })
  .refine(
    ({ roles }) => new Set(roles.map(({ group, role }) => `${group}/${role}`)).size === roles.length,
    'a role is named once',
  )
export type SlaTerms = z.output<typeof slaTerms>

/** Cumulative: up to here it is committed, guaranteed, held at most. */
export interface Levels {
  readonly committed: number
  readonly guaranteed: number
  readonly max: number
}

/** In blades. */
export function levelsOf(terms: RoleTerms): Levels {
  const { measures, combine } = terms
  if (measures === undefined) return cumulative(terms)
  const each = measures.map(({ perBlade, committed, expansion, extension }) => ({
    committed: bladesFor(committed, perBlade),
    guaranteed: bladesFor(committed + expansion, perBlade),
    max: bladesFor(committed + expansion + extension, perBlade),
  }))
  const pick = (values: readonly number[]) =>
    combine === 'largest'
      ? Math.max(...values)
      : combine === 'smallest'
        ? Math.min(...values)
        : values.reduce((sum, value) => sum + value, 0)
  return {
    committed: pick(each.map(({ committed }) => committed)),
    guaranteed: pick(each.map(({ guaranteed }) => guaranteed)),
    max: pick(each.map(({ max }) => max)),
  }
}

export function cumulative({ committed, expansion, extension }: Readonly<Record<Level, number>>): Levels {
  return { committed, guaranteed: committed + expansion, max: committed + expansion + extension }
}

/** How much of `count` lies in each level; what lies above all of them is extension. */
export function splitByLevel(count: number, { committed, guaranteed }: Levels): Readonly<Record<Level, number>> {
  const inCommitted = Math.min(count, committed)
  const inExpansion = Math.max(0, Math.min(count, guaranteed) - committed)
  return {
    committed: inCommitted,
    expansion: inExpansion,
    extension: Math.max(0, count - Math.max(committed, guaranteed)),
  }
}

function bladesFor(value: number, perBlade: number): number {
  return Math.ceil(value / perBlade - 1e-9)
}
