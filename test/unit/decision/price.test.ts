import { describe, expect, test } from 'vitest'
import { countIdle, nothingIdle, spare } from '../../../src/decision/idle-blades.ts'
import { emptyPlainRule, followDemand } from '../../../src/decision/plain-rule.ts'
import { firstPriceState, priceOf, spend, weighed } from '../../../src/decision/price.ts'

const minuteMs = 60_000
const spending = { demand: 7, isRefused: false, budget: 1, binMs: 5 * minuteMs }

function spent(minutes: number, held: (minute: number) => number) {
  let price = firstPriceState
  for (let minute = 0; minute < minutes; minute += 1)
    price = spend(price, { ...spending, held: held(minute) }, minute * minuteMs)
  return price
}

describe('R23: what one more blade is worth', () => {
  test('R23: who holds what a plain autoscaler would holds the price', () => {
    expect(priceOf(spent(10_000, () => 10))).toBeCloseTo(0.1, 2)
  })

  test('R23: who holds more pays more for the next blade, who holds less pays less', () => {
    expect(priceOf(spent(3_000, () => 13))).toBeGreaterThan(0.15)
    expect(priceOf(spent(3_000, () => 8))).toBeLessThan(0.07)
  })

  test('R23: the price has bounds, and nothing that is not measured moves it', () => {
    expect(priceOf(spent(200_000, () => 100))).toBeCloseTo(0.5, 9)
    const before = spent(100, () => 13)
    const after = spend(before, { ...spending, held: 13 }, 1_000_000 * minuteMs)
    expect(priceOf(after) / priceOf(before)).toBeLessThan(1.01)
  })

  test('R23: who moves more than the plain rule gets more patient, within bounds', () => {
    let price = firstPriceState
    for (let minute = 0; minute < 20_000; minute += 1)
      price = spend(
        price,
        { ...spending, demand: minute % 60 < 30 ? 7 : 14, held: 10 + (minute % 2) * 5 },
        minute * minuteMs,
      )
    expect(price.patience).toBe(3)
  })

  test('a probability at the price weighs a half', () => {
    expect(weighed(0.1, 0.1)).toBeCloseTo(0.5, 12)
    expect(weighed(0, 0.1)).toBe(0)
    expect(weighed(1, 0.1)).toBe(1)
    expect(weighed(0.2, 0.1)).toBeGreaterThan(weighed(0.1, 0.1))
  })
})

describe('the plain rule', () => {
  test('holds what demand needs at 70 % at once, and gives back after ten minutes, half at a time', () => {
    let rule = emptyPlainRule
    for (let minute = 0; minute < 10; minute += 1) rule = followDemand(rule, 70, minute * minuteMs)
    expect(rule.held).toBe(100)
    const held = []
    for (let minute = 10; minute < 45; minute += 1) {
      rule = followDemand(rule, 7, minute * minuteMs)
      held.push(rule.held)
    }
    expect(held.slice(0, 9).every((count) => count === 100)).toBe(true)
    expect(held[12]).toBe(50)
    expect(held.at(-1)).toBeLessThanOrEqual(25)
  })
})

describe('idle blades', () => {
  test('the last rank goes first, and only after the patience', () => {
    let idle = nothingIdle
    for (let minute = 0; minute < 4; minute += 1)
      idle = countIdle(idle, { needed: 3, held: 5, passedMs: minuteMs }, (rank) => (rank === 5 ? 1 : 0.5))
    expect(spare(idle, 5 * minuteMs)).toBe(0)
    expect(spare(idle, 4 * minuteMs)).toBe(1)
    expect(spare(idle, 2 * minuteMs)).toBe(2)
  })

  test('a blade that is needed again begins anew', () => {
    let idle = countIdle(nothingIdle, { needed: 3, held: 5, passedMs: 9 * minuteMs }, () => 1)
    idle = countIdle(idle, { needed: 5, held: 5, passedMs: minuteMs }, () => 1)
    idle = countIdle(idle, { needed: 3, held: 5, passedMs: minuteMs }, () => 1)
    expect(spare(idle, 2 * minuteMs)).toBe(0)
  })
})
