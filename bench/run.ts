// Runs benches one after the other, each in a process of its own, and prints one JSON object: {machine, benches: {name: result}}.
// `node bench/run.ts [--quick] [--only journal,transport]`; default all. A bench is a file of this folder whose header says how it
// is run by itself; it prints one JSON object. When one fails its `error` stands in its place, the others run, and the exit code is 1.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, freemem, loadavg, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const benchMsMax = 20 * 60_000

const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean' } } })
const names = chosenOf(allBenches(), values.only)
// Before they make it what it is.
const [load, freeBytes] = [loadavg(), freemem()]
const results = names.map((name) => [name, run(name, values.quick === true)] as const)
const report = {
  machine: {
    cores: cpus().length,
    model: cpus()[0]?.model,
    memoryBytes: totalmem(),
    node: process.version,
    loadavg: load,
    freeBytes,
  },
  benches: Object.fromEntries(results),
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
if (results.some(([, result]) => 'error' in result)) process.exitCode = 1

function allBenches(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
    .filter((file) => readFileSync(pathOf(file), 'utf8').includes(`\`node bench/${file}`))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort()
}

function chosenOf(all: readonly string[], only: string | undefined): readonly string[] {
  if (only === undefined) return all
  const chosen = only.split(',').map((name) => name.trim())
  const unknown = chosen.filter((name) => !all.includes(name))
  if (unknown.length === 0) return chosen
  process.stderr.write(`no such bench: ${unknown.join(', ')}; there are ${all.join(', ')}\n`)
  return process.exit(2)
}

function run(name: string, quick: boolean): object {
  process.stderr.write(`${name} …\n`)
  const { status, signal, stdout } = spawnSync(
    process.execPath,
    [pathOf(`${name}.ts`), ...(quick ? ['--quick'] : [])],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
      timeout: benchMsMax,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  if (status !== 0) return { error: `ended with ${status ?? signal}` }
  try {
    const result: unknown = JSON.parse(stdout)
    return typeof result === 'object' && result !== null ? result : { error: `printed ${stdout}` }
  } catch (error) {
    return { error: `printed no JSON: ${String(error)}` }
  }
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url))
}
