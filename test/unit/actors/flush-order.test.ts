import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { JournalEntry } from '../../../src/actors/effects.ts'
import type { Answer } from '../../../src/ports/result.ts'
import { createRig, type Rig } from './actor-rig.ts'

interface Write {
  readonly entries: readonly JournalEntry[]
  readonly answer: Answer<void>
}

/** A journal that answers when the test says so. */
function journalledRig(): { rig: Rig; writes: Write[]; land(): void; refuse(): void } {
  const writes: Write[] = []
  const rig = createRig({ journal: (entries, answer) => writes.push({ entries, answer }) })
  return {
    rig,
    writes,
    land() {
      writes.shift()?.answer({ ok: true, value: undefined })
      rig.settle()
    },
    refuse() {
      writes.shift()?.answer({ ok: false, code: 'DISK_FULL', detail: 'planted' })
      rig.settle()
    },
  }
}

describe('the order of a flush', () => {
  test('journal first, though asked for last; then everything else in the order of asking', () => {
    const { rig, writes, land } = journalledRig()
    const order: string[] = []
    const note = (what: string) => ({ type: 'note', run: () => order.push(what) })
    rig.start([rig.cell('a'), rig.cell('b')])
    rig.run('a', (effects) => {
      effects.publish({ type: 'one' })
      effects.call('two', () => order.push('call'))
      effects.journal({ type: 'first' })
      effects.tell('b', note('told'))
      effects.publish({ type: 'three' })
      effects.journal({ type: 'second' })
    })
    expect(writes.map(({ entries }) => entries)).toEqual([[{ type: 'first' }, { type: 'second' }]])
    expect([order, rig.published, rig.seen('a')]).toEqual([[], [], []])
    land()
    expect(order).toEqual(['call', 'told'])
    expect(rig.published.map(({ type }) => type)).toEqual(['one', 'three'])
    expect(rig.seen('a')).toEqual(['run'])
  })

  test('a cell waits for its own journal; others do not', () => {
    const { rig, land } = journalledRig()
    rig.start([rig.cell('a'), rig.cell('b')])
    rig.run('a', (effects) => effects.journal({ type: 'intent' }))
    for (const path of ['a', 'b']) rig.run(path, () => {}, 'next')
    expect([rig.seen('a'), rig.seen('b')]).toEqual([[], ['next']])
    land()
    expect(rig.seen('a')).toEqual(['run', 'next'])
  })

  test('entries of several cells are written in the order in which their events were handled', () => {
    const { rig, writes } = journalledRig()
    rig.start([rig.cell('a'), rig.cell('b')])
    for (const path of ['b', 'a']) rig.run(path, (effects) => effects.journal({ type: path }))
    expect(writes.map(({ entries }) => entries[0]?.type)).toEqual(['b', 'a'])
  })

  test('an answer that comes twice counts once', () => {
    const { rig, writes } = journalledRig()
    rig.start([rig.cell('a')])
    rig.run('a', (effects) => {
      effects.journal({ type: 'intent' })
      effects.publish({ type: 'deed' })
    })
    const write = writes.shift()
    for (let i = 0; i < 2; i += 1) write?.answer({ ok: true, value: undefined })
    expect(rig.published).toHaveLength(1)
  })

  test('an event that crashes journals nothing', () => {
    const { rig, writes } = journalledRig()
    rig.start([rig.cell('a', { restart: 'temporary' })])
    rig.run('a', (effects) => {
      effects.journal({ type: 'never' })
      throw new Error('planted')
    })
    expect(writes).toEqual([])
  })
})

