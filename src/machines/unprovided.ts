// A machine names its effects; the runtime provides them, once. Until then each is a placeholder that says so.
import type { AnyStateMachine } from 'xstate'
import { InvariantError } from '../errors.ts'

const marks = new WeakSet<object>()

/** Placeholder for the effect `name`. Running it is a bug of the composition: UNPROVIDED. */
export function unprovided(name: string): () => void {
  const placeholder = () => {
    throw new InvariantError('UNPROVIDED', `nothing performs the effect ${name}`)
  }
  marks.add(placeholder)
  return placeholder
}

/** Names of effects that are still placeholders: a runtime refuses to start while there are any. */
export function unprovidedIn(machine: AnyStateMachine): string[] {
  return Object.entries(machine.implementations.actions)
    .filter(([, action]) => typeof action === 'function' && marks.has(action))
    .map(([name]) => name)
}
