import { describe, expect, test, vi } from 'vitest'
import { createActor, type InspectionEvent } from 'xstate'
import { createRig, type ProbeEvent, probeMachine } from './actor-rig.ts'

describe('observations', () => {
  test('R40: every event has a number and names what caused it, over cells, timers and calls', () => {
    const rig = createRig()
    rig.start([rig.cell('a'), rig.cell('b')])
    rig.settle()
    rig.observations.length = 0
    rig.run('a', (effects) => {
      effects.tell('b', { type: 'told' })
      effects.setTimer('t', 10, { type: 'tick' })
      effects.call('port', (answer) => answer({ type: 'answered' }))
    })
    rig.clock.advanceBy(10)
    const [first] = rig.observations
    const cause = `m1:${first?.sequence}`
    expect(rig.observations.map(({ path, event, at, ...one }) => [path, event?.type, at, one.cause])).toEqual([
      ['a', 'run', 0, undefined],
      ['a', 'answered', 0, cause],
      ['b', 'told', 0, cause],
      ['a', 'tick', 10, cause],
    ])
  })

  test('a life is told from start to stop, with the crash and what caused it', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.crash('a')
    rig.system.stopChild('a')
    expect(rig.observations.map(({ kind }) => kind)).toEqual([
      'started',
      'event',
      'crashed',
      'restarted',
      'event',
      'stopped',
    ])
    expect(rig.observations[2]).toMatchObject({ event: { type: 'crash' } })
    expect(rig.observations[4]).toMatchObject({ state: 'open' })
  })

  test('an observer that throws disturbs nobody; one that has left hears nothing', () => {
    const rig = createRig()
    let heard = 0
    const observer = () => {
      heard += 1
      throw new Error('planted')
    }
    const leaving = [rig.system.inspect(observer), rig.system.inspect(observer)]
    rig.start([rig.cell('a')])
    rig.settle()
    expect(heard).toBe(2)
    leaving[0]?.()
    rig.run('a', () => {})
    expect(heard).toBe(3)
    expect(rig.seen('a')).toEqual(['run'])
  })
})

describe('the running root', () => {
  test('R40: is an xstate actor; its own snapshot, system and inspect work on it', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.settle()
    const root = rig.system.root('a')
    const inspected: InspectionEvent['type'][] = []
    root?.system.inspect((event) => inspected.push(event.type))
    rig.run('a', () => {}, 'hello')
    expect(root?.getSnapshot().context.seen).toEqual(['hello'])
    expect(root?.system.get('a')).toBe(root)
    expect(root?.getPersistedSnapshot()).toEqual(rig.system.persistedSnapshot('a'))
    expect(inspected).toContain('@xstate.snapshot')
  })

  test('R40: a new actor can be made from the persisted snapshot, through JSON', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.run('a', () => {}, 'hello')
    const snapshot = JSON.parse(JSON.stringify(rig.system.persistedSnapshot('a')))
    const copy = createActor(probeMachine(rig.system.effects), { input: {}, snapshot })
    expect(copy.getSnapshot().context.seen).toEqual(['hello'])
    expect(copy.getSnapshot().value).toBe('open')
  })

  test('after a restart it is another one, with the same state', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.run('a', () => {}, 'hello')
    const before = rig.system.root('a')
    rig.crash('a')
    expect(rig.system.root('a')).not.toBe(before)
    expect(rig.seen('a')).toEqual(['hello', 'crash'])
  })

  test('the last committed snapshot of a crashed cell can be read while it waits', () => {
    const rig = createRig()
    rig.start([rig.cell('a', { backoff: { firstMs: 100, maxMs: 100, jitterRatio: 0 } })])
    rig.run('a', () => {}, 'hello')
    rig.crash('a')
    expect(rig.system.root('a')).toBeUndefined()
    expect(rig.seen('a')).toEqual(['hello'])
  })

  test('a stranger who crashes it from outside costs a restart, not the process', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.run('a', () => {}, 'hello')
    const bad: ProbeEvent = { type: 'bad', run: (effects) => effects.publish({ type: 'stray' }) }
    rig.system.root('a')?.send(bad)
    rig.settle()
    expect(rig.published).toEqual([])
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    rig.system.root('a')?.stop()
    rig.run('a', () => {}, 'after')
    warn.mockRestore()
    expect(rig.seen('a')).toEqual(['hello', 'after'])
    expect(rig.system.counters()).toMatchObject({ crashes: 2, restarts: 2, deadLetters: 0 })
  })
})

describe('strangers who look on', () => {
  /** xstate throws what it calls unhandled from a timer of Node's: that would be the end of the process. */
  function expectNothingUncaught(work: () => void): void {
    vi.useFakeTimers()
    try {
      work()
      expect(() => vi.runAllTimers()).not.toThrow()
    } finally {
      vi.useRealTimers()
    }
  }

  const fail = () => {
    throw new Error('planted')
  }

  test('who watches snapshots and no errors does not end the process when the cell crashes', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.settle()
    const states: unknown[] = []
    rig.system.root('a')?.subscribe((snapshot) => states.push(snapshot.value))
    expectNothingUncaught(() => rig.crash('a'))
    expect(rig.seen('a')).toEqual(['crash'])
    rig.system.root('a')?.subscribe((snapshot) => states.push(snapshot.value))
    rig.run('a', () => {}, 'hello')
    expect(states).toEqual(['open'])
  })

  test('an observer that throws at a snapshot, a crash or an end harms neither process nor cell', () => {
    const rig = createRig()
    rig.start([rig.cell('a', { restart: 'transient' })])
    rig.settle()
    expectNothingUncaught(() => {
      rig.system.root('a')?.subscribe({ next: fail, error: fail, complete: fail })
      rig.run('a', () => {}, 'hello')
      rig.crash('a')
      rig.system.root('a')?.subscribe(fail, fail, fail)
      rig.run('a', () => {}, 'finish')
    })
    expect(rig.system.counters()).toMatchObject({ crashes: 1, restarts: 1, deadLetters: 0, cells: 0 })
    expect(rig.lines.filter(({ event }) => event === 'actors.observer.failed').length).toBeGreaterThan(3)
  })

  test("an inspector of xstate's own that throws at everything costs no restart and no mail", () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.settle()
    rig.system.root('a')?.system.inspect(fail)
    rig.system.root('a')?.system.inspect({ next: fail })
    rig.run('a', () => {}, 'hello')
    rig.run('a', () => {}, 'again')
    expect(rig.seen('a')).toEqual(['hello', 'again'])
    expect(rig.system.counters()).toMatchObject({ crashes: 0, restarts: 0, deadLetters: 0 })
    rig.crash('a')
    expect(rig.seen('a')).toEqual(['hello', 'again', 'crash'])
  })
})

test('a suspended cell keeps its mail, and goes on with it when it is resumed', () => {
  const rig = createRig()
  rig.start([rig.cell('a')])
  rig.settle()
  rig.system.suspend('a')
  for (const type of ['one', 'two']) rig.run('a', () => {}, type)
  expect(rig.seen('a')).toEqual([])
  rig.system.resume('a')
  rig.settle()
  expect(rig.seen('a')).toEqual(['one', 'two'])
})

test('an embedder whose listener throws disturbs nobody', () => {
  const rig = createRig({
    onPublish() {
      throw new Error('planted')
    },
  })
  rig.start([rig.cell('a')])
  rig.run('a', (effects) => effects.publish({ type: 'fact' }))
  expect(rig.seen('a')).toEqual(['run'])
  expect(rig.lines).toMatchObject([{ event: 'actors.publish.failed' }])
})
