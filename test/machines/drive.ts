// Drives a machine without a runtime: its effects are recorded by name, its paths are generated from the machine itself, and what it
// does is compared with an independent model.
import { getShortestPaths } from '@xstate/graph'
import fc from 'fast-check'
import { type AnyMachineSnapshot, type AnyStateMachine, createActor, type EventObject } from 'xstate'

// — effects —————————————————————————————————————————————————————————————————————————————————————

/** Every effect of the machine writes its name to `said` instead of throwing. */
export function recorded(machine: AnyStateMachine, said: Said[] = []): AnyStateMachine {
  const effects = Object.entries(machine.implementations.actions).filter(([, action]) => isPlaceholder(action))
  const record =
    (effect: string) =>
    ({ context, event }: { context: unknown; event: EventObject }) =>
      void said.push({ effect, context, event })
  return machine.provide({ actions: Object.fromEntries(effects.map(([name]) => [name, record(name)])) })
}

/** An effect, and what the machine knew and had heard when it asked for it. */
export interface Said {
  readonly effect: string
  readonly context: unknown
  readonly event: EventObject
}

/** Placeholders throw when they run; assigns and given actions are no plain functions without parameters. */
function isPlaceholder(action: unknown): boolean {
  return typeof action === 'function' && action.length === 0 && action.name === 'placeholder'
}

export interface Driven {
  snapshot(): AnyMachineSnapshot
  send(event: EventObject): void
  /** The effects since the last call. */
  takeSaid(): Said[]
}

export function drive(machine: AnyStateMachine, input: unknown): Driven {
  const said: Said[] = []
  const root = createActor(recorded(machine, said), { input })
  let failure: unknown
  root.subscribe({
    error(error) {
      failure = error
    },
  })
  root.start()
  return {
    snapshot: () => root.getSnapshot(),
    send(event) {
      root.send(event)
      if (failure !== undefined) throw failure
    },
    takeSaid: () => said.splice(0),
  }
}

/** `a.b` for nested states; what a person would call the state. */
export function stateName(value: unknown): string {
  if (typeof value === 'string') return value
  const [[parent = '', child] = []] = Object.entries(value as Record<string, unknown>)
  return `${parent}.${stateName(child)}`
}

// — generated paths —————————————————————————————————————————————————————————————————————————————

export interface GraphOptions {
  readonly input?: unknown
  readonly events: readonly EventObject[]
  /** What tells two situations apart; the fewer, the faster. Default: state and context. */
  readonly distinguish?: (snapshot: AnyMachineSnapshot) => unknown
  /** Default 20 000. */
  readonly limit?: number
}

export interface Coverage {
  readonly paths: number
  readonly missedStates: readonly string[]
  readonly missedTransitions: readonly string[]
}

/** Walks the shortest path to every situation and tries every event there. */
export function coverByPaths(machine: AnyStateMachine, options: GraphOptions): Coverage {
  const { input, events, limit = 20_000 } = options
  const distinguish = options.distinguish ?? (({ value, context }) => ({ value, context }))
  const provided = recorded(machine)
  const paths = getShortestPaths(provided, {
    events,
    input,
    limit,
    serializeState: (snapshot) => JSON.stringify([snapshot.status, distinguish(snapshot as AnyMachineSnapshot)]),
  })
  const states = new Set<string>()
  const taken = new Set<unknown>()
  for (const path of paths)
    for (const last of [undefined, ...events])
      walk(provided, input, [...path.steps.map(({ event }) => event), ...(last ? [last] : [])], states, taken)
  const nodes = allNodes(provided.root)
  return {
    paths: paths.length,
    missedStates: nodes.filter(({ id }) => !states.has(id)).map(({ id }) => id),
    missedTransitions: nodes.flatMap((node) =>
      transitionsOf(node)
        .filter(({ definition }) => !taken.has(definition))
        .map(({ name }) => name),
    ),
  }
}

function walk(
  machine: AnyStateMachine,
  input: unknown,
  path: readonly EventObject[],
  states: Set<string>,
  taken: Set<unknown>,
): void {
  const root = createActor(machine, {
    input,
    inspect(event) {
      if (event.type === '@xstate.microstep' && '_transitions' in event) {
        for (const one of event._transitions) taken.add(one)
        for (const node of (event.snapshot as AnyMachineSnapshot)._nodes ?? []) states.add(node.id)
      }
      if (event.type === '@xstate.snapshot')
        for (const node of (event.snapshot as AnyMachineSnapshot)._nodes ?? []) states.add(node.id)
    },
  })
  root.start()
  for (const node of root.getSnapshot()._nodes) states.add(node.id)
  for (const event of path) if (event.type !== 'xstate.init' && root.getSnapshot().status === 'active') root.send(event)
  root.stop()
}

