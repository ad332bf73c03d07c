// Seed after seed: draws each one's fault schedule, runs it, and makes what breaks a promise as short as it gets.
import type { FarmConfig } from '../runtime/farm-config.ts'
import { drawFaults } from './draw-faults.ts'
import type { FaultFamily, FaultSchedule } from './fault.ts'
import { defaultRestMs, runSchedule, type ScheduleRun } from './run-schedule.ts'
import { shrinkSchedule } from './shrink-schedule.ts'
import type { SimulatedChannels } from './simulated-channels.ts'
import type { Violation } from './watch-promises.ts'

export interface SeedPlan {
  readonly config: FarmConfig
  readonly families: readonly FaultFamily[]
  /** Faults begin and end within it. */
  readonly forMs: number
  /** Default `messages`. */
  readonly channels?: SimulatedChannels
}

export interface SeedResult {
  readonly seed: number
  readonly faults: FaultSchedule
  /** Empty when every promise held. */
  readonly violations: readonly Violation[]
  readonly simulatedMs: number
}

export function scheduleOf({ config, families, forMs, channels }: SeedPlan, seed: number): ScheduleRun {
  const faults = drawFaults(seed, config, { families, untilMs: forMs })
  return { seed, config, faults, healAtMs: forMs, ...(channels && { channels }) }
}

export function runSeed(plan: SeedPlan, seed: number): SeedResult {
  const run = scheduleOf(plan, seed)
  const { violations, endedAtMs } = runSchedule(run)
  return { seed, faults: run.faults, violations, simulatedMs: endedAtMs }
}

/** A shorter run that breaks a promise too, and how. */
export function shrinkSeed(
  plan: SeedPlan,
  { seed, violations: [first] }: SeedResult,
  {
    check = (run) => runSchedule(run).violations,
    tried,
  }: {
    /** What a run breaks; default: by running it. */
    readonly check?: (run: ScheduleRun) => readonly Violation[]
    readonly tried?: (tries: number, left: number) => void
  } = {},
): { readonly run: ScheduleRun; readonly violation: Violation } {
  const whole = scheduleOf(plan, seed)
  let violation = first ?? { atMs: plan.forMs, sentence: 'it did not fail' }
  // What is not at rest in the end is so because of something within: nothing may be cut off by its time.
  const failedAtMs = Math.min(violation.atMs, plan.forMs)
  const faults = shrinkSchedule(
    whole.faults,
    failedAtMs,
    (candidate) => {
      const [found] = check({ ...whole, faults: candidate })
      if (found) violation = found
      return found?.atMs
    },
    { ...(tried && { tried }) },
  )
  const endMs = Math.max(0, ...faults.map(({ atMs, forMs }) => atMs + (forMs ?? 0)), violation.atMs)
  const isAfterHealing = violation.atMs > plan.forMs
  const healAtMs = isAfterHealing ? plan.forMs : Math.min(plan.forMs, Math.ceil(endMs / 1000) * 1000)
  return { run: { ...whole, faults, healAtMs, restWithinMs: defaultRestMs }, violation }
}
