// One hunt for one planted bug, in a process of its own: a bug may run for ever. Prints what it caught as JSON, or null.
// `node test/mutants/hunt-farm.ts <name of the mutant> seeds|scenarios`
import { readdirSync, readFileSync } from 'node:fs'
import type * as Fault from '../../src/testing/fault.ts'
import type * as Farms from '../../src/testing/generated-farms.ts'
import type * as Seeds from '../../src/testing/run-seeds.ts'
import type * as Scenarios from '../../src/testing/scenario.ts'
import { farmMutants } from './farm.ts'
import type { Caught } from './mutant-table.ts'
import { importPlanted, type SourceEdit } from './planted-source.ts'

/** Of processor time. Half on the small farm, half on the cabinet. */
const seedsMs = 20_000
const simulatedMs = 60_000

const [name = '', check = ''] = process.argv.slice(2)
const edit: SourceEdit = farmMutants.find((mutant) => mutant.name === name) ?? {
  ...{ path: 'src/pair/voters.ts', find: 'const voterCountMax = 9', replace: 'const voterCountMax = 9' },
}
const load = async <T>(file: string) => (await importPlanted(name, edit, `src/testing/${file}`)) as T
process.stdout.write(JSON.stringify(await (check === 'seeds' ? bySeeds() : byScenarios())))

async function bySeeds(): Promise<Caught | null> {
  const { runSeed } = await load<typeof Seeds>('run-seeds.ts')
  const { usualFamilies } = await load<typeof Fault>('fault.ts')
  const { generatedFarm } = await load<typeof Farms>('generated-farms.ts')
  let count = 0
  for (const [part, farm] of (['small', 'cabinet'] as const).entries())
    for (let seed = 1; processorMs() < (seedsMs / 2) * (part + 1); seed += 1) {
      count += 1
      const [found] = runSeed(
        { config: generatedFarm(farm), families: usualFamilies, forMs: simulatedMs },
        seed,
      ).violations
      if (found) return { how: `${farm}, seed ${seed}: ${found.sentence.slice(0, 300)}`, count, unit: 'seeds' }
    }
  return null
}

async function byScenarios(): Promise<Caught | null> {
  const { openScenario, parseScenario, runScenario } = await load<typeof Scenarios>('scenario.ts')
  const folder = new URL('../../models/scenarios/', import.meta.url)
  for (const [i, file] of readdirSync(folder).sort().entries()) {
    const scenario = parseScenario(readFileSync(new URL(file, folder), 'utf8'), file)
    const [found] = failuresOf(() => runScenario(openScenario(scenario), scenario))
    if (found !== undefined) return { how: `${file}: ${found.slice(0, 300)}`, count: i + 1, unit: 'scenarios' }
  }
  return null
}

function failuresOf(run: () => readonly string[]): readonly string[] {
  try {
    return run()
  } catch (thrown) {
    return [String(thrown)]
  }
}

function processorMs(): number {
  return process.cpuUsage().user / 1_000
}
