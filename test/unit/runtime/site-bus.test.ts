// R14, R44: what the processes of a site say, against what a bus carries in time.
import { describe, expect, test } from 'vitest'
import { parseFarmConfig, requireFarmConfig } from '../../../src/runtime/farm-config.ts'
import type { FarmConfig } from '../../../src/runtime/farm-config-schema.ts'
import { siteBusMessages, siteBusReport } from '../../../src/runtime/site-bus.ts'
import { generatedFarm } from '../../../src/testing/generated-farms.ts'
import { openSimulation } from '../../../src/testing/run-schedule.ts'

const withCan = (config: FarmConfig, dataBitRate?: number): FarmConfig => {
  const { dataBitRate: _none, ...can } = config.channel.can
  const rates = { ...can, backend: 'udp', ...(dataBitRate !== undefined && { dataBitRate }) } as const
  return { ...config, channel: { ...config.channel, can: rates } }
}
const cabinet = generatedFarm('cabinet')

describe('R14, R44: the report of a site bus', () => {
  test('is null without CAN', () => expect(siteBusReport(cabinet)).toBeNull())

  test('a cabinet of 32 blades is in time on CAN FD, and is not on a classic bus', () => {
    expect(siteBusReport(withCan(cabinet, 5_000_000))?.late).toEqual([])
    expect(siteBusReport(withCan(cabinet))?.late.length).toBeGreaterThan(0)
  })

  test('a simulated farm, bit by bit, loads its bus by less than the report says that it does at rest', () => {
    const config = withCan(generatedFarm('small'), 5_000_000)
    const farm = openSimulation(1, config, { channels: 'bits' })
    farm.runFor(20_000)
    const [can0] = farm.status()?.channels ?? []
    expect(can0?.load).toBeGreaterThan(0.01)
    expect(can0?.load).toBeLessThan(siteBusReport(config)?.loadAtRest ?? 0)
  })

  test('every process of the site is heard', () => {
    const heartbeats = siteBusMessages(withCan(cabinet)).filter(({ trafficClass }) => trafficClass === 'heartbeat')
    expect(heartbeats.map(({ name }) => name.slice('heartbeat of '.length))).toEqual([
      ...['m1', 'm2', 'lb', 'load', 'demo', 'a01', 'a02', 'a03'],
    ])
  })
})

test('a farm whose buses cannot carry what it says is refused with the numbers, before anything starts', () => {
  const slots = Array.from({ length: 3 }, (_, index) => `  - { id: c0${index + 1}, slots: 32 }`).join('\n')
  const text = (can: string) => `
site: { id: here }
channel: { can: ${can} }
cabinets:
${slots}
accounts:
  - { id: shop, groups: [{ id: web, port: 8081, responseLimitMs: 250, roles: [{ id: front, image: web, committed: 1, max: 8, ratePerBlade: 10 }] }] }
`
  expect(requireFarmConfig(text('{ backend: udp, dataBitRate: 5000000 }'), 'farm.yaml')).toBeDefined()
  expect(parseFarmConfig(text('{ backend: udp }'), 'farm.yaml')).toMatchObject({
    ok: false,
    errors: [
      {
        code: 'CONFIG_INVALID',
        path: 'channel.can',
        allowed: expect.stringMatching(/load \d+ % at most; \d+ messages late; can0 and can1: .*higher dataBitRate/),
      },
    ],
  })
})
