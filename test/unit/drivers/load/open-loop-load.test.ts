import { describe, expect, test } from 'vitest'
import { createOpenLoopLoad } from '../../../../src/drivers/load/open-loop-load.ts'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { quantileMs } from '../../../../src/protocol/latency-histogram.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'

function createLoad(submit: (finished: (outcome: 'ok' | 'refused' | 'failed') => void) => void) {
  const virtual = createVirtualClock()
  const stall = { ms: 0 }
  // A process that is paused finds its timers late.
  const clock = { ...virtual, monotonic: () => virtual.monotonic() + stall.ms }
  const load = createOpenLoopLoad({
    clock,
    random: createSeededRandom(1),
    accounts: [{ account: 'shop', ratePerSecond: 100 }],
    submit: (_account, finished) => submit(finished),
  })
  return { clock: virtual, load, stall }
}

describe('open-loop load', () => {
  test('does not wait for answers', () => {
    const { clock, load } = createLoad(() => {})
    clock.advanceBy(1000)
    expect(load.report().accounts[0]?.sent).toBeGreaterThan(70)
    expect(load.report().accounts[0]).toMatchObject({ ok: 0, failed: 0, refused: 0 })
  })

  test('after a pause sends all that fell due in it, and counts their wait as latency', () => {
    const { clock, load, stall } = createLoad((finished) => finished('ok'))
    clock.advanceBy(1000)
    const { sent = 0 } = load.report().accounts[0] ?? {}
    stall.ms = 2000
    clock.advanceBy(50)
    const [shop] = load.report().accounts
    expect(shop?.sent).toBeGreaterThan(sent + 150)
    expect((shop && quantileMs(shop.latency, 0.9)) ?? 0).toBeGreaterThan(1000)
  })

  test('counts every outcome under its name, and latency only of what was answered well', () => {
    const outcomes = ['ok', 'refused', 'failed', 'failed'] as const
    let turn = 0
    const { clock, load } = createLoad((finished) => finished(outcomes[turn++ % 4] ?? 'ok'))
    clock.advanceBy(1000)
    load.stop()
    const [shop] = load.report().accounts
    if (!shop) throw new Error('the account is not reported')
    expect(shop.ok + shop.refused + shop.failed).toBe(shop.sent)
    expect(Math.abs(shop.failed - 2 * shop.ok)).toBeLessThanOrEqual(2)
    expect(shop.latency.counts.reduce((a, b) => a + b)).toBe(shop.ok)
  })

  test('a report is the caller’s own: later requests do not change it', () => {
    const { clock, load } = createLoad((finished) => finished('ok'))
    clock.advanceBy(100)
    const report = load.report()
    const before = structuredClone(report)
    clock.advanceBy(1000)
    expect(report).toEqual(before)
  })
})
