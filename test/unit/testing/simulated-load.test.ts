import { describe, expect, test } from 'vitest'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import { countOf, quantileMs } from '../../../src/protocol/latency-histogram.ts'
import type { Member } from '../../../src/protocol/messages.ts'
import { message } from '../../../src/protocol/messages.ts'
import { createSimulatedLoad } from '../../../src/testing/simulated-load.ts'
import { createSimulatedLoadBalancer } from '../../../src/testing/simulated-load-balancer.ts'
import type { SimulatedServer } from '../../../src/testing/simulated-server.ts'
import { createSimulatedService } from '../../../src/testing/simulated-service.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

/** Blades as the sample images build them (4 slots of 40 ms, a queue of 16), two groups of them, and load on both. */
function createLoadedFarm(rates: { shop: number; news: number }, bladesPerGroup: number) {
  const clock = createVirtualClock()
  const groups = ['shop/web', 'news/web']
  const blades = groups.flatMap((group) =>
    Array.from({ length: bladesPerGroup }, (_, i) => {
      const slot = groups.indexOf(group) * bladesPerGroup + i + 1
      const blade = `c01-s${String(slot).padStart(2, '0')}`
      const identity = { group, role: 'front', imageDigest: 'sha256:0', bootId: `boot-${slot}` }
      const member: Member = { blade, address: `10.0.0.${slot}:80`, bootId: identity.bootId, state: 'ready' }
      return { member, identity, service: createSimulatedService(clock, { slots: 4, serviceMs: 40, queueMax: 16 }) }
    }),
  )
  const byAddress = new Map(blades.map((blade) => [blade.member.address, blade]))
  const server: SimulatedServer = {
    submit: (address, finished) => byAddress.get(address)?.service.submit(finished),
    identityAt: (address) => byAddress.get(address)?.identity,
  }
  const balancer = createSimulatedLoadBalancer({ clock, server, groups })
  for (const group of groups) {
    const members = blades.filter(({ identity }) => identity.group === group).map(({ member }) => member)
    balancer.apply(group, members, () => {})
  }
  clock.advanceBy(10)
  const accounts = [
    { account: 'shop', group: 'shop/web', ratePerSecond: rates.shop },
    { account: 'news', group: 'news/web', ratePerSecond: rates.news },
  ]
  const load = createSimulatedLoad({ clock, random: createSeededRandom(3), accounts, balancer })
  return { clock, load }
}

describe('simulated load', () => {
  test('arrives at the rate that was set, and all of it ends', () => {
    const { clock, load } = createLoadedFarm({ shop: 150, news: 100 }, 2)
    clock.advanceBy(20_000)
    load.stop()
    clock.advanceBy(1000)
    const report = load.report()
    expect(message.parse(report)).toEqual(report)
    const [shop, news] = report.accounts
    expect(shop?.sent).toBeGreaterThan(2850)
    expect(shop?.sent).toBeLessThan(3150)
    expect(news?.sent).toBeGreaterThan(1850)
    expect(news?.sent).toBeLessThan(2150)
    for (const account of report.accounts) {
      expect(account.ok + account.refused + account.failed).toBe(account.sent)
      expect(countOf(account.latency)).toBe(account.ok)
    }
  })

  test('gaps between arrivals are exponential: as many below ln 2 of the mean as above', () => {
    const clock = createVirtualClock()
    const dueMs: number[] = []
    const balancer = { request: () => void dueMs.push(clock.monotonic()) }
    const accounts = [{ account: 'shop', group: 'shop/web', ratePerSecond: 100 }]
    createSimulatedLoad({ clock, random: createSeededRandom(5), accounts, balancer })
    clock.advanceBy(100_000)
    const gapsMs = dueMs.slice(1).map((ms, i) => ms - (dueMs[i] ?? 0))
    const short = gapsMs.filter((ms) => ms < 10 * Math.LN2).length / gapsMs.length
    expect(short).toBeGreaterThan(0.48)
    expect(short).toBeLessThan(0.52)
  })

  test('a group past its capacity answers slowly, then refuses; the load keeps coming', () => {
    const { clock, load } = createLoadedFarm({ shop: 300, news: 20 }, 2)
    clock.advanceBy(10_000)
    const [shop, news] = load.report().accounts
    if (!shop || !news) throw new Error('an account is not reported')
    expect(shop.sent).toBeGreaterThan(2800)
    expect(shop.ok / 10).toBeGreaterThan(190)
    expect(shop.ok / 10).toBeLessThan(205)
    expect(shop.refused).toBeGreaterThan(600)
    expect(quantileMs(shop.latency, 0.5) ?? 0).toBeGreaterThan(150)
    expect(quantileMs(news.latency, 0.95) ?? 0).toBeLessThan(60)
  })

  test('a rate can be changed, set to nothing, and not to nonsense', () => {
    const { clock, load } = createLoadedFarm({ shop: 100, news: 0 }, 2)
    clock.advanceBy(1000)
    expect([load.setRate('shop', 0), load.setRate('nobody', 5), load.setRate('shop', -1)]).toEqual([true, false, false])
    expect(load.setRate('shop', Number.NaN)).toBe(false)
    const { sent = 0 } = load.report().accounts[0] ?? {}
    clock.advanceBy(1000)
    expect(load.report().accounts.map((account) => account.sent)).toEqual([sent, 0])
    load.setRate('shop', 400)
    clock.advanceBy(1000)
    expect(load.report().accounts[0]?.sent).toBeGreaterThan(sent + 330)
  })

  test('R62: the same seed gives the same report', () => {
    const run = () => {
      const { clock, load } = createLoadedFarm({ shop: 450, news: 150 }, 3)
      clock.advanceBy(5000)
      return load.report()
    }
    expect(run()).toEqual(run())
  })
})
