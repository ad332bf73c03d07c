// Questions that wait for their answer. Each has a reply path of its own (`ask:1`), which is gone with the answer or with the
// deadline, whichever is first: what comes later finds nobody and is a dead letter. So never both, never twice.
import type { Clock, Timer } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Result } from '../ports/result.ts'
import type { Message, MessageOf, MessageType } from '../protocol/messages.ts'
import type { LocalPath } from './effects.ts'

interface Question {
  readonly to: string
  readonly timer: Timer
  /** True when the message is the answer. */
  take(message: Message): boolean
  fail(detail: string): void
}

export const askPrefix = 'ask:'

export class Asks {
  private readonly clock: Clock
  private readonly log: Log
  private readonly waiting = new Map<LocalPath, Question>()
  private count = 0

  constructor(clock: Clock, log: Log) {
    this.clock = clock
    this.log = log
  }

  /** Returns the path for the reply. `to` is who may answer: `<node>/<path>`. */
  open<T extends MessageType>(to: string, type: T, deadlineMs: number, answer: Answer<MessageOf<T>>): LocalPath {
    this.count += 1
    const path = `${askPrefix}${this.count}`
    const close = (result: Result<MessageOf<T>>) => {
      this.waiting.get(path)?.timer.cancel()
      if (this.waiting.delete(path)) this.call(() => answer(result))
    }
    const fail = (detail: string) => close({ ok: false, code: 'ASK_TIMED_OUT', detail })
    const timer = this.clock.setTimer(deadlineMs, () => fail(`no ${type} from ${to} within ${deadlineMs} ms`))
    const take = (message: Message) => {
      if (!isOfType(message, type)) return false
      close({ ok: true, value: message })
      return true
    }
    this.waiting.set(path, { to, timer, take, fail })
    return path
  }

  /** False when this is no answer to an open question: from another, of another type, or too late. */
  offer(path: LocalPath, from: string, message: Message): boolean {
    const question = this.waiting.get(path)
    return question?.to === from && question.take(message)
  }

  stop(): void {
    for (const question of [...this.waiting.values()]) question.fail('the actor system was stopped')
  }

  private call(answer: () => void): void {
    try {
      answer()
    } catch (error) {
      this.log.error('actors.ask.answerFailed', { detail: String(error) })
    }
  }
}

function isOfType<T extends MessageType>(message: Message, type: T): message is MessageOf<T> {
  return message.type === type
}
