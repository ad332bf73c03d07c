// R50: two sites and a global coordinator. One is short of blades, the other has some to spare and holds the group's images and data:
// it serves the group until it is wanted back.
import { beforeEach, expect, test } from 'vitest'
import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { requireFarmConfig } from '../../src/runtime/farm-config.ts'
import { runCoordinator } from '../../src/runtime/run-coordinator.ts'
import type { RunningCoordinator } from '../../src/runtime/run-options.ts'
import { createSimulatedNetwork } from '../../src/testing/simulated-network.ts'
import { createSimulation, type Simulation } from '../../src/testing/simulation.ts'
import { createTraceLog } from '../../src/testing/trace-log.ts'
import { createVirtualClock, type VirtualClock } from '../../src/testing/virtual-clock.ts'

function site(id: string, longitude: number, slots: number, committed: number): string {
  return `
site: { id: ${id}, longitude: ${longitude} }
cabinets: [{ id: c01, slots: ${slots} }]
accounts:
  - id: shop
    groups:
      - id: web
        port: 8081
        priority: 0.9
        responseLimitMs: 250
        roles: [{ id: front, image: shop-web, committed: ${committed}, max: 6, ratePerBlade: 100, volumes: [content] }]
decisions: { minResidenceMs: 5000 }
`
}

let clock: VirtualClock
let munich: Simulation
let tokyo: Simulation
let coordinator: RunningCoordinator

beforeEach(() => {
  clock = createVirtualClock()
  const network = createSimulatedNetwork({
    clock,
    random: createSeededRandom(1),
    linked: (a, b) => a === 'gc1' || b === 'gc1',
  })
  const among = (masterNode: string) => ({ clock, masterNode, network, coordinator: { site: 'global', node: 'gc1' } })
  const at = (text: string) => requireFarmConfig(text, 'site.yaml')
  munich = createSimulation({
    seed: 1,
    config: at(site('munich', 11.6, 2, 2)),
    load: { shop: 100 },
    among: among('munich-m1'),
  })
  tokyo = createSimulation({ seed: 2, config: at(site('tokyo', 139.7, 4, 0)), among: among('tokyo-m1') })
  const log = createTraceLog(clock).log('gc1')
  const ports = { clock, random: createSeededRandom(3), log, transport: network.attach('gc1', 1) }
  const masters = { 'munich-m1': 'munich', 'tokyo-m1': 'tokyo' }
  runCoordinator({ site: 'global', node: 'gc1', incarnation: 1, masters, ports }, (started) => {
    if (!started.ok) throw new Error(started.detail)
    coordinator = started.value
  })
  clock.advanceBy(5_000)
})

const servingIn = (farm: Simulation) =>
  farm.status()?.blades.filter(({ lifecycle, group }) => lifecycle === 'joined' && group === 'shop/web') ?? []

test('R50: a site that is short borrows a blade of another, which returns to its pool scrubbed', () => {
  expect(coordinator.status().state).toBe('ready')
  expect(servingIn(munich)).toHaveLength(2)
  expect(servingIn(tokyo)).toHaveLength(0)

  munich.load.setRate('shop', 300)
  clock.advanceBy(15_000)
  expect(coordinator.status().state).toBe('lending')
  const lent = servingIn(tokyo).map(({ blade }) => blade)
  expect(lent.length).toBeGreaterThanOrEqual(1)
  expect(tokyo.balancer.read('shop/web').map(({ blade }) => blade)).toEqual(lent)
  expect(tokyo.trace().some((line) => line.includes('"cause":"loan"'))).toBe(true)

  munich.load.setRate('shop', 50)
  clock.advanceBy(40_000)
  expect(coordinator.status().state).toBe('ready')
  expect(servingIn(tokyo)).toHaveLength(0)
  for (const blade of lent) {
    expect(tokyo.status()?.blades.find((one) => one.blade === blade)).toMatchObject({
      lifecycle: 'cold',
      hasReceipt: true,
    })
    expect(tokyo.hardware.contents(blade).groups).toEqual([])
  }
  expect([...munich.violations(), ...tokyo.violations()]).toEqual([])
})

test('R50: what is lent is left there, however idle it looks', () => {
  munich.load.setRate('shop', 300)
  clock.advanceBy(45_000)
  expect(coordinator.status().state).toBe('lending')
  expect(servingIn(tokyo).length).toBeGreaterThanOrEqual(1)
})

test('R50: a lender whose master dies goes on serving, and its next life knows of the loan', () => {
  munich.load.setRate('shop', 300)
  clock.advanceBy(15_000)
  const before = servingIn(tokyo).map(({ blade }) => blade)
  tokyo.crash('tokyo-m1')
  clock.advanceBy(3_000)
  expect(tokyo.balancer.read('shop/web').map(({ blade }) => blade)).toEqual(before)
  tokyo.restart('tokyo-m1')
  clock.advanceBy(20_000)
  expect(servingIn(tokyo).map(({ blade }) => blade)).toEqual(before)
  munich.load.setRate('shop', 50)
  clock.advanceBy(40_000)
  expect(servingIn(tokyo)).toEqual([])
  expect(coordinator.status().state).toBe('ready')
  expect(tokyo.violations()).toEqual([])
})
