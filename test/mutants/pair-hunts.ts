// Who hunts the bugs of the pair: random walks first, then the explorer, then the scenario that is told for it, if there is one.
import { explore, scopes } from '../model/pair/explorer.ts'
import { Violation } from '../model/pair/law.ts'
import { type Reducers, sound } from '../model/pair/reducers.ts'
import { walkOne } from '../model/pair/walker.ts'
import type { Caught, Hunt, MutantTable } from './mutant-table.ts'
import { type PairMutant, pairMutants } from './pair.ts'
import { actsUnderAPromise, epochNotOpened, type Scenario, twoListsOfOneVersion } from './pair-scenarios.ts'

/** What chance does not find in the time that it has. */
const scenarios: Readonly<Record<string, Scenario>> = {
  'acts under a promise that is not durable yet': actsUnderAPromise,
  'two lists of voters of one version': twoListsOfOneVersion,
  'acts on what it inherited before its epoch is opened': epochNotOpened,
}

const seedMax = 20_000
/** A hunt in which a told scenario follows need not be long. */
const seedMaxBeforeScenario = 2_000
const stateMax = 50_000

export const pairTable: MutantTable = {
  room: 'pair',
  mutants: pairMutants.map((mutant) => ({ name: mutant.name, hunts: huntsOf(mutant) })),
}

function huntsOf(mutant: PairMutant): Hunt[] {
  const planted = mutant.plant(sound)
  const scenario = scenarios[mutant.name]
  const hunts: Hunt[] = [
    { check: 'walker', run: () => walk(planted, scenario === undefined ? seedMax : seedMaxBeforeScenario) },
    { check: 'explorer', run: () => exploreAll(planted) },
  ]
  return scenario === undefined ? hunts : [...hunts, { check: 'scenario', run: () => tell(scenario, planted) }]
}

function walk(planted: Reducers, max: number): Caught | null {
  for (let seed = 1; seed <= max; seed += 1) {
    const { violation } = walkOne(seed, planted)
    if (violation !== null) return { how: violation.message, count: seed, unit: 'seeds' }
  }
  return null
}

function exploreAll(planted: Reducers): Caught | null {
  for (const scope of scopes) {
    const { states, violation } = explore(scope, planted, stateMax)
    if (violation !== null) return { how: violation.message, count: states, unit: `states of ${scope.name}` }
  }
  return null
}

/** A law must be broken with the bug, and none without it. */
export function tell(scenario: Scenario, planted: Reducers): Caught | null {
  scenario(sound)
  try {
    scenario(planted)
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    return { how: error.message, count: 1, unit: 'scenario' }
  }
  return null
}

export function scenarioOf(name: string): Scenario | undefined {
  return scenarios[name]
}
