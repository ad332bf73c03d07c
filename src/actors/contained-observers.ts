// A cell's root is open to xstate's own tools, and so to observers of strangers. xstate lets what an observer of snapshots throws, or
// a crash that it does not listen for, end the process, and what an inspector throws crash the actor that it looks at. Here
// it is logged, and nothing else: whoever looks on takes nobody with him.
import type { AnyMachineSnapshot, InspectionEvent, Observer } from 'xstate'
import type { Log } from '../ports/log.ts'
import type { LocalPath } from './effects.ts'
import { attempt } from './failure.ts'
import type { XstateRoot } from './xstate-root.ts'

const contained = new WeakSet<XstateRoot>()

/** The same actor. Costs nothing until somebody looks. */
export function withContainedObservers(root: XstateRoot, path: LocalPath, log: Log): XstateRoot {
  if (contained.has(root)) return root
  contained.add(root)
  const contain = (work: () => void) => {
    const failure = attempt(work)
    if (failure) log.error('actors.observer.failed', { path, detail: failure.message })
  }
  const { system } = root
  const [subscribe, on, inspect] = [root.subscribe.bind(root), root.on.bind(root), system.inspect.bind(system)]
  root.subscribe = (
    first?: Next | Observer<AnyMachineSnapshot>,
    error?: (error: unknown) => void,
    complete?: () => void,
  ) => {
    const observer = typeof first === 'object' ? first : { next: first, error, complete }
    return subscribe({
      next: (snapshot) => contain(() => observer.next?.(snapshot)),
      error: (failure) => contain(() => observer.error?.(failure)),
      complete: () => contain(() => observer.complete?.()),
    })
  }
  root.on = (type, handler) => on(type, (event) => contain(() => handler(event)))
  system.inspect = (first: ((event: InspectionEvent) => void) | Observer<InspectionEvent>) => {
    const observer = typeof first === 'function' ? { next: first } : first
    return inspect((event) => contain(() => observer.next?.(event)))
  }
  return root
}

type Next = (snapshot: AnyMachineSnapshot) => void
