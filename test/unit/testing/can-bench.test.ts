import { describe, expect, test } from 'vitest'
import { goodput, responses } from '../../../src/testing/can-bench.ts'

describe('the bench of the CAN channel', () => {
  test.each([false, true])('finds the bus in memory as fast as the lengths of its frames allow (FD: %s)', (isFd) => {
    const { ratio, limitBytesPerSecond } = goodput(isFd, 2_000)
    expect(ratio).toBeGreaterThan(0.97)
    expect(ratio).toBeLessThanOrEqual(1.001)
    expect(limitBytesPerSecond).toBeGreaterThan(isFd ? 350_000 : 50_000)
  })

  test('sees no response above the analysis, where a node’s most urgent frame is in every contest', () => {
    const { isWithin, classes } = responses(10_000, 256)
    expect(isWithin).toBe(true)
    expect(Math.max(...classes.map(({ ratio }) => ratio))).toBeGreaterThan(0.8)
  })

  test('sees fencing and alarms within it with three mailboxes too, and that others wait for what lies in them', () => {
    const { isWithin, classes } = responses(10_000, 3)
    const ratios = new Map(classes.map(({ trafficClass, ratio }) => [trafficClass, ratio]))
    expect(ratios.get('order')).toBeLessThanOrEqual(1)
    expect(ratios.get('alarm')).toBeLessThanOrEqual(1)
    expect(isWithin).toBe(false)
  })
})
