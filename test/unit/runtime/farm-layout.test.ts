import { expect, test } from 'vitest'
import { bladeId, groupId, nodeId } from '../../../src/protocol/ids.ts'
import { requireFarmConfig } from '../../../src/runtime/farm-config.ts'
import { agentsOf, bladesOf, groupsOf } from '../../../src/runtime/farm-layout.ts'

const role = '{ id: front, image: web, committed: 1, max: 2, ratePerBlade: 10, boardTypes: [process, arm] }'
const config = requireFarmConfig(
  `
site: { id: here }
cabinets:
  - { id: c01, slots: 2 }
  - { id: c07, slots: 32, boardType: arm }
accounts:
  - { id: shop, groups: [{ id: web, port: 8081, responseLimitMs: 250, roles: [${role}] }] }
  - { id: news, groups: [{ id: web, port: 8082, responseLimitMs: 250, roles: [${role}] }] }
`,
  'farm.yaml',
)

test('R14: a cabinet has one agent, and a blade is named for its cabinet and slot', () => {
  expect(agentsOf(config).map(({ node, cabinet, blades }) => [node, cabinet, blades.length])).toEqual([
    ['a01', 'c01', 2],
    ['a07', 'c07', 32],
  ])
  expect(bladesOf(config)[0]).toEqual({ blade: 'c01-s01', cabinet: 'c01', boardType: 'process', agent: 'a01' })
  expect(bladesOf(config).at(-1)).toEqual({ blade: 'c07-s32', cabinet: 'c07', boardType: 'arm', agent: 'a07' })
})

test('R01: groups of one name in two accounts are two groups', () => {
  expect(groupsOf(config).map(({ group, account, port }) => [group, account, port])).toEqual([
    ['shop/web', 'shop', 8081],
    ['news/web', 'news', 8082],
  ])
})

test('every id is one that the protocol takes', () => {
  for (const { blade, agent } of bladesOf(config)) {
    expect(bladeId.safeParse(blade).success).toBe(true)
    expect(nodeId.safeParse(agent).success).toBe(true)
  }
  for (const { group } of groupsOf(config)) expect(groupId.safeParse(group).success).toBe(true)
})
