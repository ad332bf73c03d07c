// How far one weighing is from the best there is: random sites of several board types, where requests exceed what is there, weighed by the plan
// and solved exactly as a mixed-integer program by HiGHS. What is served is worth 1000 a committed blade, 100 a guaranteed one, 1 to 5 one of the
// extension by priority. The solver may deal out every blade anew, with no regard to who holds it now, which no plan may do: it is a bound.
// Prints JSON: the gap of what is served, and of what is left unserved, mean and worst.
//   node bench/optimality.ts [--quick]
import { createRequire } from 'node:module'
import type HighsModule from 'highs'
import { weigh } from '../src/decision/plan.ts'
import type { PlanBlade, PlanInput, PlanRole } from '../src/decision/plan-input.ts'
import { emptyPlanMemory } from '../src/decision/plan-memory.ts'
import { createSeededRandom } from '../src/drivers/seeded-random.ts'
import type { Random } from '../src/ports/random.ts'

const now = 1_000_000_000
const count = process.argv.includes('--quick') ? 50 : 600
const types = ['large', 'small', 'tiny'] as const
/** Its types describe what `require` gives, not what `import` does. */
const highs = await (createRequire(import.meta.url)('highs') as typeof HighsModule.default)()

interface Need {
  readonly role: PlanRole
  /** Blades wanted by level. */
  readonly levels: readonly [number, number, number]
  readonly weights: readonly [number, number, number]
}

const results = Array.from({ length: count }, (_, i) => measure(createSeededRandom(i + 1)))
const worth = (of: (result: (typeof results)[number]) => number) => results.map(of).sort((a, b) => a - b)
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const gaps = worth(({ best, planned }) => (best === 0 ? 0 : (best - planned) / best))
const unserved = (key: 'best' | 'planned') => results.reduce((sum, result) => sum + result.wanted - result[key], 0)
process.stdout.write(
  `${JSON.stringify(
    {
      ...{
        node: process.version,
        instances: count,
        optimal: results.filter(({ best, planned }) => best === planned).length,
      },
      served: { meanGap: mean(gaps), p99Gap: gaps[Math.floor(0.99 * gaps.length)], worstGap: gaps.at(-1) },
      penalty: { exact: unserved('best'), planned: unserved('planned'), ratio: unserved('planned') / unserved('best') },
      goal: { meanGap: 0.01, worstGap: 0.05 },
    },
    null,
    2,
  )}\n`,
)

function measure(random: Random): { best: number; planned: number; wanted: number } {
  const input = site(random)
  const needs = input.roles.map((role) => needOf(role, input.blades))
  const wanted = needs.reduce(
    (sum, { levels, weights }) => sum + levels.reduce((all, n, l) => all + n * (weights[l] ?? 0), 0),
    0,
  )
  const { moves } = weigh(input, now)
  const moved = new Map(moves.map(({ blade, to }) => [blade, to]))
  const after = input.blades.map((blade) => {
    const to = moved.get(blade.blade)
    if (to === undefined) return blade
    return { ...blade, group: to.kind === 'group' ? to.group : null }
  })
  const planned = needs.reduce(
    (sum, need) => sum + servedValue(need, after.filter(({ group }) => group === need.role.group).length),
    0,
  )
  return { best: exact(input, needs), planned, wanted }
}

function needOf(role: PlanRole, blades: readonly PlanBlade[]): Need {
  const held = blades.filter(({ group }) => group === role.group).length
  const { committed, expansion = 0, max, priority, wish } = role
  const wants = Math.min(max, wish === null || wish.kind === 'steady' ? held : wish.desired)
  const guaranteed = committed + expansion
  return {
    role,
    levels: [committed, Math.max(0, Math.min(wants, guaranteed) - committed), Math.max(0, wants - guaranteed)],
    weights: [1_000, 100, 1 + 4 * priority],
  }
}

function servedValue({ levels, weights }: Need, held: number): number {
  let [rest, value] = [held, 0]
  for (const [level, n] of levels.entries()) {
    const served = Math.min(rest, n)
    value += served * (weights[level] ?? 0)
    rest -= served
  }
  return value
}

