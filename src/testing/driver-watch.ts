// Holds the drivers of one process to what every port promises, whatever befalls the process around them. What really is on a blade is
// read from the simulated hardware, past the driver:
//
//   what is answered as done is so
//   setting what is set changes nothing, though another life of the driver may have set it
//   what is read is true
//   each call is answered once
//   a driver does nothing to a blade of which nothing is asked
//
// A call whose process died may have been carried out or not: nobody hears its answer. Answers go on to the runtime one turn after the
// driver gave them, so that a process can be made to die between the two.
import type { Clock } from '../ports/clock.ts'
import type { Answer, Result } from '../ports/result.ts'
import type { BladeId, NodeId } from '../protocol/ids.ts'
import type { BladeContents } from './simulated-hardware.ts'

export interface DriverTruth {
  contents(blade: BladeId): BladeContents
  /** A sentence of this file's header does not hold. */
  broken(sentence: string): void
  /** A driver was asked for something, or has answered and nobody has heard it yet. */
  passed(what: 'asked' | 'acted'): void
}

/** A call that sets something. */
export interface Setting {
  readonly blade: BladeId
  /** As a person would say it: `connect c01-s01 to shop/web`. */
  readonly said: string
  /** What is set is so. */
  isSo(contents: BladeContents): boolean
}

export interface DriverWatch {
  /** On its way to the driver. */
  set<T>(setting: Setting, call: (answer: Answer<T>) => void, answer: Answer<T>): void
  /** On its way to the driver: `read` of a port. `of`: what the reading speaks about, as it really is. */
  look<T>(reading: Reading<T>, call: (answer: Answer<T>) => void, answer: Answer<T>): void
  /** On its way to the driver: anything else. `holds`: of an answer that is `ok`. */
  ask<T>(said: string, call: (answer: Answer<T>) => void, answer: Answer<T>, holds?: (value: T) => boolean): void
  /** From the driver down to the hardware: it changes something there. */
  act(blade: BladeId, said: string): void
}

export interface Reading<T> {
  readonly said: string
  really(): unknown
  claimed(value: T): unknown
}

export function watchDriver(node: NodeId, clock: Clock, truth: DriverTruth): DriverWatch {
  /** Calls that set something, by blade: those not answered, and all so far. */
  const calls = new Map<BladeId, { inHand: number; count: number }>()

  function callsOf(blade: BladeId) {
    const found = calls.get(blade) ?? { inHand: 0, count: 0 }
    calls.set(blade, found)
    return found
  }

  function once<T>(said: string, answer: Answer<T>, check: (result: Result<T>) => void): Answer<T> {
    let isAnswered = false
    return (result) => {
      if (isAnswered) return truth.broken(`${node}: ${said} was answered twice`)
      isAnswered = true
      check(result)
      truth.passed('acted')
      clock.setTimer(0, () => answer(result))
    }
  }

  return {
    set({ blade, said, isSo }, call, answer) {
      const before = truth.contents(blade)
      const own = callsOf(blade)
      const isRepeat = own.inHand === 0 && isSo(before)
      own.inHand += 1
      own.count += 1
      const { count } = own
      const checked = once(said, answer, ({ ok }) => {
        own.inHand -= 1
        const after = truth.contents(blade)
        // What was asked later may be done already; and a blade may die by itself at any time.
        const isDisturbed = own.count > count || (before.power === 'on' && after.power === 'off')
        if (!ok || isDisturbed) return
        if (!isSo(after)) truth.broken(`${said} was answered as done, and is not so`)
        if (!isRepeat) return
        for (const change of changesOf(before, after))
          truth.broken(`${said} was so already, and was done again: ${change}`)
      })
      truth.passed('asked')
      call(checked)
    },
    look({ said, really, claimed }, call, answer) {
      const before = JSON.stringify(really())
      const checked = once(said, answer, (result) => {
        const after = JSON.stringify(really())
        const claim = result.ok ? JSON.stringify(claimed(result.value)) : after
        // What changes while it is read may be read either way.
        if (claim !== before && claim !== after) truth.broken(`${said} says ${claim}, and ${after} is so`)
      })
      call(checked)
    },
    ask(said, call, answer, holds = () => true) {
      const checked = once(said, answer, (result) => {
        if (result.ok && !holds(result.value)) truth.broken(`${said} was answered as done, and is not so`)
      })
      truth.passed('asked')
      call(checked)
    },
    act(blade, said) {
      if (callsOf(blade).inHand > 0) return
      truth.broken(`${node}: the driver does ${said} on ${blade}, of which nothing is asked`)
    },
  }
}

function changesOf(before: BladeContents, after: BladeContents): string[] {
  const was = new Map(Object.entries(before))
  return Object.entries(after).flatMap(([place, now]) => {
    const [former, latter] = [JSON.stringify(was.get(place)), JSON.stringify(now)]
    return former === latter ? [] : [`${place} was ${former} and is ${latter}`]
  })
}
