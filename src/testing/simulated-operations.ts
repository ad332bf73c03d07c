// How a simulated board or switch takes time and fails. An operation has two halves: before its effect and between effect and answer.
// An agent can be lost in either, so a caller meets "never happened" and "happened, but nobody heard" alike. One operation at a time
// a blade, in call order.
import type { Clock } from '../ports/clock.ts'
import type { Answer, Result } from '../ports/result.ts'

export interface OperationFaults {
  /** Calls are swallowed: no effect, no answer. */
  silent: boolean
  /** Effects happen, answers are lost. */
  answersDropped: boolean
  /** Multiplies every duration. */
  slowness: number
}

export interface Operations {
  readonly faults: OperationFaults
  /** Changes something: after whatever was asked before it. */
  run<T>(agent: Agent, durationMs: number, effect: () => Result<T>, answer: Answer<T>): void
  /** Only looks: waits for nobody. */
  look<T>(agent: Agent, durationMs: number, effect: () => Result<T>, answer: Answer<T>): void
}

/** One life of an agent, as the hardware sees it. */
export interface Agent {
  readonly lost: boolean
  lose(): void
}

/** @param above lost with it: a handle is lost with its agent, and may be closed alone */
export function createAgent(above?: Agent): Agent {
  let lost = false
  return {
    get lost() {
      return lost || above?.lost === true
    },
    lose() {
      lost = true
    },
  }
}

/** @param changed after every effect that may have changed something */
export function createOperations(clock: Clock, changed: () => void = () => {}): Operations {
  const faults: OperationFaults = { silent: false, answersDropped: false, slowness: 1 }
  const waiting: (() => void)[] = []
  let busy = false
  let looks: { readonly endMs: number; readonly all: (() => void)[] } | undefined

  const unheard = (agent: Agent) => agent.lost || faults.silent

  function next(): void {
    const start = waiting.shift()
    busy = start !== undefined
    start?.()
  }

  function perform<T>(
    agent: Agent,
    durationMs: number,
    effect: () => Result<T>,
    answer: Answer<T>,
    ended: () => void,
  ): void {
    const halfMs = (durationMs * faults.slowness) / 2
    clock.setTimer(halfMs, () => {
      if (unheard(agent)) return ended()
      const result = effect()
      changed()
      clock.setTimer(halfMs, () => {
        ended()
        if (!unheard(agent) && !faults.answersDropped) answer(result)
      })
    })
  }

  return {
    faults,
    run(agent, durationMs, effect, answer) {
      if (agent.lost || faults.silent) return
      waiting.push(() => perform(agent, durationMs, effect, answer, next))
      if (!busy) next()
    },
    look(agent, durationMs, effect, answer) {
      if (agent.lost || faults.silent) return
      // What it sees is as of its end, so a look needs one timer, and those that end together need one for all.
      const endMs = clock.monotonic() + durationMs * faults.slowness
      const see = () => {
        if (!unheard(agent) && !faults.answersDropped) answer(effect())
      }
      if (looks?.endMs === endMs) looks.all.push(see)
      else {
        const together = { endMs, all: [see] }
        looks = together
        clock.setTimer(endMs - clock.monotonic(), () => {
          if (looks === together) looks = undefined
          for (const one of together.all) one()
        })
      }
    },
  }
}