function exact({ blades }: PlanInput, needs: readonly Need[]): number {
  const objective = needs.flatMap(({ weights }, r) => weights.map((weight, l) => `${weight} s${r}_${l}`)).join(' + ')
  const carried = needs.map(({ role }, r) => {
    const served = [0, 1, 2].map((l) => `s${r}_${l}`).join(' + ')
    return ` r${r}: ${served} - ${role.boardTypes.map((type) => `x${r}_${type}`).join(' - ')} <= 0`
  })
  const there = types.flatMap((type) => {
    const users = needs.flatMap(({ role }, r) => (role.boardTypes.includes(type) ? [`x${r}_${type}`] : []))
    return users.length === 0
      ? []
      : [` t${type}: ${users.join(' + ')} <= ${blades.filter(({ boardType }) => boardType === type).length}`]
  })
  const bounds = needs.flatMap(({ levels }, r) => levels.map((n, l) => ` 0 <= s${r}_${l} <= ${n}`))
  const whole = needs.flatMap(({ role }, r) => role.boardTypes.map((type) => `x${r}_${type}`))
  const text = `Maximize\n obj: ${objective}\nSubject To\n${[...carried, ...there].join('\n')}\nBounds\n${bounds.join('\n')}\nGeneral\n ${whole.join(' ')}\nEnd`
  const solved = highs.solve(text)
  if (solved.Status !== 'Optimal') throw new Error(`HiGHS: ${solved.Status}`)
  return Math.round(solved.ObjectiveValue * 1e6) / 1e6
}

/** Commitments are kept at the start; who asks wants more than there is. */
function site(random: Random): PlanInput {
  const draw = (least: number, most: number) => least + Math.floor(random.next() * (most - least + 1))
  const blades: PlanBlade[] = []
  const add = (boardType: string, group: string | null) => {
    const n = blades.length
    blades.push({
      ...{
        blade: `c${String(1 + (n >> 5)).padStart(2, '0')}-s${String(1 + (n & 31)).padStart(2, '0')}`,
        boardType,
        cabinet: 'c01',
      },
      ...{
        lifecycle: group === null ? 'cold' : 'joined',
        group,
        role: group === null ? null : 'front',
        preparedFor: null,
      },
      ...{ inMove: null, cordoned: false, hasReceipt: true, since: 0, reachable: true },
    })
  }
  const roles = Array.from({ length: draw(3, 10) }, (_, i): PlanRole => {
    const boardTypes = types.filter(() => random.next() < 0.5)
    if (boardTypes.length === 0) boardTypes.push('small')
    const [committed, expansion] = [draw(0, 3), draw(0, 3)]
    const held = committed + draw(0, 4)
    const group = `a${i}/web`
    for (let n = 0; n < held; n += 1) add(boardTypes[draw(0, boardTypes.length - 1)] ?? 'small', group)
    const isAsking = random.next() < 0.6
    const wish = { wish: isAsking ? 0.9 : 0, reasons: [], at: now }
    return {
      ...{
        group,
        role: 'front',
        boardTypes,
        committed,
        expansion,
        initial: 0,
        max: committed + expansion + draw(0, 6),
        warm: 0,
      },
      ...{ priority: draw(0, 4) / 4, operatorHeld: false, initialised: true },
      wish: { ...wish, kind: isAsking ? 'request' : 'steady', desired: held + (isAsking ? draw(1, 4) : 0) },
    }
  })
  for (const role of roles) {
    const held = blades.filter(({ group }) => group === role.group).length
    if (held > role.max) Object.assign(role, { max: held })
  }
  for (let n = draw(0, 8); n > 0; n -= 1) add(types[draw(0, 2)] ?? 'small', null)
  const limits = {
    ...{ concurrentBootsMax: 1_000, concurrentMovesMax: 1_000, minResidenceMs: 0, moveCostMs: 0, horizonMs: 1_000 },
    ...{
      reclaimBackoff: { firstMs: 1, maxMs: 1, forgetMs: 1 },
      stormBrake: { lostMax: 3, lostShareMax: 0.2, windowMs: 5_000 },
    },
  }
  return { blades, roles, limits, memory: emptyPlanMemory, decidedIndex: 1 }
}
