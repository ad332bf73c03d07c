// `npm run mutants [-- --room pair] [--only <part of a name>]`: plants every bug of every table and sends the checks after it. Prints a
// line for each, then one JSON object. Exit code 1 when one is caught by none.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { actorsTable } from './actors-hunts.ts'
import { farmTable } from './farm-hunts.ts'
import type { Caught, HuntedMutant, MutantTable } from './mutant-table.ts'
import { pairTable } from './pair-hunts.ts'

const tables: readonly MutantTable[] = [pairTable, actorsTable, farmTable]

interface Hunted {
  readonly room: string
  readonly name: string
  /** Null when none caught it. */
  readonly check: string | null
  readonly caught: Caught | null
  readonly seconds: number
}

const { values } = parseArgs({ options: { room: { type: 'string' }, only: { type: 'string', default: '' } } })
const hunted: Hunted[] = []
const waiting = tables
  .filter((table) => values.room === undefined || values.room === table.room)
  .flatMap(({ room, mutants }) => mutants.map((mutant) => ({ room, mutant })))
  .filter(({ mutant }) => mutant.name.includes(values.only))
// Those of a farm are hunted by processes of their own: one a core.
await Promise.all(cpus().map(huntNext))

async function huntNext(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const one = await hunt(next.room, next.mutant)
    hunted.push(one)
    process.stderr.write(`${lineOf(one)}\n`)
  }
}
const survivors = hunted.filter(({ caught }) => caught === null)
const seconds = Math.round(hunted.reduce((sum, one) => sum + one.seconds, 0))
process.stdout.write(`${JSON.stringify({ mutants: hunted.length, survivors: survivors.length, seconds, hunted })}\n`)
if (survivors.length > 0 || hunted.length === 0) process.exitCode = 1

async function hunt(room: string, { name, hunts }: HuntedMutant): Promise<Hunted> {
  const startMs = performance.now()
  const secondsSince = () => Math.round((performance.now() - startMs) / 10) / 100
  for (const { check, run } of hunts) {
    const caught = await run()
    if (caught !== null) return { room, name, check, caught, seconds: secondsSince() }
  }
  return { room, name, check: null, caught: null, seconds: secondsSince() }
}

function lineOf({ room, name, check, caught, seconds }: Hunted): string {
  if (caught === null) return `SURVIVED  ${room}: ${name} (${seconds} s)`
  return `caught    ${room}: ${name} by ${check} after ${caught.count} ${caught.unit} (${seconds} s): ${caught.how}`
}
