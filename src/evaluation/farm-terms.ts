// What all policies of an evaluation share: the farm, its step times, and the terms on which accounts hold blades. Without a file the terms are
// those of `usualTerms`, which say how the figures came about: they are printed with them.
import { z } from 'zod'

const range = (what: string, usual: readonly [number, number]) =>
  z
    .tuple([z.number().min(0).max(86_400), z.number().min(0).max(86_400)])
    .refine(([least, most]) => least <= most, 'the shorter time comes first')
    .default([...usual])
    .describe(what)
const price = (what: string, usual: number) => z.number().int().min(0).max(1_000_000_000).default(usual).describe(what)

/** A farm file of `bladewright evaluate`: YAML or JSON, every key optional. */
export const farmTerms = z.strictObject({
  blades: z.number().int().min(1).max(10_000).optional(),
  warm: z
    .number()
    .int()
    .min(0)
    .max(10_000)
    .optional()
    .describe('Of the pool: kept booted. Default: a twentieth of the blades.'),
  perBlade: z.number().positive().optional().describe('Demand that a blade serves, in the unit of the traces.'),
  committed: z.number().int().min(0).max(10_000).default(3).describe('Blades that each account is always owed.'),
  expansion: z.number().int().min(0).max(10_000).default(6).describe('Above those: guaranteed on request.'),
  coldSeconds: range('From the request until a cold blade has joined.', [180, 300]),
  warmSeconds: range('From the request until a warm blade has joined.', [5, 15]),
  leavingSeconds: range('Drain and scrub: until a blade is in the pool again.', [60, 120]),
  headroom: z
    .tuple([z.number().min(0), z.number().min(0)])
    .default([0.1, 1])
    .describe('The band in which (capacity - demand) / demand should be.'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters')
    .default('EUR'),
  prices: z
    .strictObject({
      committed: price('A blade-hour of the committed level, held or not, in hundredths.', 10),
      expansion: price('A blade-hour above it, up to the guaranteed level.', 14),
      extension: price('A blade-hour above that.', 20),
      entry: price('Once, each time that a level above the committed one is entered.', 5),
    })
    .prefault({}),
})

export type FarmTerms = z.infer<typeof farmTerms>

export const usualTerms: FarmTerms = farmTerms.parse({})
