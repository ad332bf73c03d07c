import { describe, expect, test } from 'vitest'
import { lenderAnswerMaxMs } from '../../../src/actors/implement-global-coordinator.ts'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { BladeId } from '../../../src/protocol/ids.ts'
import { globalSite, runCoordinator } from '../../../src/runtime/run-coordinator.ts'
import type { RunningCoordinator } from '../../../src/runtime/run-options.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import { createSimulatedNetwork } from '../../../src/testing/simulated-network.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import { createSiteStandIn, type SiteStandIn } from './site-stand-in.ts'

const node = 'gc1'
const masters = { 'munich-m1': 'munich', 'tokyo-m1': 'tokyo', 'denver-m1': 'denver' }
const longitudes = { munich: 11.6, tokyo: 139.7, denver: -105 }

function openWorld() {
  const clock = createVirtualClock()
  const random = createSeededRandom('coordinator')
  const network = createSimulatedNetwork({
    clock,
    random: random.fork('network'),
    linked: (a, b) => a === node || b === node,
  })
  const log = createArrayLog()
  let coordinator: RunningCoordinator | undefined
  runCoordinator(
    {
      site: globalSite,
      node,
      incarnation: 1,
      masters,
      ports: { clock, random, log, transport: network.attach(node, 1) },
    },
    (ready) => {
      if (ready.ok) coordinator = ready.value
    },
  )
  if (coordinator === undefined) throw new Error('it does not run')
  const running = coordinator
  const site = (
    name: keyof typeof longitudes,
    spare: BladeId[],
    incarnation = 1,
    lent?: Map<string, readonly BladeId[]>,
  ): SiteStandIn =>
    createSiteStandIn({
      site: name,
      node: `${name}-m1`,
      incarnation,
      longitude: longitudes[name],
      transport: network.attach(`${name}-m1`, incarnation),
      coordinator: node,
      spare,
      ...(lent && { lent }),
    })
  return { clock, network, log, site, coordinator: running }
}

/** Two sites that have reported: munich has nothing to spare, tokyo two blades. */
function openTwoSites() {
  const world = openWorld()
  const munich = world.site('munich', [])
  const tokyo = world.site('tokyo', ['c01-s01', 'c01-s02'])
  world.clock.advanceBy(1_000)
  const settle = (ms = 100) => world.clock.advanceBy(ms)
  const report = () => {
    munich.report()
    tokyo.report()
    settle()
  }
  report()
  return { ...world, munich, tokyo, settle, report }
}

const statesOf = (coordinator: RunningCoordinator) =>
  Object.values(coordinator.status().loans).map(({ state }) => state)

