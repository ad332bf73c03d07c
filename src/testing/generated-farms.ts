// Farms to simulate, by name. `small` is the demonstration's; `cabinet` is 32 blades, as one cabinet has; `site` is several cabinets. `five` is
// the least farm of five servers: one carries the site master, two serve each of two accounts; in `five-paired` two carry one site master each
// and three serve.
// Agents are as many as it takes that any one of them may be away: an agent that serves half of the boards takes the majority with it.
import { ConfigError } from '../errors.ts'
import { type FarmConfig, requireFarmConfig } from '../runtime/farm-config.ts'

export const farmNames = ['small', 'cabinet', 'site', 'five', 'five-paired'] as const
export type FarmName = (typeof farmNames)[number]

/** @throws ConfigError COMMAND_INVALID for a name that is none */
export function generatedFarm(name: string): FarmConfig {
  const found = farmNames.find((one) => one === name)
  if (found === undefined)
    throw new ConfigError('COMMAND_INVALID', `no farm ${name}; there are ${farmNames.join(', ')}`)
  return requireFarmConfig(texts[found], `the generated farm ${found}`)
}

interface Group {
  readonly account: string
  readonly committed: number
  readonly initial: number
  readonly expansion?: number
  readonly max: number
  readonly warm: number
  readonly priority: number
}

const texts: Readonly<Record<FarmName, string>> = {
  small: farmText(
    [3, 3, 2],
    [
      { account: 'shop', committed: 2, initial: 2, expansion: 2, max: 6, warm: 1, priority: 0.8 },
      { account: 'news', committed: 2, initial: 3, max: 4, warm: 0, priority: 0.5 },
    ],
  ),
  // The cabinet's boards are served by three agents, eleven or ten each.
  cabinet: farmText([11, 11, 10], manyGroups(4, 4, 10), 500),
  site: farmText([32, 32, 32, 32], manyGroups(8, 8, 20), 500),
  five: farmText(
    [3, 2],
    [
      { account: 'shop', committed: 1, initial: 2, max: 3, warm: 0, priority: 0.5 },
      { account: 'news', committed: 1, initial: 2, max: 3, warm: 0, priority: 0.5 },
    ],
    250,
    'masters: { count: 1, blades: [c01-s01] }',
  ),
  'five-paired': farmText(
    [3, 2],
    [
      { account: 'shop', committed: 1, initial: 2, max: 3, warm: 0, priority: 0.5 },
      { account: 'news', committed: 1, initial: 1, max: 3, warm: 0, priority: 0.5 },
    ],
    250,
    'masters: { blades: [c01-s01, c02-s01], replaceAfterMs: 10000 }',
  ),
}

function manyGroups(count: number, committed: number, max: number): Group[] {
  return Array.from({ length: count }, (_, index) => ({
    account: `acct${index + 1}`,
    committed,
    initial: committed + (index % 2),
    max,
    warm: index % 2,
    priority: 0.3 + (0.6 * index) / count,
  }))
}

/** @param tickMs between two weighings */
function farmText(slots: readonly number[], groups: readonly Group[], tickMs = 250, masters = ''): string {
  const cabinets = slots.map((count, index) => `  - { id: c${String(index + 1).padStart(2, '0')}, slots: ${count} }`)
  return [
    'site: { id: here, longitude: 8.5 }',
    masters,
    'cabinets:',
    ...cabinets,
    'accounts:',
    ...groups.map(accountText),
    'decisions:',
    `  tickMs: ${tickMs}`,
    '  usageMs: 10000',
    '  minResidenceMs: 5000',
    '  moveCostMs: 2000',
    '  horizonMs: 30000',
    '  reclaimBackoff: { firstMs: 5000, maxMs: 60000, forgetMs: 30000 }',
    '',
  ].join('\n')
}

function accountText(
  { account, committed, initial, expansion = 0, max, warm, priority }: Group,
  index: number,
): string {
  const levels = `committed: ${committed}, initial: ${initial}, expansion: ${expansion}, max: ${max}, warm: ${warm}`
  return [
    `  - id: ${account}`,
    '    groups:',
    `      - { id: web, port: ${8081 + index}, priority: ${priority}, responseLimitMs: 250,`,
    `          roles: [{ id: front, image: ${account}-web, ${levels}, ratePerBlade: 100, volumes: [content] }] }`,
  ].join('\n')
}
