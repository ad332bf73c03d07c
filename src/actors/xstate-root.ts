// The one door to xstate: a machine as a running root actor of its own, new or from a snapshot.
import { type Actor, type AnyMachineSnapshot, type AnyStateMachine, createActor, type Observer } from 'xstate'
import { InvariantError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { LocalPath } from './effects.ts'
import { asError } from './failure.ts'

export type XstateRoot = Actor<AnyStateMachine>

export interface RootOptions {
  readonly path: LocalPath
  readonly machine: AnyStateMachine
  readonly input: unknown
  /** The last committed one, of the same machine. It is left as it is. */
  readonly snapshot: AnyMachineSnapshot | undefined
  readonly log: Log
  readonly observer: Observer<AnyMachineSnapshot>
}

/** Not started yet. A machine that fails to begin shows it in the status of its snapshot. */
export function createRoot({ path, machine, input, snapshot, log, observer }: RootOptions): XstateRoot {
  const root = createActor(machine, {
    id: path,
    systemId: path,
    input,
    clock: refusedClock,
    logger: (...parts: unknown[]) => log.debug('actors.machine.log', { path, parts }),
    // A copy of the outer object, as xstate takes it; it has no children, so nothing below is changed by restoring.
    ...(snapshot && { snapshot: machine.getPersistedSnapshot(snapshot) }),
  })
  // Without an observer of errors xstate throws them at the process.
  root.subscribe(observer)
  return root
}

/** xstate's own timers die with its actor and are on nobody's books: deadlines are timer effects. */
const refusedClock = {
  ['setTimeout' as const]: (): never => {
    throw new InvariantError('INVARIANT_BROKEN', 'a machine delays nothing by itself: use a timer effect')
  },
  ['clearTimeout' as const]: (): void => {},
}

/** Why what an event left must not be committed; children of its own are stopped. */
export function failureOf(snapshot: AnyMachineSnapshot, path: LocalPath): Error | undefined {
  if (snapshot.status === 'error') return asError(snapshot.error)
  if (snapshot.status === 'stopped') {
    return new InvariantError('INVARIANT_BROKEN', 'its root was stopped by a stranger', path)
  }
  let failure: Error | undefined
  for (const id in snapshot.children) {
    // A root that is stopped stops its children; one that failed leaves them running.
    snapshot.children[id]?.send({ type: 'xstate.stop' })
    failure ??= new InvariantError('INVARIANT_BROKEN', `it has an xstate child, ${id}: spawn a supervised cell`, path)
  }
  return failure
}

const checked = new WeakSet<AnyStateMachine>()

/** Throws INVARIANT_BROKEN for a machine with `invoke` or `after`: they would be lost by a restart. */
export function refuseUnsupervised(machine: AnyStateMachine, path: LocalPath): void {
  if (checked.has(machine)) return
  for (const node of allNodes(machine)) {
    const culprit = node.invoke.length > 0 ? 'invokes an actor' : node.after.length > 0 ? 'has delayed transitions' : ''
    if (culprit) throw new InvariantError('INVARIANT_BROKEN', `state ${node.id} ${culprit}; no cell may`, path)
  }
  checked.add(machine)
}

function allNodes(machine: AnyStateMachine): AnyStateMachine['root'][] {
  const nodes = [machine.root]
  // Grows while it is walked.
  for (const node of nodes) nodes.push(...Object.values(node.states))
  return nodes
}