describe('R50: brokering', () => {
  test('R50: a site borrows a blade of another and returns it', () => {
    const { coordinator, munich, tokyo, settle } = openTwoSites()
    expect(coordinator.status().state).toBe('ready')
    munich.request('munich/ln-1', 1)
    settle()
    expect(tokyo.heardOf('loan.lend')).toEqual([
      { type: 'loan.lend', loan: 'munich/ln-1', borrower: 'munich', group: 'shop/web', role: 'front', count: 1 },
    ])
    expect(munich.heard).toEqual([{ type: 'loan.lent', loan: 'munich/ln-1', site: 'tokyo', blades: ['c01-s01'] }])
    expect(coordinator.status().state).toBe('lending')
    munich.say({ type: 'loan.return', loan: 'munich/ln-1' })
    settle()
    expect(munich.heard.at(-1)).toEqual({
      type: 'loan.returned',
      loan: 'munich/ln-1',
      site: 'tokyo',
      blades: ['c01-s01'],
    })
    expect([coordinator.status().state, statesOf(coordinator)]).toEqual(['ready', []])
    expect(tokyo.spare).toEqual(['c01-s02', 'c01-s01'])
  })

  test('R50: a request that comes again is answered again, and lent once', () => {
    const { munich, tokyo, settle } = openTwoSites()
    for (let i = 0; i < 3; i += 1) munich.request('munich/ln-1', 1)
    settle()
    munich.request('munich/ln-1', 1)
    settle()
    expect(tokyo.heardOf('loan.lend')).toHaveLength(1)
    expect(munich.heardOf('loan.lent').map(({ blades }) => blades)).toEqual([['c01-s01'], ['c01-s01']])
    expect(tokyo.spare).toEqual(['c01-s02'])
  })

  test('R50: what is lent is not lent again before the lender has said what is left', () => {
    const { munich, tokyo, settle, report } = openTwoSites()
    munich.request('munich/ln-1', 2)
    settle()
    munich.request('munich/ln-2', 1)
    settle()
    expect(munich.heardOf('loan.refused').map(({ reasons }) => reasons.map(({ code }) => code))).toEqual([
      ['NOTHING_SPARE'],
    ])
    tokyo.spare.push('c01-s03')
    report()
    munich.request('munich/ln-2', 1)
    settle()
    expect(munich.heardOf('loan.lent').map(({ blades }) => blades)).toEqual([['c01-s01', 'c01-s02'], ['c01-s03']])
  })

  test('R51: the nearest to the east is asked, and why the others are not is published', () => {
    const { munich, tokyo, settle, site, clock, log } = openTwoSites()
    const denver = site('denver', ['c01-s01'])
    clock.advanceBy(1_000)
    denver.report()
    settle()
    munich.request('munich/ln-1', 1)
    settle()
    expect([tokyo.heardOf('loan.lend').length, denver.heardOf('loan.lend').length]).toEqual([1, 0])
    const brokered = log.entries.find(({ event }) => event === 'loan.brokered')
    expect(brokered?.fields).toMatchObject({ lender: 'tokyo', rejected: [{ site: 'denver' }] })
  })

  test('R51: a request that nobody can serve is refused at once, with the reason for each site', () => {
    const { munich, settle, coordinator } = openTwoSites()
    munich.request('munich/ln-1', 1, 'news/web')
    settle()
    expect(munich.heardOf('loan.refused').map(({ reasons }) => reasons.map(({ code }) => code))).toEqual([['NO_DATA']])
    expect(coordinator.status().state).toBe('ready')
  })
})

describe('R54: no lent blade is lost', () => {
  test('R54: a lender that is cut off is given up for the borrower, and takes everything back once it is heard again', () => {
    const { network, coordinator, munich, tokyo, settle } = openTwoSites()
    munich.request('munich/ln-1', 1)
    // It hears that it is to lend; what it answers is lost.
    network.cut('tokyo-m1', node, 'aToB')
    settle(lenderAnswerMaxMs + 100)
    expect([...tokyo.lent.keys()]).toEqual(['munich/ln-1'])
    expect(munich.heardOf('loan.refused').map(({ reasons }) => reasons.map(({ code }) => code))).toEqual([
      ['LENDER_SILENT'],
    ])
    expect(statesOf(coordinator)).toEqual(['returning'])
    network.heal('tokyo-m1', node)
    settle(60_000)
    expect([tokyo.lent.size, tokyo.spare.length, statesOf(coordinator)]).toEqual([0, 2, []])
    expect(munich.heardOf('loan.lent')).toEqual([])
  })

  test('R54: a lender that answers late, to a loan that is over, is told to take it back', () => {
    const { munich, tokyo, settle, coordinator } = openTwoSites()
    tokyo.lent.set('munich/ln-0', ['c01-s09'])
    tokyo.say({ type: 'loan.lent', loan: 'munich/ln-0', site: 'tokyo', blades: ['c01-s09'] })
    settle()
    expect([tokyo.lent.size, tokyo.spare.at(-1), statesOf(coordinator)]).toEqual([0, 'c01-s09', []])
    expect(munich.heard).toEqual([])
  })

  test('R54: a lender whose master died answers for its loan in its next life', () => {
    const { munich, tokyo, settle, site, coordinator } = openTwoSites()
    munich.request('munich/ln-1', 1)
    settle()
    const next = site('tokyo', tokyo.spare, 2, tokyo.lent)
    settle(2_000)
    munich.say({ type: 'loan.return', loan: 'munich/ln-1' })
    // Nothing was heard from the new life yet: the former one is asked, in vain.
    settle()
    expect(statesOf(coordinator)).toEqual(['returning'])
    next.report()
    settle(lenderAnswerMaxMs)
    expect([next.heardOf('loan.return').length > 0, next.lent.size, statesOf(coordinator)]).toEqual([true, 0, []])
    expect(munich.heardOf('loan.returned')).toHaveLength(1)
  })

  test('R54: whatever the network loses, repeats and reorders, in the end every blade is at home', () => {
    const { network, munich, tokyo, settle, report, coordinator } = openTwoSites()
    network.setFaults({ dropRatio: 0.3, duplicateRatio: 0.2, reorderRatio: 0.2, delayMs: [1, 80] })
    for (let round = 0; round < 40; round += 1) {
      const loan = `munich/ln-${round % 3}`
      munich.request(loan, 1)
      settle(700)
      if (round % 2 === 1) munich.say({ type: 'loan.return', loan })
      report()
    }
    network.setFaults({ dropRatio: 0, duplicateRatio: 0, reorderRatio: 0 })
    settle(30_000)
    for (const loan of Object.keys(coordinator.status().loans)) munich.say({ type: 'loan.return', loan })
    settle(30_000)
    expect(coordinator.status().loans).toEqual({})
    expect(tokyo.heardOf('loan.lend').length).toBeGreaterThan(5)
    expect([tokyo.lent.size, [...tokyo.spare].sort()]).toEqual([0, ['c01-s01', 'c01-s02']])
  })
})

