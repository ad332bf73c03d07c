// The one door to xstate: a machine as a running root actor of its own, new or from a snapshot.
import { type Actor, type AnyMachineSnapshot, type AnyStateMachine, createActor, type Observer } from 'xstate'
import { InvariantError } from '../errors.ts'
import type { LocalPath } from './effects.ts'

export type XstateRoot = Actor<AnyStateMachine>

export interface RootOptions {
  readonly path: LocalPath
  readonly machine: AnyStateMachine
  readonly input: unknown
  /** The last committed one, of the same machine. It is left as it is. */
  readonly snapshot: AnyMachineSnapshot | undefined
  readonly logger: (...parts: unknown[]) => void
  readonly observer: Observer<AnyMachineSnapshot>
}

/** Not started yet. A machine that fails to begin shows it in the status of its snapshot. */
export function createRoot({ path, machine, input, snapshot, logger, observer }: RootOptions): XstateRoot {
  const root = createActor(machine, {
    id: path,
    systemId: path,
    input,
    clock: refusedClock,
    logger,
    // A copy of the outer object, as xstate takes it; it has no children, so nothing below is changed by restoring.
    ...(snapshot && { snapshot: machine.getPersistedSnapshot(snapshot) }),
  })
  // Without an observer of errors xstate throws them at the process.
  root.subscribe(observer)
  return root
}

/** xstate's own timers die with its actor and are on nobody's books: deadlines are timer effects. */
const refusedClock = {
  setTimeout(): never {
    throw new InvariantError('INVARIANT_BROKEN', 'a machine delays nothing by itself: use a timer effect')
  },
  clearTimeout(): void {},
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