type Node = AnyStateMachine['root']

function allNodes(node: Node): Node[] {
  return [node, ...Object.values(node.states).flatMap((child) => allNodes(child as Node))]
}

function transitionsOf(node: Node): { name: string; definition: unknown }[] {
  const named = [...node.transitions].flatMap(([event, definitions]) =>
    definitions.map((definition, index) => ({ name: `${node.id} on ${event} #${index}`, definition })),
  )
  const always = (node.always ?? []).map((definition, index) => ({ name: `${node.id} always #${index}`, definition }))
  return [...named, ...always]
}

// — models ——————————————————————————————————————————————————————————————————————————————————————

/** A small, independent account of what a machine does. */
export interface Model<State, Event> {
  readonly initial: State
  step(state: State, event: Event): State
  /** Sentences that must hold in every state, by name. */
  readonly invariants: Readonly<Record<string, (state: State) => boolean>>
}

export interface ModelCheck<State, Event extends { readonly type: string }> {
  readonly input?: unknown
  readonly model: Model<State, Event>
  readonly event: fc.Arbitrary<Event>
  /** The event as the machine hears it, when the model says it shorter. */
  readonly heard?: (event: Event, snapshot: AnyMachineSnapshot) => EventObject
  /** What of the machine the model accounts for. */
  project(snapshot: AnyMachineSnapshot, said: readonly Said[]): State
  readonly runs?: number
  readonly lengthMax?: number
  /** No event comes later after the one before. Default 25 s. */
  readonly waitMsMax?: number
}

/** Throws with the shortest sequence after which machine and model disagree. */
export function checkAgainstModel<State, Event extends { readonly type: string }>(
  machine: AnyStateMachine,
  check: ModelCheck<State, Event>,
): void {
  const { event, runs = 400, lengthMax = 30, waitMsMax = 25_000 } = check
  fc.assert(
    fc.property(fc.array(fc.tuple(event, waitMs(waitMsMax)), { maxLength: lengthMax, size: 'max' }), (drawn) => {
      let at = 0
      // As the dispatcher does: every event is stamped, and time never goes back.
      runAgainstModel(
        machine,
        check,
        drawn.map(([one, wait]) => {
          at += wait
          return { ...one, at }
        }),
      )
    }),
    { seed: 20_261_123, numRuns: runs },
  )
}

/** One given sequence: for what chance would seldom draw. Throws where machine and model disagree. */
export function runAgainstModel<State, Event extends { readonly type: string }>(
  machine: AnyStateMachine,
  { input, model, heard = (one) => one, project }: ModelCheck<State, Event>,
  events: readonly (Event & { readonly at: number })[],
): void {
  const driven = drive(machine, input)
  let state = model.initial
  compare(project(driven.snapshot(), driven.takeSaid()), state)
  for (const one of events) {
    if (driven.snapshot().status !== 'active') break
    driven.send({ ...heard(one, driven.snapshot()), at: one.at } as EventObject)
    state = model.step(state, one)
    compare(project(driven.snapshot(), driven.takeSaid()), state)
    for (const [name, holds] of Object.entries(model.invariants))
      if (!holds(state)) throw new Error(`invariant broken: ${name} in ${JSON.stringify(state)}`)
  }
}

/** Mostly at once, sometimes long after. */
const waitMs = (maxMs: number) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: Math.min(400, maxMs) }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: maxMs }) },
  )

function compare(machine: unknown, model: unknown): void {
  const [seen, expected] = [JSON.stringify(machine), JSON.stringify(model)]
  if (seen !== expected) throw new Error(`the machine is ${seen}, the model ${expected}`)
}

// — planted bugs ————————————————————————————————————————————————————————————————————————————————

export interface Mutant {
  /** What is wrong, as a sentence. */
  readonly name: string
  readonly machine: AnyStateMachine
}

/** A machine with some guards or actions replaced. */
export function mutant(
  name: string,
  machine: AnyStateMachine,
  planted: Parameters<AnyStateMachine['provide']>[0],
): Mutant {
  return { name, machine: machine.provide(planted) }
}
