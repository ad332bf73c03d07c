// How long one weighing takes, for sites of several sizes: one at rest, one where much is asked for, and one where
// the pool is empty besides, so that everybody is asked for blades. Beside it, in the same run, one pass over
// the same blades that only counts them by group: what no weighing can do without. Prints JSON.
//   node bench/plan.ts [--quick]

import { weigh } from '../src/decision/plan.ts'
import type { PlanBlade, PlanInput, PlanRole } from '../src/decision/plan-input.ts'
import { emptyPlanMemory } from '../src/decision/plan-memory.ts'
import { createSeededRandom } from '../src/drivers/seeded-random.ts'

const now = 1_000_000_000
const rounds = process.argv.includes('--quick') ? 10 : 40

const sizes = [
  { groups: 100, blades: 1_000 },
  { groups: 1_000, blades: 10_000 },
  { groups: 10_000, blades: 100_000 },
]

const results = sizes.flatMap(({ groups, blades }) =>
  (['at rest', 'busy', 'short'] as const).map((state) => {
    const input = site(groups, blades, state)
    const { moves, turnedDown } = weigh(input, now)
    const weighing = timed(() => weigh(input, now))
    const counting = timed(() => countByGroup(input.blades))
    return {
      ...{ groups, blades, state, moves: moves.length, turnedDown: turnedDown.length },
      ...{ p50Ms: weighing.p50, maxMs: weighing.max, onePassMs: counting.p50 },
    }
  }),
)
process.stdout.write(`${JSON.stringify({ node: process.version, rounds, results }, null, 2)}\n`)

function timed(work: () => unknown): { p50: number; max: number } {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now()
    work()
    return performance.now() - start
  }).sort((a, b) => a - b)
  const round = (ms: number) => Math.round(ms * 100) / 100
  return { p50: round(times[times.length >> 1] ?? 0), max: round(times.at(-1) ?? 0) }
}

function countByGroup(blades: readonly PlanBlade[]): number {
  const counts = new Map<string | null, number>()
  for (const { group } of blades) counts.set(group, (counts.get(group) ?? 0) + 1)
  return counts.size
}

/** A tenth of the blades lies in the pool; of a busy site three groups in ten ask, two offer, and one blade in two hundred has failed. */
function site(groups: number, count: number, state: 'at rest' | 'busy' | 'short'): PlanInput {
  const isBusy = state !== 'at rest'
  const random = createSeededRandom(groups)
  const held = Math.floor(((state === 'short' ? 1 : 0.9) * count) / groups)
  const roles = Array.from({ length: groups }, (_, i): PlanRole => {
    const kind = isBusy ? (['request', 'request', 'request', 'offer', 'offer'] as const)[i % 10] : undefined
    const desired = kind === 'request' ? held + 1 + Math.floor(random.next() * 3) : held - 2
    const wish = random.next()
    return {
      ...{
        group: `a${i}/web`,
        role: 'front',
        boardTypes: i % 4 === 0 ? ['large', 'small'] : ['small'],
        committed: held - 3,
      },
      ...{ initial: held - 3, max: held + 8, warm: i % 20 === 0 ? 1 : 0, priority: (i % 5) / 5, operatorHeld: false },
      initialised: true,
      wish: {
        ...{ kind: kind ?? 'steady', desired, wish: kind === 'request' ? wish : -wish, at: now },
        reasons: [{ code: 'REQUEST', text: 'as the local decision said', numbers: {} }],
      },
    }
  })
  const blades = Array.from({ length: count }, (_, i): PlanBlade => {
    const group = i < held * groups ? (roles[i % groups]?.group ?? null) : null
    const isFailed = isBusy && group !== null && random.next() < 0.005
    const isWarm = group === null && i % 5 === 0
    return {
      ...{
        blade: `c${String(Math.floor(i / 32)).padStart(5, '0')}-s${String(i % 32).padStart(2, '0')}`,
        cabinet: 'c01',
      },
      ...{ boardType: i % 5 === 0 ? 'large' : 'small', group, role: group === null && !isWarm ? null : 'front' },
      lifecycle: group !== null ? (isFailed ? 'failed' : 'joined') : isWarm ? 'warm' : 'cold',
      preparedFor: isWarm ? `a${(i % 50) * 20}/web` : null,
      ...{ inMove: null, cordoned: false, hasReceipt: true, since: 0, reachable: true },
    }
  })
  const limits = {
    ...{ concurrentBootsMax: 100_000, concurrentMovesMax: 100_000, minResidenceMs: 60_000, moveCostMs: 300_000 },
    ...{ horizonMs: 3_600_000, reclaimBackoff: { firstMs: 60_000, maxMs: 3_600_000, forgetMs: 600_000 } },
    stormBrake: { lostMax: 3, lostShareMax: 0.2, windowMs: 5_000 },
  }
  return { blades, roles, limits, memory: emptyPlanMemory, decidedIndex: 1 }
}
