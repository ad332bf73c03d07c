import { describe, expect, test } from 'vitest'
import type { Backoff, RestartKind, Strategy } from '../../../src/actors/child-spec.ts'
import { createRig, type ProbeEvent } from './actor-rig.ts'

const wake = { type: 'wake' }

describe('strategies', () => {
  test.each<[Strategy, string[]]>([
    ['oneForOne', ['b']],
    ['oneForAll', ['a', 'b', 'c']],
    ['restForOne', ['b', 'c']],
  ])('%s: when b of a, b, c crashes, %j start again, in the order of starting', (strategy, restarted) => {
    const rig = createRig()
    const ids = ['a', 'b', 'c']
    rig.start(
      ids.map((id) => rig.cell(id)),
      { strategy },
    )
    rig.settle()
    rig.crash('b')
    expect(rig.observed('restarted')).toEqual(restarted)
    expect(rig.observed('started')).toEqual(ids)
  })

  test('R40: a sibling that is taken down keeps its state, its timers and its mail', () => {
    const rig = createRig()
    const backoff: Backoff = { firstMs: 50, maxMs: 50, jitterRatio: 0 }
    rig.start([rig.cell('a', { wake }), rig.cell('b', { backoff })], { strategy: 'oneForAll' })
    rig.run('a', (effects) => effects.setTimer('t', 20, { type: 'tick' }), 'set')
    rig.crash('b')
    rig.system.tell('a', { type: 'hello' })
    rig.clock.advanceBy(49)
    expect(rig.seen('a')).toEqual(['wake', 'set'])
    rig.clock.advanceBy(1)
    expect(rig.seen('a')).toEqual(['wake', 'set', 'wake', 'tick', 'hello'])
  })

  test('those who wait together wait for the longest of their waits', () => {
    const rig = createRig()
    const slow = rig.cell('slow', { backoff: { firstMs: 100, maxMs: 100, jitterRatio: 0 } })
    rig.start([rig.cell('quick'), slow], { strategy: 'restForOne' })
    rig.settle()
    rig.crash('slow')
    rig.clock.advanceBy(10)
    rig.crash('quick')
    rig.clock.advanceBy(89)
    expect(rig.observed('restarted')).toEqual([])
    rig.clock.advanceBy(1)
    expect(rig.observed('restarted')).toEqual(['quick', 'slow'])
  })

  test('a whole subtree is taken down and comes back as it was, its later children too', () => {
    const rig = createRig()
    rig.start([rig.cell('a'), rig.supervisor('s', [rig.cell('b')])], { strategy: 'oneForAll' })
    rig.system.spawn('s', rig.cell('c'))
    rig.run('s/c', () => {}, 'hello')
    rig.crash('a')
    expect(rig.observed('restarted')).toEqual(['a', 's/b', 's/c'])
    expect(rig.seen('s/c')).toEqual(['hello'])
  })
})

describe('restart kinds', () => {
  test.each<[RestartKind, 'crash' | 'finish', readonly string[] | undefined]>([
    ['permanent', 'crash', ['before', 'crash', 'after']],
    // Its final snapshot leads nowhere: it starts fresh.
    ['permanent', 'finish', ['after']],
    ['transient', 'crash', ['before', 'crash', 'after']],
    ['transient', 'finish', undefined],
    ['temporary', 'crash', undefined],
    ['temporary', 'finish', undefined],
  ])('a %s child after a %s has seen %j', (restart, how, seen) => {
    const rig = createRig()
    rig.start([rig.cell('a', { restart })])
    rig.run('a', () => {}, 'before')
    if (how === 'crash') rig.crash('a')
    else rig.run('a', () => {}, 'finish')
    rig.run('a', () => {}, 'after')
    expect(rig.seen('a')).toEqual(seen)
    expect(rig.system.has('a')).toBe(seen !== undefined)
  })

  test.each<Strategy>(['oneForOne', 'oneForAll', 'restForOne'])(
    '%s: one that is not to come back takes nobody with it',
    (strategy) => {
      const rig = createRig()
      const [temporary, transient] = [rig.cell('t', { restart: 'temporary' }), rig.cell('u', { restart: 'transient' })]
      rig.start([rig.cell('a'), temporary, transient, rig.cell('b')], { strategy })
      rig.settle()
      rig.crash('t')
      rig.run('u', () => {}, 'finish')
      expect(rig.observed('restarted')).toEqual([])
      expect(rig.system.paths()).toEqual(['a', 'b'])
    },
  )

  test('the name of one that is gone is free again', () => {
    const rig = createRig()
    rig.start([])
    for (let life = 0; life < 3; life += 1) {
      rig.system.spawn('', rig.cell('a', { restart: 'temporary' }))
      rig.run('a', () => {}, 'finish')
    }
    expect(rig.observed('stopped')).toEqual(['a', 'a', 'a'])
  })
})

