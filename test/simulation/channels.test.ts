// R44: a farm over CAN, CAN and WebSocket, with channels cut.
import { describe, expect, test } from 'vitest'
import { answered } from '../../src/testing/answered.ts'
import type { SimulatedChannels } from '../../src/testing/simulated-channels.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { bladeOf, broughtUp, demoFarm, isUp, leads, statusOf } from './demo-farm.ts'

const pooled = 'c03-s01'

/** @param cut from the first moment on */
function farmWithout(cut: readonly string[], channels: SimulatedChannels = 'three'): Simulation {
  const farm = demoFarm({ channels, load: { shop: 20, news: 20 } })
  for (const name of cut) farm.network.cutChannel(name)
  farm.runFor(1)
  expect(farm.runUntil(() => isUp(farm), 30_000)).toBe(true)
  for (const group of ['shop/web', 'news/web']) answered(farm, (done) => farm.master().hold(group, true, done))
  farm.runFor(2_500)
  return farm
}

function moves(farm: Simulation, group: string): void {
  const answer = answered(farm, (done) => farm.master().move(pooled, group, {}, done))
  expect(answer).toMatchObject({ ok: true })
  const isThere = () => bladeOf(farm, pooled)?.group === group && bladeOf(farm, pooled)?.lifecycle === 'joined'
  expect(farm.runUntil(isThere, 30_000)).toBe(true)
}

describe.each([
  ['WebSocket', ['ws'], 'three'],
  ['both CAN buses', ['can0', 'can1'], 'three'],
  ['one CAN bus', ['can0'], 'three'],
  ['WebSocket, every bit on the buses', ['ws'], 'bits'],
] as const)('R44: without %s from the start', (_, cut, channels) => {
  test('a full move, a takeover and `explain` work', () => {
    const farm = farmWithout(cut, channels)
    expect(statusOf(farm).master.redundancy).toBe('paired')
    moves(farm, 'news/web')
    farm.crash('m1')
    expect(farm.runUntil(leads(farm, 'm2'), 5_000)).toBe(true)
    farm.restart('m1')
    farm.runFor(3_000)
    moves(farm, 'shop/web')
    const { decision } = statusOf(farm).decisions[0] ?? expect.unreachable('there are decisions')
    expect(farm.master().explain(decision).ok).toBe(true)
    expect(statusOf(farm).master.redundancy).toBe('paired')
    expect(farm.violations()).toEqual([])
  })
})

test('R44: channels that are cut one after the other, with a moment of overlap, disturb nobody', () => {
  const farm = broughtUp({ channels: 'three', load: { shop: 20, news: 20 } })
  farm.runFor(2_500)
  const { epoch } = statusOf(farm).master
  for (const [cut, healed] of [
    ['can0', 'none'],
    ['can1', 'none'],
    ['none', 'can0'],
    ['ws', 'none'],
    ['none', 'can1'],
    ['can0', 'ws'],
  ] as const) {
    farm.network.cutChannel(cut)
    farm.network.healChannel(healed)
    farm.runFor(3_000)
  }
  expect(statusOf(farm).master).toMatchObject({ epoch, redundancy: 'paired' })
  expect(farm.trace().filter((line) => line.includes('keepAliveMissed') || line.includes('unacknowledged'))).toEqual([])
  expect(farm.violations()).toEqual([])
})

test('R44: a bus with an error in every frame, and then the other one: its controllers are passive, and nobody is lost', () => {
  const farm = broughtUp({ channels: 'bits', load: { shop: 20, news: 20 } })
  const { epoch } = statusOf(farm).master
  const stateOf = (name: string) => statusOf(farm).channels.find((channel) => channel.name === name)?.state
  for (const name of ['can0', 'can1']) {
    farm.network.setNoise(name, 0.02)
    expect(farm.runUntil(() => stateOf(name) === 'passive', 3_000)).toBe(true)
    farm.runFor(3_000)
    farm.network.setNoise(name, 0)
    farm.runFor(3_000)
    expect(stateOf(name)).toBe('healthy')
  }
  expect(statusOf(farm).master).toMatchObject({ epoch, redundancy: 'paired' })
  expect(farm.violations()).toEqual([])
})
