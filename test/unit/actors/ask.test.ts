import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { ActorSystem, Stamp } from '../../../src/actors/actor-system.ts'
import type { Effects } from '../../../src/actors/effects.ts'
import type { Result } from '../../../src/ports/result.ts'
import type { Address } from '../../../src/protocol/address.ts'
import type { Message, MessageOf } from '../../../src/protocol/messages.ts'
import { createRig, type Rig } from './actor-rig.ts'
import { createTwoNodes } from './two-nodes.ts'

const answered: Message = { type: 'lease.answered', epoch: 3, round: 1, nonce: 1, boards: [] }
const other: Message = { type: 'loan.return', loan: 'l1' }
const question: Message = { type: 'board.poll' }

/** Answers every question with all of these. */
function answering(effects: Effects, answers: readonly Message[], delayMs = 0) {
  return setup({ types: { events: {} as { type: string } & Partial<Stamp> & { to?: Address } } }).createMachine({
    on: {
      'board.poll': {
        actions: ({ event: { from } }) =>
          effects.setTimer('answer', delayMs, { type: 'due', ...(from && { to: from }) }),
      },
      due: {
        actions: ({ event: { to } }) => {
          for (const answer of answers) if (to) effects.send(to, answer)
        },
      },
    },
  })
}

type Answered = Result<MessageOf<'lease.answered'>>

function ask(system: ActorSystem, to: string, deadlineMs = 100): Answered[] {
  const results: Answered[] = []
  system.ask(to, question, 'lease.answered', deadlineMs, (result) => results.push(result))
  return results
}

function rigWith(answers: readonly Message[], delayMs = 0): Rig {
  const rig = createRig()
  rig.start([rig.cell('gate', { machine: answering(rig.system.effects, answers, delayMs) })])
  return rig
}

describe('ask', () => {
  test.each(['gate', 'bw://here/m1/gate', 'bw://here/m1/gate#7'])('the answer of %s comes back', (to) => {
    const rig = rigWith([answered])
    const results = ask(rig.system, to)
    rig.clock.advanceBy(1000)
    expect(results).toEqual([{ ok: true, value: answered }])
    expect(rig.clock.pending()).toBe(0)
  })

  test('the leader can be asked without knowing who leads', () => {
    const rig = createRig({ leader: () => 'm1' })
    rig.start([rig.cell('gate', { machine: answering(rig.system.effects, [answered]) })])
    const results = ask(rig.system, 'bw://here/leader/gate')
    rig.settle()
    expect(results).toHaveLength(1)
  })

  test('over a channel as in one process', () => {
    const { m1, a01, settle } = createTwoNodes()
    a01.start([a01.cell('gate', { machine: answering(a01.system.effects, [answered]) })])
    const results = ask(m1.system, 'bw://here/a01/gate')
    settle()
    expect(results).toEqual([{ ok: true, value: answered }])
  })

  test('no answer by the deadline is ASK_TIMED_OUT, once, and what comes later is a dead letter', () => {
    const rig = rigWith([answered], 101)
    const results = ask(rig.system, 'gate', 100)
    rig.clock.advanceBy(99)
    expect(results).toEqual([])
    rig.clock.advanceBy(1000)
    expect(results).toMatchObject([{ ok: false, code: 'ASK_TIMED_OUT' }])
    expect(rig.system.deadLetters()).toMatchObject([{ to: 'ask:1', type: 'lease.answered', why: 'unknown' }])
  })

  test('a second answer is a dead letter', () => {
    const rig = rigWith([answered, answered])
    const results = ask(rig.system, 'gate')
    rig.clock.advanceBy(1000)
    expect(results).toHaveLength(1)
    expect(rig.system.counters().deadLetters).toBe(1)
  })

  test('a message of another type is no answer', () => {
    const rig = rigWith([other, answered])
    const results = ask(rig.system, 'gate')
    rig.clock.advanceBy(1000)
    expect(results).toEqual([{ ok: true, value: answered }])
    expect(rig.system.deadLetters()).toMatchObject([{ type: 'loan.return' }])
  })

  test('an answer from anybody but the one who was asked is none', () => {
    const { m1, a01, settle } = createTwoNodes()
    a01.start([a01.cell('stranger')])
    const results = ask(m1.system, 'bw://here/a01/gate')
    a01.run('stranger', (effects) => effects.send('bw://here/m1/ask:1', answered))
    m1.system.send('ask:1', answered)
    settle()
    expect(results).toEqual([])
    expect(m1.system.deadLetters()).toMatchObject([{ to: 'ask:1' }, { to: 'ask:1' }])
  })

  test('an answer to a question of a former life is not taken for one of this life', () => {
    const { m1, a01, settle } = createTwoNodes()
    a01.start([a01.cell('gate')])
    const results = ask(m1.system, 'bw://here/a01/gate')
    a01.run('gate', (effects) => effects.send('bw://here/m1/ask:1#6', answered))
    settle()
    expect(results).toEqual([])
    expect(m1.system.deadLetters()).toMatchObject([{ why: 'incarnation' }])
  })

  test('an answer that throws is logged, and nothing else is disturbed', () => {
    const rig = rigWith([answered])
    rig.system.ask('gate', question, 'lease.answered', 100, () => {
      throw new Error('planted')
    })
    rig.settle()
    const results = ask(rig.system, 'gate')
    rig.settle()
    expect(results).toHaveLength(1)
    expect(rig.lines.map(({ event }) => event)).toEqual(['actors.ask.answerFailed'])
  })

  test('a system that stops leaves no question open', () => {
    const rig = rigWith([])
    const results = ask(rig.system, 'gate', 60_000)
    rig.system.stop(() => {})
    expect(results).toMatchObject([{ ok: false, code: 'ASK_TIMED_OUT' }])
    rig.clock.runUntilIdle(10)
    expect(rig.clock.pending()).toBe(0)
  })
})
