// An actor system on a virtual clock, and a machine that does what the test says: an event may carry `run`, which is called as
// an action with the effects. What a cell has seen is in its context.
import { assign, setup } from 'xstate'
import type { ActorSystem, ActorSystemOptions, Observation } from '../../../src/actors/actor-system.ts'
import type { CellSpec, ChildSpec, SupervisorSpec } from '../../../src/actors/child-spec.ts'
import { createActorSystem } from '../../../src/actors/create-actor-system.ts'
import type { Effects, PublicEvent } from '../../../src/actors/effects.ts'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { Log } from '../../../src/ports/log.ts'
import type { Address } from '../../../src/protocol/address.ts'
import { createVirtualClock, type VirtualClock } from '../../../src/testing/virtual-clock.ts'

export interface ProbeEvent {
  type: string
  run?: (effects: Effects) => void
  at?: number
  from?: Address
}

export interface ProbeInput {
  /** As the entry action of the first state. */
  onEntry?: (effects: Effects) => void
}

export interface ProbeContext extends ProbeInput {
  readonly seen: readonly string[]
  /** When, as stamped. */
  readonly times: readonly number[]
}

/** `finish` leads to the final state; everything else is noted. */
export function probeMachine(effects: Effects) {
  return setup({
    types: { input: {} as ProbeInput, context: {} as ProbeContext, events: {} as ProbeEvent },
    actions: {
      note: assign(({ context, event }) => ({
        seen: [...context.seen, event.type],
        times: [...context.times, event.at ?? Number.NaN],
      })),
      run: ({ event }) => event.run?.(effects),
      runOnEntry: ({ context }) => context.onEntry?.(effects),
    },
  }).createMachine({
    id: 'probe',
    context: ({ input }) => ({ ...input, seen: [], times: [] }),
    initial: 'open',
    states: {
      open: { entry: 'runOnEntry', on: { finish: { target: 'closed', actions: ['note', 'run'] } } },
      closed: { type: 'final' },
    },
    on: { '*': { actions: ['note', 'run'] } },
  })
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface Rig {
  readonly clock: VirtualClock
  readonly system: ActorSystem
  readonly lines: LogLine[]
  readonly published: PublicEvent[]
  readonly observations: Observation[]
  cell(id: string, more?: Partial<CellSpec> & { input?: ProbeInput }): CellSpec
  supervisor(id: string, children: readonly ChildSpec[], more?: Partial<SupervisorSpec>): SupervisorSpec
  /** A tree of cells under a root without a name. */
  start(children: readonly ChildSpec[], more?: Partial<SupervisorSpec>): void
  /** Lets all that is ready run; no time passes. */
  settle(): void
  /** Runs in the cell, as the action of an event of that type. */
  run(path: string, work: (effects: Effects) => void, type?: string): void
  crash(path: string): void
  seen(path: string): readonly string[] | undefined
  /** Paths of the observations of that kind, in their order. */
  observed(kind: Observation['kind']): string[]
}

export function createRig(more: Partial<ActorSystemOptions> & { clock?: VirtualClock } = {}): Rig {
  const virtual = more.clock ?? createVirtualClock({ startMs: 1_000_000 })
  const lines: LogLine[] = []
  const published: PublicEvent[] = []
  const observations: Observation[] = []
  const system = createActorSystem({
    site: 'here',
    node: 'm1',
    incarnation: 7,
    clock: virtual,
    random: createSeededRandom('actors'),
    log: arrayLog(lines),
    onPublish: (event) => published.push(event),
    ...more,
  })
  const machine = probeMachine(system.effects)
  const rig: Rig = {
    clock: virtual,
    system,
    lines,
    published,
    observations,
    cell: (id, spec = {}) => ({ kind: 'cell', machine, input: {}, ...spec, id }),
    supervisor: (id, children, spec = {}) => ({ kind: 'supervisor', strategy: 'oneForOne', ...spec, id, children }),
    start: (children, spec = {}) => system.start(rig.supervisor('', children, spec)),
    settle: () => virtual.advanceBy(0),
    run(path, work, type = 'run') {
      const event: ProbeEvent = { type, run: work }
      system.tell(path, event)
      virtual.advanceBy(0)
    },
    crash(path) {
      let crashes = 0
      rig.run(
        path,
        () => {
          crashes += 1
          if (crashes === 1) throw new Error('planted')
        },
        'crash',
      )
    },
    seen: (path) => (system.snapshot(path)?.context as ProbeContext | undefined)?.seen,
    observed: (kind) => observations.filter((one) => one.kind === kind).map(({ path }) => path),
  }
  system.inspect((observation) => observations.push(observation))
  return rig
}

function arrayLog(lines: LogLine[]): Log {
  const write =
    (level: LogLine['level']) =>
    (event: string, fields = {}) => {
      lines.push({ level, event, fields })
    }
  const log: Log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => log,
  }
  return log
}
