// Who hunts the bugs of supervision: the cases of the core and of escalation, then faults in a running farm.
import type * as Core from '../unit/actors/core-cases.ts'
import type * as Escalation from '../unit/actors/escalation-cases.ts'
import type { FaultMode } from '../unit/actors/fault-farm.ts'
import type { FaultPoint } from '../unit/actors/fault-injector.ts'
import type * as Faults from '../unit/actors/supervision-faults.ts'
import { type ActorsMutant, actorsMutants } from './actors.ts'
import type { Caught, Hunt, MutantTable } from './mutant-table.ts'
import { importPlanted, type SourceEdit } from './planted-source.ts'

/** Of the points of each kind, as many as the tests take. */
const countOfEachKind = 24
const modes: readonly FaultMode[] = ['alone', 'together', 'waking']

export const actorsTable: MutantTable = {
  room: 'actors',
  mutants: actorsMutants.map((mutant) => ({ name: mutant.name, hunts: huntsOf(mutant) })),
  sound: hunts('sound', { path: 'src/actors/cell.ts', find: 'const crashesMax = 2', replace: 'const crashesMax = 2' }),
}

/** Whether any check catches it. */
export async function check(mutant: ActorsMutant): Promise<boolean> {
  for (const { run } of huntsOf(mutant)) if (await run()) return true
  return false
}

function huntsOf({ name, file, find, replace }: ActorsMutant): Hunt[] {
  return hunts(name, { path: `src/actors/${file}`, find, replace })
}

function hunts(name: string, edit: SourceEdit): Hunt[] {
  const load = (file: string) => importPlanted(name, edit, `test/unit/actors/${file}`)
  return [
    { check: 'core cases', run: async () => firstFailure(((await load('core-cases.ts')) as typeof Core).coreCases) },
    {
      check: 'escalation cases',
      run: async () => firstFailure(((await load('escalation-cases.ts')) as typeof Escalation).escalationCases),
    },
    { check: 'faults', run: async () => huntFaults((await load('supervision-faults.ts')) as typeof Faults) },
  ]
}

function firstFailure(cases: Readonly<Record<string, () => void>>): Caught | null {
  for (const [i, [name, run]] of Object.entries(cases).entries()) {
    try {
      run()
    } catch {
      return { how: name, count: i + 1, unit: 'cases' }
    }
  }
  return null
}

function huntFaults(faults: typeof Faults): Caught | null {
  let count = 0
  try {
    for (const { point, mode } of interleaved(faults)) {
      count += 1
      const how = faults.brokenBy(point, mode)
      if (how !== undefined) return { how: how.slice(0, 300), count, unit: 'faults' }
    }
    return null
  } catch (thrown) {
    return { how: `not even without a fault: ${String(thrown)}`, count, unit: 'faults' }
  }
}

/** The first of each kind and mode, then the second: no kind waits for all of another. */
function interleaved({ faultPoints, poisonPoints }: typeof Faults): { point: FaultPoint; mode: FaultMode }[] {
  const ranks = new Map<string, number>()
  const ranked = (point: FaultPoint, mode: FaultMode) => {
    const key = `${mode} ${point.kind} ${point.times}`
    const rank = ranks.get(key) ?? 0
    ranks.set(key, rank + 1)
    return { point, mode, rank }
  }
  const poison = poisonPoints(countOfEachKind).map((point) => ranked(point, 'alone'))
  const others = modes.flatMap((mode) => faultPoints(countOfEachKind, mode).map((point) => ranked(point, mode)))
  return [...poison, ...others].sort((a, b) => a.rank - b.rank)
}
