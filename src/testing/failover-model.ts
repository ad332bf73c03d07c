// bladewright/testing/failover: does a move survive failover with your drivers? A model of failover (failover-machine.ts) says what can
// fail, where in a move, and what has to come after it; each run plays it on the real masters, agents and balancer in the simulator, with
// your drivers in the place of simulated ones. Two ways through the model: every shortest path (@xstate/graph), and commands drawn at
// random and made short when one fails (fast-check).
//
// An entry of its own, because only this one needs the two packages: they are optional peers, and whoever does not import it has neither.
import { getShortestPaths } from '@xstate/graph'
import fc from 'fast-check'
import { initialTransition, type SnapshotFrom, transition } from 'xstate'
import { type MoveStep, moveStep } from '../protocol/board.ts'
import { type FarmConfig, requireFarmConfig } from '../runtime/farm-config.ts'
import {
  type FailoverEvent,
  type FailoverMachine,
  type FailoverModelInput,
  type FailoverMoment,
  failoverEvents,
  failoverMachine,
  failoverMoments,
  formatFailoverEvent,
  placesOf,
} from './failover-machine.ts'
import { type FailoverTrial, openFailoverTrial, requireWell } from './failover-trial.ts'
import type { MakeDrivers } from './own-drivers.ts'

export type { HostBoard, HostBoardReading } from '../ports/host-board.ts'
export type { LoadBalancer } from '../ports/load-balancer.ts'
export type { NetworkSwitch } from '../ports/network-switch.ts'
export type { Answer, Result } from '../ports/result.ts'
export type { StorageSwitch } from '../ports/storage-switch.ts'
export type { FailoverEvent, FailoverMoment } from './failover-machine.ts'
export type { AllDrivers, DriverProcess, MakeDrivers } from './own-drivers.ts'

export interface FailoverModelOptions {
  readonly drivers: MakeDrivers
  /** Where failures strike. Default: every step of a move. */
  readonly steps?: readonly MoveStep[]
  /** Default: all three. */
  readonly moments?: readonly FailoverMoment[]
  /** Default: two groups on three blades, each with an agent of its own. One group must have a blade more than it is committed to. */
  readonly farm?: FarmConfig
  /** Of all chance in a run: delays, boot times, identities. Default 1. */
  readonly seed?: number
}

export interface FailoverModel {
  readonly machine: FailoverMachine
  readonly events: readonly FailoverEvent[]
  /** The move alone; then every failure at every place, and every way back. `failuresMax`, default 1: that many in one path; each more is many more paths. */
  paths(options?: { readonly failuresMax?: number }): readonly FailoverPath[]
  /** One path. The same events give the same run. */
  check(events: readonly FailoverEvent[]): FailoverResult
  /** For `fc.assert`: random paths of at most `failuresMax` failures, default 4. The counterexample is a path for `check`. */
  property(options?: { readonly failuresMax?: number }): fc.IPropertyWithHooks<[FailoverPath]>
}

export type FailoverPath = readonly FailoverEvent[]

/** As a person reads it: `move.begin, reach connectNetwork acted, agent.kill`. */
export function formatFailoverPath(path: FailoverPath): string {
  return path.map(formatFailoverEvent).join(', ')
}

export interface FailoverResult {
  readonly path: FailoverPath
  /** What does not hold; null when all is well. */
  readonly problem: string | null
  /** One line an event of any process, JSON. */
  readonly trace: readonly string[]
}

interface ModelState {
  snapshot: SnapshotFrom<FailoverMachine>
}
type FailoverCommand = fc.Command<ModelState, FailoverTrial>

const pathLengthMax = 20

export function failoverModel(options: FailoverModelOptions): FailoverModel {
  const { drivers, steps = moveStep.options, moments = failoverMoments, farm = smallestFarm(), seed = 1 } = options
  const places = placesOf(steps, moments)
  const events = failoverEvents(places)
  const open = () => openFailoverTrial({ seed, config: farm, drivers })

  return {
    machine: failoverMachine,
    events,
    paths: ({ failuresMax = 1 } = {}) => transitionPaths({ failuresMax, places }, events),
    check(path) {
      const trial = open()
      const model = { snapshot: begin({ failuresMax: path.length, places }) }
      const problem = firstProblem(trial, model, path)
      return { path, problem, trace: trial.trace() }
    },
    property({ failuresMax = 4 } = {}) {
      return fc.property(randomPath(events), (path) => {
        const model = { snapshot: begin({ failuresMax, places }) }
        const trial = open()
        fc.modelRun(() => ({ model, real: trial }), path.map(commandOf))
        requireWell(trial.settle(model.snapshot.context.isOfMasters))
      })
    },
  }
}