describe('who is believed', () => {
  test('R50: a site is believed for itself only, and nothing is passed on to others', () => {
    const { munich, tokyo, settle, coordinator, log } = openTwoSites()
    munich.request('munich/ln-1', 1)
    settle()
    const before = coordinator.status()
    munich.say({ type: 'site.reported', site: 'tokyo', longitude: 0, spare: 900, groups: [] })
    munich.say({ type: 'site.reported', site: 'tokyo', longitude: 0, spare: 900, groups: [] }, { site: 'tokyo' })
    munich.say({ type: 'loan.returned', loan: 'munich/ln-1', site: 'tokyo', blades: ['c01-s01'] }, { site: 'tokyo' })
    munich.say({ type: 'loan.returned', loan: 'munich/ln-1', site: 'munich', blades: ['c01-s01'] })
    tokyo.say({ type: 'loan.return', loan: 'munich/ln-1' })
    tokyo.say({ type: 'loan.return', loan: 'munich/ln-1' }, { site: 'munich' })
    munich.say({ type: 'loan.return', loan: 'munich/ln-1' }, { to: 'tokyo-m1' })
    settle()
    expect(coordinator.status()).toEqual(before)
    const refused = log.entries.filter(({ event }) => event === 'coordinator.message.refused')
    const ofPeer = (peer: string) => refused.filter(({ fields }) => fields.peer === peer)
    expect(ofPeer('tokyo-m1').map(({ fields }) => fields.type)).toEqual(['loan.return'])
    expect(ofPeer('munich-m1').map(({ fields }) => fields.type)).toEqual([
      'site.reported',
      'site.reported',
      'loan.returned',
      'loan.return',
    ])
  })

  test('R50: a node that is nobody’s master is not believed', () => {
    const { network, coordinator, settle, clock, log } = openTwoSites()
    const stranger = createSiteStandIn({
      site: 'denver',
      node: 'denver-m9',
      incarnation: 1,
      longitude: 0,
      transport: network.attach('denver-m9', 1),
      coordinator: node,
      spare: ['c01-s01'],
    })
    clock.advanceBy(1_000)
    stranger.report()
    settle()
    expect(Object.keys(coordinator.status().sites)).toEqual(['munich', 'tokyo'])
    expect(log.entries.at(-1)).toMatchObject({ event: 'coordinator.message.refused', fields: { peer: 'denver-m9' } })
  })
})

test('a coordinator that was stopped says nothing any more', () => {
  const { coordinator, munich, settle } = openTwoSites()
  let isStopped = false
  coordinator.stop(() => {
    isStopped = true
  })
  settle()
  munich.request('munich/ln-1', 1)
  settle()
  expect([isStopped, munich.heard]).toEqual([true, []])
})
