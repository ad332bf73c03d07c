// `npm run mutants [-- --room pair] [--only <part of a name>]`: plants every bug of every table and sends the checks after it. Prints a
// line for each, then one JSON object. Exit code 1 when one is caught by none, or when something is caught where no bug is.
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
const soundName = 'no bug'
const hunted: Hunted[] = []
const waiting = tables
  .filter((table) => values.room === undefined || values.room === table.room)
  .flatMap(({ room, mutants, sound }) => [
    ...(sound ? [{ room, mutant: { name: soundName, hunts: sound } }] : []),
    ...mutants.filter(({ name }) => name.includes(values.only)).map((mutant) => ({ room, mutant })),
  ])
// Those of a farm are hunted by processes of their own: one a core.
await Promise.all(cpus().map(huntNext))

async function huntNext(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const one = await hunt(next.room, next.mutant)
    hunted.push(one)
    process.stderr.write(`${lineOf(one)}\n`)
  }
}
const isWrong = ({ name, caught }: Hunted) => (caught === null) !== (name === soundName)
const planted = hunted.filter(({ name }) => name !== soundName)
const survivors = planted.filter(isWrong)
const accused = hunted.filter((one) => one.name === soundName && isWrong(one))
const seconds = Math.round(hunted.reduce((sum, one) => sum + one.seconds, 0))
process.stdout.write(
  `${JSON.stringify({ mutants: planted.length, survivors: survivors.length, accused: accused.length, seconds, hunted })}\n`,
)
if (survivors.length + accused.length > 0 || planted.length === 0) process.exitCode = 1

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
  if (name === soundName)
    return `${caught === null ? 'sound  ' : 'ACCUSED'}   ${room}: ${name} (${seconds} s) ${caught?.how ?? ''}`
  if (caught === null) return `SURVIVED  ${room}: ${name} (${seconds} s)`
  return `caught    ${room}: ${name} by ${check} after ${caught.count} ${caught.unit} (${seconds} s): ${caught.how}`
}
