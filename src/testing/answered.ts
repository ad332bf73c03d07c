// An operator's command on a virtual clock: time passes until it is answered.
import { InvariantError } from '../errors.ts'
import type { Answer, Result } from '../ports/result.ts'
import { answerMsMax } from '../runtime/pending-answers.ts'
import type { Simulation } from './simulation.ts'

/** A master that runs answers within answerMsMax. Throws where none does. */
export function answered<T>(simulation: Simulation, ask: (answer: Answer<T>) => void): Result<T> {
  let result: Result<T> | undefined
  ask((said) => {
    result = said
  })
  simulation.runUntil(() => result !== undefined, 2 * answerMsMax)
  if (result === undefined) throw new InvariantError('INVARIANT_BROKEN', 'a command was never answered')
  return result
}