describe('intensity', () => {
  const intensity = { restartCountMax: 2, periodMs: 1000 }

  test('as many restarts as allowed within the period, and no more', () => {
    const rig = createRig()
    rig.start([rig.cell('a'), rig.cell('b')], { intensity })
    rig.settle()
    for (const path of ['a', 'b']) rig.crash(path)
    expect(rig.system.paths()).toEqual(['a', 'b'])
    rig.crash('a')
    expect(rig.system.paths()).toEqual([])
    expect(rig.published).toMatchObject([{ type: 'system.failed', path: 'a', detail: 'planted' }])
  })

  test('a restart counts until the period has passed', () => {
    const rig = createRig()
    rig.start([rig.cell('a')], { intensity })
    for (let i = 0; i < 20; i += 1) {
      rig.crash('a')
      rig.clock.advanceBy(501)
    }
    expect(rig.system.counters().restarts).toBe(20)
    rig.crash('a')
    rig.clock.advanceBy(498)
    rig.crash('a')
    expect(rig.system.has('a')).toBe(false)
  })

  test('a child may have a stricter limit of its own', () => {
    const rig = createRig()
    rig.start([rig.cell('a', { intensity: { restartCountMax: 1, periodMs: 1000 } }), rig.cell('b')])
    rig.settle()
    for (const path of ['b', 'b', 'b', 'a']) rig.crash(path)
    expect(rig.system.paths()).toEqual(['a', 'b'])
    rig.crash('a')
    expect(rig.system.paths()).toEqual([])
  })

  test('poisoned mail does not end a tree with the default limit', () => {
    const rig = createRig()
    const poison: ProbeEvent = {
      type: 'poison',
      run() {
        throw new Error('planted')
      },
    }
    rig.start([rig.cell('a')])
    for (let i = 0; i < 5; i += 1) rig.system.tell('a', poison)
    rig.settle()
    expect(rig.system.deadLetters()).toHaveLength(5)
    expect(rig.system.has('a')).toBe(true)
  })
})

describe('back-off', () => {
  /** How long the cell was down after each of so many crashes, with so much life in between. */
  function waitsOf(backoff: Backoff, crashes: number, lifeMs = 0, id = 'a'): number[] {
    const rig = createRig()
    rig.start([rig.cell(id, { backoff })], { intensity: { restartCountMax: 100, periodMs: 1 } })
    rig.settle()
    const waits: number[] = []
    for (let i = 1; i <= crashes; i += 1) {
      rig.clock.advanceBy(lifeMs)
      const crashedAt = rig.clock.monotonic()
      rig.crash(id)
      while (rig.system.counters().restarts < i && rig.clock.runNext()) {}
      waits.push(rig.clock.monotonic() - crashedAt)
    }
    return waits
  }

  test('each wait is twice the one before, up to the longest', () => {
    expect(waitsOf({ firstMs: 100, maxMs: 1000, jitterRatio: 0 }, 6)).toEqual([100, 200, 400, 800, 1000, 1000])
  })

  test('a life longer than the longest wait starts over', () => {
    expect(waitsOf({ firstMs: 100, maxMs: 300, jitterRatio: 0 }, 4, 300)).toEqual([100, 200, 300, 300])
    expect(waitsOf({ firstMs: 100, maxMs: 300, jitterRatio: 0 }, 4, 301)).toEqual([100, 100, 100, 100])
  })

  test('jitter spreads the waits of siblings within its ratio, and the same seed gives the same waits', () => {
    const backoff: Backoff = { firstMs: 100, maxMs: 100, jitterRatio: 0.3 }
    const [ofA, ofB] = [waitsOf(backoff, 50), waitsOf(backoff, 50, 0, 'b')]
    for (const wait of [...ofA, ...ofB]) expect(Math.abs(wait - 100)).toBeLessThanOrEqual(30)
    expect(Math.max(...ofA) - Math.min(...ofA)).toBeGreaterThan(30)
    expect(ofA).not.toEqual(ofB)
    expect(waitsOf(backoff, 50)).toEqual(ofA)
  })

  test('one that waits to be started again can be stopped, and stays away', () => {
    const rig = createRig()
    rig.start([rig.cell('a', { backoff: { firstMs: 100, maxMs: 100, jitterRatio: 0 } })])
    rig.settle()
    rig.crash('a')
    rig.system.stopChild('a')
    rig.clock.advanceBy(1000)
    expect(rig.system.has('a')).toBe(false)
    expect(rig.system.counters().restarts).toBe(0)
    expect(rig.clock.pending()).toBe(0)
  })
})
