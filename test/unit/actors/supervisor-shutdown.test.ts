import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../src/ports/result.ts'
import { createRig, type ProbeEvent, type Rig } from './actor-rig.ts'

const finishAfter = (ms: number): ProbeEvent => ({
  type: 'close',
  run: (effects) => effects.setTimer('closing', ms, { type: 'finish' }),
})

function stop(rig: Rig): { readonly at: number[] } {
  const at: number[] = []
  rig.system.stop(() => at.push(rig.clock.monotonic()))
  return { at }
}

describe('ordered shutdown', () => {
  test('last started first, each after the one before has ended', () => {
    const rig = createRig()
    const slow = (id: string) => rig.cell(id, { shutdownEvent: finishAfter(100) })
    rig.start([slow('a'), rig.supervisor('s', [slow('b'), rig.cell('c')]), slow('d')])
    rig.settle()
    const stopped = stop(rig)
    expect(rig.observed('stopped')).toEqual([])
    rig.clock.advanceBy(100)
    expect(rig.observed('stopped')).toEqual(['d', 's/c'])
    rig.clock.advanceBy(100)
    expect(rig.observed('stopped')).toEqual(['d', 's/c', 's/b'])
    rig.clock.advanceBy(100)
    expect(rig.observed('stopped')).toEqual(['d', 's/c', 's/b', 'a'])
    expect(stopped.at).toEqual([300])
    expect(rig.clock.pending()).toBe(0)
  })

  test('one that does not end by its deadline is ended, and that is logged', () => {
    const rig = createRig()
    rig.start([
      rig.cell('default', { shutdownEvent: finishAfter(60_000) }),
      rig.cell('hasty', { shutdownEvent: finishAfter(60_000), shutdownMs: 100 }),
    ])
    rig.settle()
    const stopped = stop(rig)
    rig.clock.advanceBy(60_000)
    expect(stopped.at).toEqual([5100])
    expect(rig.lines.filter(({ event }) => event === 'actors.cell.stopForced').map(({ fields }) => fields)).toEqual([
      { path: 'hasty', shutdownMs: 100 },
      { path: 'default', shutdownMs: 5000 },
    ])
  })

  test("a supervisor's own deadline ends all that is left below it", () => {
    const rig = createRig()
    const slow = (id: string) => rig.cell(id, { shutdownEvent: finishAfter(80) })
    rig.start([rig.supervisor('s', [slow('a'), slow('b')], { shutdownMs: 100 })])
    rig.settle()
    const stopped = stop(rig)
    rig.clock.advanceBy(1000)
    expect(stopped.at).toEqual([100])
    expect(rig.observed('stopped')).toEqual(['s/b', 's/a'])
  })

  test('what was journalled is carried out before the cell ends', () => {
    const pending: Answer<void>[] = []
    const rig = createRig({ journal: (_entries, answer) => pending.push(answer) })
    rig.start([rig.cell('a')])
    rig.run('a', (effects) => {
      effects.journal({ type: 'intent' })
      effects.publish({ type: 'deed' })
    })
    const stopped = stop(rig)
    expect(stopped.at).toEqual([])
    pending.shift()?.({ ok: true, value: undefined })
    expect(stopped.at).toEqual([0])
    expect(rig.published).toEqual([{ type: 'deed' }])
  })

  test('one that crashes while it is stopping is not started again', () => {
    const rig = createRig()
    const shutdownEvent: ProbeEvent = {
      type: 'close',
      run() {
        throw new Error('planted')
      },
    }
    rig.start([rig.cell('a', { shutdownEvent }), rig.cell('b')])
    rig.settle()
    const stopped = stop(rig)
    rig.settle()
    expect(stopped.at).toEqual([0])
    expect(rig.system.counters()).toMatchObject({ crashes: 1, restarts: 0, cells: 0 })
  })

  test('nothing is started below a supervisor that stops', () => {
    const rig = createRig()
    rig.start([rig.cell('a', { shutdownEvent: finishAfter(100) })])
    rig.settle()
    stop(rig)
    expect(() => rig.system.spawn('', rig.cell('late'))).toThrow(/stopping/)
    expect(rig.system.paths()).toEqual(['a'])
  })

  test('5,000 children stop without a deep stack', () => {
    const rig = createRig()
    rig.start([])
    for (let i = 0; i < 5000; i += 1) rig.system.spawn('', rig.cell(`c${i}`))
    rig.settle()
    expect(stop(rig).at).toEqual([0])
    expect(rig.system.counters().cells).toBe(0)
  })

  test('a stopped system takes no mail, and says so', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    stop(rig)
    rig.system.tell('a', { type: 'late' })
    rig.system.send('a', { type: 'board.poll' })
    expect(rig.system.deadLetters().map(({ type, why }) => [type, why])).toEqual([
      ['late', 'stopped'],
      ['board.poll', 'stopped'],
    ])
  })
})

