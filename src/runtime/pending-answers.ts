// Operators' commands that nobody has answered yet. An answer is given once what was asked is in the journal of whoever may lead next;
// a master that cannot say so any more says that it does not know. Asking again is safe then: what is done is not done twice.
import type { Clock, Timer } from '../ports/clock.ts'
import type { Answer } from '../ports/result.ts'

/** A journal that has not taken a command by then, or a lease that was not won: whoever asked is not kept waiting. */
export const answerMsMax = 8_000

export interface PendingAnswers {
  /** @returns its number, for `done` */
  ask<T>(answer: Answer<T>, value: () => T): number
  /** It is as durable as anything here. */
  done(request: number): void
  /** Nothing of what waits will be known here. */
  lose(why: string): void
}

interface Pending {
  readonly settle: () => void
  readonly lose: (why: string) => void
  readonly deadline: Timer
}

export function createPendingAnswers(clock: Clock): PendingAnswers {
  const waiting = new Map<number, Pending>()
  let last = 0

  function take(request: number): Pending | undefined {
    const found = waiting.get(request)
    waiting.delete(request)
    found?.deadline.cancel()
    return found
  }

  return {
    ask(answer, value) {
      last += 1
      const request = last
      const late = () => take(request)?.lose(`it was not in the journal after ${answerMsMax / 1000} s`)
      waiting.set(request, {
        settle: () => answer({ ok: true, value: value() }),
        lose: (why) => answer({ ok: false, code: 'OUTCOME_UNKNOWN', detail: why }),
        deadline: clock.setTimer(answerMsMax, late),
      })
      return request
    },
    done: (request) => take(request)?.settle(),
    lose(why) {
      for (const request of [...waiting.keys()]) take(request)?.lose(why)
    },
  }
}
