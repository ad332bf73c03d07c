// Every command is answered once, whatever comes first: the journal, the end of the lease, or time.
import { beforeEach, describe, expect, test } from 'vitest'
import type { Result } from '../../../src/ports/result.ts'
import { answerMsMax, createPendingAnswers, type PendingAnswers } from '../../../src/runtime/pending-answers.ts'
import { createVirtualClock, type VirtualClock } from '../../../src/testing/virtual-clock.ts'

let clock: VirtualClock
let pending: PendingAnswers
let heard: Result<string>[]

beforeEach(() => {
  clock = createVirtualClock()
  pending = createPendingAnswers(clock)
  heard = []
})

const ask = (value = 'done') =>
  pending.ask<string>(
    (result) => heard.push(result),
    () => value,
  )
const unknown = { ok: false, code: 'OUTCOME_UNKNOWN' }

describe('an operator’s command', () => {
  test('is answered when it is committed, and not before', () => {
    const [first, second] = [ask('first'), ask('second')]
    clock.advanceBy(answerMsMax - 1)
    expect(heard).toEqual([])
    pending.done(second)
    expect(heard).toEqual([{ ok: true, value: 'second' }])
    pending.done(first)
    expect(heard).toEqual([
      { ok: true, value: 'second' },
      { ok: true, value: 'first' },
    ])
  })

  test('whose master loses its lease may be done or not, and says so', () => {
    const request = ask()
    ask()
    pending.lose('no majority')
    pending.done(request)
    expect(heard).toEqual([
      { ...unknown, detail: 'no majority' },
      { ...unknown, detail: 'no majority' },
    ])
  })

  test('that the journal does not take in time is given up, and nobody hears of it twice', () => {
    const request = ask()
    clock.advanceBy(answerMsMax)
    expect(heard).toMatchObject([unknown])
    pending.done(request)
    pending.lose('it stops')
    clock.advanceBy(answerMsMax)
    expect(heard).toHaveLength(1)
  })

  test('of nobody, or answered before, answers nobody', () => {
    const request = ask()
    pending.done(request)
    pending.done(request)
    pending.done(request + 1)
    expect(heard).toHaveLength(1)
  })
})
