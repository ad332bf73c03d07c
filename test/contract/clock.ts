import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/ports/clock.ts'

export interface ClockUnderTest {
  readonly clock: Clock
  /** Lets at least that much time pass. */
  pass(ms: number): Promise<void>
}

export function clockContract(name: string, make: () => ClockUnderTest): void {
  describe(`the clock contract, ${name}`, () => {
    test('a timer fires once, and not before its delay has passed', async () => {
      const { clock, pass } = make()
      const startMs = clock.monotonic()
      const firedAtMs: number[] = []
      for (const delayMs of [0, 1, 3, 7])
        clock.setTimer(delayMs, () => firedAtMs.push(clock.monotonic() - startMs - delayMs))
      await pass(40)
      expect(firedAtMs).toHaveLength(4)
      expect(Math.min(...firedAtMs)).toBeGreaterThanOrEqual(0)
    })

    test('a timer never fires on the stack of its caller', async () => {
      const { clock, pass } = make()
      const order: string[] = []
      clock.setTimer(0, () => {
        clock.setTimer(0, () => order.push('inner'))
        order.push('outer ends')
      })
      order.push('caller ends')
      await pass(20)
      expect(order).toEqual(['caller ends', 'outer ends', 'inner'])
    })

    test('a cancelled timer never fires, and cancelling twice or too late does no harm', async () => {
      const { clock, pass } = make()
      const fired: string[] = []
      const cancelled = clock.setTimer(1, () => fired.push('cancelled'))
      const late = clock.setTimer(1, () => fired.push('late'))
      cancelled.cancel()
      cancelled.cancel()
      await pass(20)
      late.cancel()
      expect(fired).toEqual(['late'])
    })

    test('a timer can be cancelled by another that is due at the same time', async () => {
      const { clock, pass } = make()
      const fired: string[] = []
      clock.setTimer(2, () => {
        fired.push('first')
        second.cancel()
      })
      const second = clock.setTimer(2, () => fired.push('second'))
      await pass(20)
      expect(fired).toEqual(['first'])
    })

    test('monotonic time never goes back and keeps pace with the wall clock', async () => {
      const { clock, pass } = make()
      const monotonicMs = clock.monotonic()
      const wallMs = clock.now()
      await pass(10)
      expect(clock.monotonic() - monotonicMs).toBeGreaterThanOrEqual(10)
      expect(clock.now() - wallMs).toBeGreaterThanOrEqual(9)
    })

    test('a timer of a month does not fire now', async () => {
      const { clock, pass } = make()
      let fired = false
      const timer = clock.setTimer(31 * 24 * 3_600_000, () => {
        fired = true
      })
      await pass(10)
      timer.cancel()
      expect(fired).toBe(false)
    })

    test.each([-1, Number.NaN])('a delay of %d is refused', (delayMs) => {
      const { clock } = make()
      expect(() => clock.setTimer(delayMs, () => {})).toThrow('INVARIANT_BROKEN')
    })
  })
}
