// One run of a farm under a fault schedule: the promises are watched all the time; after the last fault has healed the farm must come to
// rest within a bound: one master leads and has its peer, every move has ended, every group is back at its committed level.
import type { FarmConfig } from '../runtime/farm-config.ts'
import { mastersOf } from '../runtime/farm-layout.ts'
import { type FaultSchedule, formatFault, formatMs } from './fault.ts'
import { createFaultInjector } from './inject-faults.ts'
import type { SimulatedChannels } from './simulated-channels.ts'
import { createSimulation, type Simulation, type SimulationOptions } from './simulation.ts'
import type { Violation } from './watch-promises.ts'

export interface ScheduleRun {
  readonly seed: number
  readonly config: FarmConfig
  readonly faults: FaultSchedule
  /** Everything is healed then. */
  readonly healAtMs: number
  /** For the farm to come to rest. Default 120 s. */
  readonly restWithinMs?: number
  /** Default `messages`. */
  readonly channels?: SimulatedChannels
}

export interface ScheduleResult {
  readonly violations: readonly Violation[]
  /** Simulated, until the farm was at rest. */
  readonly endedAtMs: number
  readonly simulation: Simulation
}

export const defaultRestMs = 120_000
/** Rest is looked for so often. */
const lookMs = 250

export function openSimulation(
  seed: number,
  config: FarmConfig,
  options: Pick<SimulationOptions, 'grain' | 'channels'> = {},
): Simulation {
  return createSimulation({ seed, config, grain: 'coarse', load: usualLoad(config), ...options })
}

/** What its initial blades serve well. */
export function usualLoad(config: FarmConfig): Record<string, number> {
  const rates = config.accounts.map(({ id, groups: [first] }) => {
    const rate = (first?.roles ?? []).reduce((sum, { initial, ratePerBlade }) => sum + 0.6 * initial * ratePerBlade, 0)
    return [id, rate] as const
  })
  return Object.fromEntries(rates)
}

/** Stops at the first violation. */
export function runSchedule({
  seed,
  config,
  faults,
  healAtMs,
  restWithinMs = defaultRestMs,
  channels,
}: ScheduleRun): ScheduleResult {
  const simulation = openSimulation(seed, config, channels && { channels })
  const injector = createFaultInjector(simulation)
  injector.plan(faults)
  const { clock } = simulation
  const result = (more: readonly Violation[] = []): ScheduleResult => ({
    violations: [...simulation.violationsFound(), ...more],
    endedAtMs: clock.monotonic(),
    simulation,
  })
  try {
    while (clock.monotonic() < healAtMs) {
      simulation.runFor(Math.min(lookMs, healAtMs - clock.monotonic()))
      if (simulation.violationsFound().length > 0) return result()
    }
    injector.recover()
    const restless = comeToRest(simulation, restWithinMs)
    return result(restless === undefined ? [] : [{ atMs: clock.monotonic(), sentence: restless }])
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return result([{ atMs: clock.monotonic(), sentence: `it threw: ${detail}` }])
  }
}

/** @returns what it still does not have after that time */
export function comeToRest(simulation: Simulation, withinMs: number): string | undefined {
  const untilMs = simulation.clock.monotonic() + withinMs
  for (;;) {
    releaseAll(simulation)
    simulation.runFor(lookMs)
    if (simulation.violationsFound().length > 0) return undefined
    const missing = whatIsMissing(simulation)
    if (missing === undefined) return undefined
    if (simulation.clock.monotonic() >= untilMs)
      return `not at rest ${withinMs / 1000} s after the last fault: ${missing}`
  }
}

/** An operator lets back what the faults had quarantined: their cause is gone. */
function releaseAll(simulation: Simulation): void {
  for (const { blade, lifecycle } of simulation.status()?.blades ?? [])
    if (lifecycle === 'quarantined') simulation.master().release(blade, () => {})
}

export function whatIsMissing(simulation: Simulation): string | undefined {
  const status = simulation.status()
  if (status === undefined) return 'no master runs'
  const { master, groups, moves, blades } = status
  if (master.state !== 'leading') return `${master.node} is ${master.state}: ${master.why}`
  const isPaired = mastersOf(simulation.config).length < 2 || master.redundancy === 'paired'
  if (!isPaired) return `${master.node} is ${master.redundancy}`
  const silent = blades.find(({ isReachable }) => !isReachable)
  if (silent) return `${silent.blade} is silent`
  const lame = blades.find(
    ({ lifecycle, carries }) => carries === null && (lifecycle === 'quarantined' || lifecycle === 'failed'),
  )
  if (lame) return `${lame.blade} is ${lame.lifecycle}: ${lame.quarantineReason}`
  const short = groups.flatMap(({ group, roles }) => {
    const role = roles.find(({ joined, committed }) => joined < committed)
    return role ? [`${group} has ${role.joined} of its ${role.committed} committed`] : []
  })[0]
  if (short !== undefined) return short
  const unserved = groups.find(
    ({ group, roles }) =>
      simulation.balancer.read(group).filter(({ state }) => state === 'ready').length <
      roles.reduce((sum, { joined }) => sum + joined, 0),
  )
  if (unserved) return `the balancer does not have all that serve ${unserved.group}`
  const [move] = moves
  if (move) return `${move.move} of ${move.blade} is at ${move.step}`
  const [open] = simulation.openMoves()
  return open === undefined ? undefined : `${open} has not ended`
}

/** A scenario file that plays this run again. */
export function scenarioOf(run: ScheduleRun, farm: string, found: string): string {
  const { seed, faults, healAtMs, restWithinMs = defaultRestMs, channels } = run
  return [
    `# Found by bladewright simulate: ${found.split('\n')[0]}`,
    `farm ${farm}`,
    `seed ${seed}`,
    ...(channels ? [`channels ${channels}`] : []),
    ...faults.map(formatFault),
    `wait ${formatMs(healAtMs)}`,
    'recover',
    `within ${formatMs(restWithinMs)} rest`,
    '',
  ].join('\n')
}