describe('a journal that fails', () => {
  test('nothing of the event happens; it is offered again, and is no poison however often', () => {
    const { rig, refuse, land } = journalledRig()
    rig.start([rig.cell('a')])
    rig.run('a', (effects) => {
      effects.journal({ type: 'intent' })
      effects.publish({ type: 'deed' })
    })
    rig.run('a', () => {}, 'next')
    for (let i = 0; i < 5; i += 1) refuse()
    expect([rig.published, rig.seen('a')]).toEqual([[], []])
    land()
    expect(rig.published).toEqual([{ type: 'deed' }])
    expect(rig.seen('a')).toEqual(['run', 'next'])
    expect(rig.system.counters()).toMatchObject({ crashes: 5, deadLetters: 0 })
  })

  test('and if it stays so, the system gives up and says why', () => {
    const { rig, writes, refuse } = journalledRig()
    rig.start([rig.cell('a')], { intensity: { restartCountMax: 3, periodMs: 1000 } })
    rig.run('a', (effects) => effects.journal({ type: 'intent' }))
    while (writes.length > 0) refuse()
    expect(rig.published).toEqual([
      { type: 'system.failed', tree: '', path: 'a', code: 'DISK_FULL', detail: expect.stringContaining('planted') },
    ])
  })

  test('one that throws is one that fails', () => {
    const rig = createRig({
      journal() {
        throw new Error('planted')
      },
    })
    rig.start([rig.cell('a'), rig.cell('b')], { intensity: { restartCountMax: 3, periodMs: 1000 } })
    rig.run('a', (effects) => effects.journal({ type: 'intent' }))
    expect(rig.published).toMatchObject([{ type: 'system.failed', detail: expect.stringContaining('planted') }])
  })

  test('a system without one refuses to journal rather than forget', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.run('a', (effects) => effects.journal({ type: 'intent' }))
    expect(rig.seen('a')).toEqual([])
    expect(rig.system.deadLetters()).toMatchObject([{ type: 'run', why: 'poison' }])
  })

  test('a cell that is taken down while it writes is committed all the same, and not twice', () => {
    const { rig, land } = journalledRig()
    rig.start([rig.cell('a'), rig.cell('b')], { strategy: 'oneForAll' })
    rig.run('a', (effects) => {
      effects.journal({ type: 'intent' })
      effects.publish({ type: 'deed' })
    })
    rig.crash('b')
    expect(rig.published).toEqual([])
    land()
    expect(rig.published).toEqual([{ type: 'deed' }])
    expect([rig.seen('a'), rig.seen('b')]).toEqual([['run'], ['crash']])
  })
})

describe('timers and calls', () => {
  test('a timer that is cancelled or set anew after it fired is not heard of', () => {
    const rig = createRig()
    const { effects } = rig.system
    const machine = setup({}).createMachine({
      on: {
        arm: {
          actions: () => {
            for (const name of ['kept', 'cancelled', 'renewed']) effects.setTimer(name, 10, { type: name })
          },
        },
        'board.poll': {
          actions: () => {
            effects.cancelTimer('cancelled')
            effects.setTimer('renewed', 15, { type: 'renewed' })
          },
        },
      },
    })
    rig.start([rig.cell('a', { machine })])
    rig.system.tell('a', { type: 'arm' })
    rig.settle()
    rig.system.suspend('a')
    rig.clock.advanceBy(10)
    // A command overtakes the three that have fired and wait.
    rig.system.send('a', { type: 'board.poll' }, { lane: 'control' })
    rig.system.resume('a')
    rig.clock.advanceBy(100)
    const heard = rig.observations.filter(({ kind }) => kind === 'event').map(({ at, event }) => [at, event?.type])
    expect(heard).toEqual([
      [0, 'arm'],
      [10, 'board.poll'],
      [10, 'kept'],
      [25, 'renewed'],
    ])
  })

  test('the answer of a call comes to this life of the cell, once, or never', () => {
    const rig = createRig()
    const answers: ((event: { type: string }) => void)[] = []
    rig.start([rig.cell('a')])
    rig.run('a', (effects) => effects.call('port', (answer) => answers.push(answer)))
    rig.crash('a')
    for (let i = 0; i < 2; i += 1) answers[0]?.({ type: 'answered' })
    rig.settle()
    expect(rig.seen('a')).toEqual(['run', 'crash', 'answered'])
    rig.run('a', (effects) => effects.call('port', (answer) => answers.push(answer)))
    rig.run('a', () => {}, 'finish')
    answers[1]?.({ type: 'answered' })
    rig.settle()
    expect(rig.seen('a')).toEqual([])
  })

  test('a call that throws crashes its cell after the rest of the flush; the event stays done', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.run('a', (effects) => {
      effects.call('port', () => {
        throw new Error('planted')
      })
      effects.publish({ type: 'after' })
    })
    expect(rig.published).toEqual([{ type: 'after' }])
    expect(rig.seen('a')).toEqual(['run'])
    expect(rig.system.counters()).toMatchObject({ crashes: 1, restarts: 1, deadLetters: 0 })
  })

  test('a wall clock that is set back does not take the actors with it', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    const times: number[] = []
    const note = () => rig.run('a', (effects) => times.push(effects.now))
    note()
    rig.clock.jumpWallClock(-500)
    note()
    rig.clock.advanceBy(600)
    note()
    expect(times).toEqual([1_000_000, 1_000_000, 1_000_100])
  })
})