describe('escalation', () => {
  /** s gives up at its first crash; its own supervisor starts it again. */
  function rigWithStrictSupervisor(firstMs = 0) {
    const rig = createRig()
    const strict = { intensity: { restartCountMax: 0, periodMs: 1 }, backoff: { firstMs, maxMs: 100, jitterRatio: 0 } }
    const children = [rig.cell('a'), rig.cell('t', { restart: 'temporary' })]
    rig.start([rig.supervisor('s', children, strict), rig.cell('beside')])
    rig.system.spawn('s', rig.cell('b'))
    for (const path of ['s/a', 's/b', 'beside']) rig.run(path, () => {}, 'before')
    return rig
  }

  test('a supervisor that gives up ends all below it, and comes back fresh, with what was spawned later', () => {
    const rig = rigWithStrictSupervisor()
    rig.crash('s/a')
    rig.settle()
    expect(rig.system.paths().toSorted()).toEqual(['beside', 's/a', 's/b'])
    expect([rig.seen('s/a'), rig.seen('s/b'), rig.seen('beside')]).toEqual([[], [], ['before']])
    expect(rig.published).toEqual([])
  })

  test('while it waits to come back, children can be added and taken away', () => {
    const rig = rigWithStrictSupervisor(50)
    rig.crash('s/a')
    expect(rig.system.paths()).toEqual(['beside'])
    rig.system.spawn('s', rig.cell('c'))
    expect(() => rig.system.spawn('s', rig.cell('b'))).toThrow(/taken/)
    rig.system.stopChild('s/a')
    rig.clock.advanceBy(50)
    expect(rig.observed('started').slice(-2)).toEqual(['s/b', 's/c'])
    expect(rig.system.has('s/a')).toBe(false)
  })

  test('a child that was told to stop does not come back with its supervisor', () => {
    const rig = rigWithStrictSupervisor()
    rig.system.spawn('s', rig.cell('leaving', { shutdownEvent: finishAfter(100) }))
    rig.settle()
    rig.system.stopChild('s/leaving')
    rig.crash('s/a')
    rig.clock.advanceBy(1000)
    expect(rig.system.paths().toSorted()).toEqual(['beside', 's/a', 's/b'])
  })

  test('giving up climbs the tree; at its top the embedder is told, and nothing is left of it', () => {
    const rig = createRig()
    const intensity = { restartCountMax: 1, periodMs: 1000 }
    rig.start([rig.supervisor('s', [rig.supervisor('t', [rig.cell('a')], { intensity })], { intensity })], {
      intensity,
    })
    rig.settle()
    // Each level grants the one below it one more life, which again has two: 2 · 2 · 2 crashes.
    for (let crashes = 1; crashes <= 8; crashes += 1) {
      expect(rig.system.has('s/t/a')).toBe(true)
      rig.crash('s/t/a')
      rig.settle()
    }
    expect(rig.system.paths()).toEqual([])
    expect(rig.published).toEqual([
      { type: 'system.failed', tree: '', path: 's/t/a', code: 'INVARIANT_BROKEN', detail: 'planted' },
    ])
    rig.start([rig.cell('anew')])
    rig.settle()
    expect(rig.seen('anew')).toEqual([])
  })
})

describe('what cannot be started', () => {
  test('a path that is taken, or that no address can name, is refused to whoever asks', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    expect(() => rig.system.spawn('', rig.cell('a'))).toThrow(/taken/)
    for (const id of ['white space', 'ask:1', '', 'x'.repeat(129)]) {
      expect(() => rig.system.spawn('', rig.cell(id))).toThrow(/no address/)
    }
    expect(() => rig.system.spawn('nowhere', rig.cell('b'))).toThrow(/no supervisor/)
    expect(rig.system.paths()).toEqual(['a'])
  })

  test('a subtree starts whole or not at all', () => {
    const rig = createRig()
    rig.start([])
    expect(() => rig.system.spawn('', rig.supervisor('s', [rig.cell('a'), rig.cell('a')]))).toThrow(/taken/)
    expect(rig.system.paths()).toEqual([])
    rig.system.spawn('', rig.supervisor('s', [rig.cell('a'), rig.cell('b')]))
    expect(rig.system.paths()).toEqual(['s/a', 's/b'])
  })

  test('a supervisor whose place was taken meanwhile cannot come back: that climbs the tree too', () => {
    const rig = createRig()
    const strict = {
      intensity: { restartCountMax: 0, periodMs: 1 },
      backoff: { firstMs: 50, maxMs: 50, jitterRatio: 0 },
    }
    rig.start([rig.supervisor('s', [rig.cell('a')], strict)])
    rig.settle()
    rig.crash('s/a')
    rig.system.spawn('', rig.cell('s/a'))
    rig.clock.advanceBy(10_000)
    expect(rig.published).toMatchObject([{ type: 'system.failed', path: 's' }])
  })
})
