// Who starts again, when a supervisor gives up, and what that costs whom. Plain functions with plain assertions: they are run by vitest, and against
// planted bugs (test/mutants/actors.ts) in plain node.
import assert from 'node:assert/strict'
import type { RestartIntensity } from '../../../src/actors/child-spec.ts'
import { createRig, type Rig } from './actor-rig.ts'

/** Crashes at these times, ms; the number of the one at which the supervisor gave up. */
function givesUpAt(times: readonly number[], intensity: RestartIntensity): number | undefined {
  const rig = createRig()
  rig.start([rig.cell('a')], { intensity })
  rig.settle()
  for (const [i, at] of times.entries()) {
    rig.clock.runUntil(at)
    rig.crash('a')
    if (!rig.system.has('a')) return i + 1
  }
  return undefined
}

function nested(more: { readonly outer: number; readonly inner: number }): Rig {
  const rig = createRig()
  const limit = (restartCountMax: number) => ({ intensity: { restartCountMax, periodMs: 1_000 } })
  const inner = rig.supervisor('inner', [rig.cell('a', { wake: { type: 'wake' } }), rig.cell('b')], limit(more.inner))
  rig.start([rig.cell('aside'), inner], limit(more.outer))
  rig.settle()
  return rig
}

const failedTypes = (rig: Rig) => rig.published.map(({ type }) => type)

export const escalationCases: Record<string, () => void> = {
  'who starts again with the one that crashed is what the strategy says, in the order of starting'() {
    const expected = { oneForOne: ['b'], oneForAll: ['a', 'b', 'c'], restForOne: ['b', 'c'] } as const
    for (const strategy of ['oneForOne', 'oneForAll', 'restForOne'] as const) {
      const rig = createRig()
      rig.start([rig.cell('a'), rig.cell('b'), rig.cell('c')], { strategy })
      rig.settle()
      rig.crash('b')
      assert.deepEqual(rig.observed('restarted'), expected[strategy])
    }
  },

  'n restarts within the period are allowed, and the next is one too many'() {
    for (const restartCountMax of [0, 1, 2, 5]) {
      const times = Array.from({ length: 8 }, (_, i) => i)
      assert.equal(givesUpAt(times, { restartCountMax, periodMs: 1_000 }), restartCountMax + 1)
    }
  },

  'a restart counts for the whole period, its last millisecond included'() {
    const intensity = { restartCountMax: 2, periodMs: 1_000 }
    assert.equal(givesUpAt([0, 500, 1_000], intensity), 3)
    assert.equal(givesUpAt([0, 500, 1_001], intensity), undefined)
    assert.equal(givesUpAt([0, 500, 1_001, 1_500], intensity), 4)
  },

  'the period slides: it is that of the last n restarts, for ever'() {
    const intensity = { restartCountMax: 3, periodMs: 300 }
    assert.equal(
      givesUpAt(
        Array.from({ length: 100 }, (_, i) => i * 101),
        intensity,
      ),
      undefined,
    )
    assert.equal(
      givesUpAt(
        Array.from({ length: 100 }, (_, i) => i * 100),
        intensity,
      ),
      4,
    )
  },

  'giving up ends what is below, and counts as one restart of the supervisor above'() {
    const rig = nested({ outer: 1, inner: 1 })
    rig.run('aside', () => {}, 'hello')
    rig.run('inner/b', () => {}, 'hello')
    for (let i = 0; i < 2; i += 1) rig.crash('inner/a')
    assert.deepEqual(rig.system.paths().toSorted(), ['aside', 'inner/a', 'inner/b'])
    assert.deepEqual([rig.seen('aside'), rig.seen('inner/b'), rig.seen('inner/a')], [['hello'], [], ['wake']])
    for (let i = 0; i < 2; i += 1) rig.crash('inner/a')
    assert.deepEqual(rig.system.paths(), [])
    assert.deepEqual(failedTypes(rig), ['system.failed'])
  },

  'one that came back has all its restarts again'() {
    const rig = nested({ outer: 5, inner: 2 })
    for (let i = 0; i < 3; i += 1) rig.crash('inner/a')
    assert.deepEqual(rig.seen('inner/a'), ['wake'])
    for (let i = 0; i < 2; i += 1) rig.crash('inner/a')
    assert.deepEqual(rig.seen('inner/a'), ['wake', 'wake', 'crash', 'wake', 'crash'])
  },

  'one that escalates is not started afresh: those above it give up with it, up to the top'() {
    const rig = createRig()
    const strict = { intensity: { restartCountMax: 1, periodMs: 1_000 }, escalates: true }
    rig.start([
      rig.cell('aside'),
      rig.supervisor('outer', [rig.supervisor('inner', [rig.cell('a')], strict)], { escalates: true }),
    ])
    rig.settle()
    rig.crash('outer/inner/a')
    assert.equal(rig.system.paths().length, 2)
    rig.crash('outer/inner/a')
    assert.deepEqual(rig.system.paths(), [])
    assert.deepEqual(failedTypes(rig), ['system.failed'])
  },

  'timers and mail of those that are ended are gone, and no restart of theirs comes after'() {
    const rig = nested({ outer: 5, inner: 1 })
    rig.run('inner/b', (effects) => effects.setTimer('t', 10, { type: 'tick' }))
    rig.system.suspend('inner/b')
    rig.system.tell('inner/b', { type: 'late' })
    for (let i = 0; i < 2; i += 1) rig.crash('inner/a')
    rig.clock.advanceBy(100)
    assert.deepEqual(rig.seen('inner/b'), [])
    assert.deepEqual(
      rig.system.deadLetters().map(({ to, type, why }) => [to, type, why]),
      [
        ['inner/b', 'late', 'stopped'],
        ['inner/a', 'crash', 'stopped'],
      ],
    )
  },
}
