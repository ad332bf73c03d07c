// A runtime refuses to start while a machine has an effect that nothing performs.
import type { AnyStateMachine } from 'xstate'
import { ConfigError } from '../errors.ts'
import { unprovidedIn } from '../machines/unprovided.ts'

export function provided<Machine extends AnyStateMachine>(machine: Machine): Machine {
  const [missing] = unprovidedIn(machine)
  if (missing !== undefined) throw new ConfigError('UNPROVIDED', `nothing performs the effect ${missing}`, machine.id)
  return machine
}
