import { describe, expect, test } from 'vitest'
import type { Effects } from '../../../src/actors/effects.ts'
import { createRig, type ProbeEvent, type Rig } from './actor-rig.ts'

describe('who runs next', () => {
  test('a chain of 3,000 cells that tell each other grows no stack', () => {
    const rig = createRig()
    rig.start([])
    for (let i = 0; i < 3000; i += 1) rig.system.spawn('', rig.cell(`c${i}`))
    const pass = (effects: Effects) => {
      const next: ProbeEvent = { type: 'pass', run: pass }
      effects.tell(`c${Number(effects.path.slice(1)) + 1}`, next)
    }
    rig.run('c0', pass, 'pass')
    expect(rig.seen('c2999')).toEqual(['pass'])
    expect(rig.system.deadLetters()).toMatchObject([{ to: 'c3000' }])
  })

  test('two cells that never stop talking leave other timers their time', () => {
    const rig = createRig()
    rig.start([rig.cell('a'), rig.cell('b')])
    const again: ProbeEvent = {
      type: 'again',
      run: (effects) => effects.tell(effects.path === 'a' ? 'b' : 'a', again),
    }
    rig.system.tell('a', again)
    let isServed = false
    rig.clock.setTimer(0, () => {
      isServed = true
    })
    // One timer of the dispatcher, one of ours: a slice is bounded.
    for (let i = 0; i < 3; i += 1) rig.clock.runNext()
    expect(isServed).toBe(true)
    expect(rig.system.counters().events).toBeLessThanOrEqual(2048)
  })

  test('a flood of commands to some cells starves no other', () => {
    const rig = createRig()
    rig.start([rig.cell('quiet'), rig.cell('a'), rig.cell('b')])
    rig.settle()
    const flood: ProbeEvent = {
      type: 'flood',
      run(effects) {
        effects.send(effects.path, { type: 'board.poll' }, { lane: 'control' })
        effects.setTimer('t', 0, flood)
        effects.tell(effects.path, flood)
      },
    }
    for (const path of ['a', 'b']) rig.system.tell(path, flood)
    rig.system.tell('quiet', { type: 'hello' })
    rig.clock.runNext()
    expect(rig.seen('quiet')).toEqual(['hello'])
  })

  test('what a cell tells another arrives in the order of telling, whatever else goes on', () => {
    const rig = createRig()
    rig.start([rig.cell('a'), rig.cell('b'), rig.cell('c')])
    const types = Array.from({ length: 100 }, (_, i) => `m${i}`)
    rig.run('a', (effects) => {
      for (const type of types) for (const to of ['b', 'c']) effects.tell(to, { type })
    })
    expect(rig.seen('b')).toEqual(types)
    expect(rig.seen('c')).toEqual(types)
  })

  test('the same seed and the same commands give the same observations, in the same order', () => {
    const run = (rig: Rig) => {
      const backoff = { firstMs: 10, maxMs: 100, jitterRatio: 0.5 }
      rig.start([rig.cell('a', { backoff }), rig.cell('b', { backoff })], { strategy: 'oneForAll' })
      for (const path of ['a', 'b', 'a']) rig.crash(path)
      rig.clock.advanceBy(1000)
      return rig.observations.map(({ at, kind, path, sequence, cause }) => [at, kind, path, sequence, cause])
    }
    expect(run(createRig())).toEqual(run(createRig()))
  })
})