const begin = (input: FailoverModelInput) => initialTransition(failoverMachine, input)[0]

function firstProblem(trial: FailoverTrial, model: ModelState, path: FailoverPath): string | null {
  for (const event of path) {
    if (!model.snapshot.can(event)) return `${formatFailoverEvent(event)} cannot be here: the model does not take it`
    const problem = trial.perform(event)
    if (problem !== undefined) return `${formatFailoverEvent(event)}: ${problem}`
    model.snapshot = transition(failoverMachine, model.snapshot, event)[0]
  }
  const problem = trial.settle(model.snapshot.context.isOfMasters)
  return problem === undefined ? null : `in the end: ${problem}`
}

/**
 * As often as there are failures and ways back together, time passes to some place: else most of them would strike at the first. What
 * the model does not take where it comes is left out of the run. No `fc.commands`: it keeps the last command while it makes a run
 * short, and here what fails in the end may be the fault of any.
 */
function randomPath(events: readonly FailoverEvent[]): fc.Arbitrary<FailoverPath> {
  const [places, others] = [true, false].map((isPlace) =>
    events.filter(({ type }) => type !== 'move.begin' && (type === 'move.reach') === isPlace),
  )
  const event = fc.oneof(fc.constantFrom(...(places ?? [])), fc.constantFrom(...(others ?? [])))
  const rest = fc.array(event, { maxLength: pathLengthMax, size: 'max' })
  return rest.map((drawn) => [{ type: 'move.begin' }, ...drawn])
}

function commandOf(event: FailoverEvent): FailoverCommand {
  return {
    check: ({ snapshot }) => snapshot.can(event),
    run: (model, trial) => take(trial, model, event),
    toString: () => formatFailoverEvent(event),
  }
}

function take(trial: FailoverTrial, model: ModelState, event: FailoverEvent): void {
  requireWell(trial.perform(event))
  model.snapshot = transition(failoverMachine, model.snapshot, event)[0]
}

/** The move without a failure; then each transition of the model, after a shortest path to it. What begins another path is played there. */
function transitionPaths(input: FailoverModelInput, events: readonly FailoverEvent[]): FailoverPath[] {
  const found = getShortestPaths(failoverMachine, {
    input,
    events,
    serializeState: ({ value, context }) => JSON.stringify([value, context.place, context.failures, context.last]),
  })
  const paths = new Map<string, FailoverPath>()
  for (const { state, steps } of found) {
    const path = steps.flatMap(({ event }) => events.filter((one) => one === event))
    for (const event of events) if (state.can(event)) paths.set(formatFailoverPath([...path, event]), [...path, event])
  }
  const beginnings = new Set([...paths.values()].map((path) => formatFailoverPath(path.slice(0, -1))))
  const whole = [...paths].filter(([said, path]) => !beginnings.has(said) && path.at(-1)?.type !== 'move.reach')
  return [[{ type: 'move.begin' }], ...whole.map(([, path]) => path)]
}

/** Three boards vote, so that any one of the agents may die and the other two still choose a leader. */
function smallestFarm(): FarmConfig {
  const group = (account: string, port: number, initial: number) => [
    `  - id: ${account}`,
    '    groups:',
    `      - { id: web, port: ${port}, priority: 0.5, responseLimitMs: 250,`,
    `          roles: [{ id: front, image: ${account}-web, committed: 1, initial: ${initial}, max: 3, warm: 0, ratePerBlade: 100, volumes: [content] }] }`,
  ]
  const lines = [
    'site: { id: here, longitude: 8.5 }',
    'cabinets: [{ id: c01, slots: 1 }, { id: c02, slots: 1 }, { id: c03, slots: 1 }]',
    'accounts:',
    ...group('shop', 8081, 2),
    ...group('news', 8082, 1),
  ]
  return requireFarmConfig(`${lines.join('\n')}\n`, 'the smallest farm')
}
