// What a supervised actor costs: events/s and bytes per blade at 1, 10,000 and 100,000 of them, beside bare xstate actors, nact
// and a plain reducer as the limit; and what it costs to start and stop one child among 10 to 100,000 (it must not grow).
// `node bench/actors.ts [--quick]` prints one JSON object. Every figure is measured in a process of its own, the contenders in
// turn, several times over; medians are compared. Times of two runs on a shared machine say little, ratios of one run more.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { createVirtualClock } from '../src/testing/virtual-clock.ts'
import { contenders, createFarm } from './blade-contenders.ts'

const bladeCounts = [1, 10_000, 100_000]
const siblingCounts = [10, 1000, 10_000, 100_000]
/** Bytes of one blade drown in what a process allocates besides; of so many, one by one, the median shows. */
const loneBlades = 21

interface RunFigures {
  readonly eventsPerSecond: number
  readonly bytesPerBlade: number
}

interface ChildFigures {
  readonly spawnMicros: number
  readonly stopMicros: number
}

type ByContender = Record<string, RunFigures>

const [role, ...args] = process.argv.slice(2)
if (role === 'run') process.send?.(await measureRun(args[0] ?? '', Number(args[1]), Number(args[2])))
else if (role === 'child') process.send?.(measureChild(Number(args[0])))
else await report(process.argv.includes('--quick'))

async function report(isQuick: boolean): Promise<void> {
  const rounds = isQuick ? 1 : 5
  const durationMs = isQuick ? 200 : 1000
  const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version, loadavg: loadavg() }
  const blades: Record<string, ByContender> = {}
  for (const count of bladeCounts) blades[count] = await compare(count, durationMs, rounds)
  const children: Record<string, ChildFigures> = {}
  for (const siblings of siblingCounts) {
    const all: ChildFigures[] = []
    for (let i = 0; i < rounds; i += 1) all.push(await measureApart<ChildFigures>('child', `${siblings}`))
    children[siblings] = medians(all)
  }
  const command = `node bench/actors.ts${isQuick ? ' --quick' : ''}`
  const ratios = { ...ratiosOfRuns(blades), ...ratiosOfChildren(children) }
  process.stdout.write(`${JSON.stringify({ bench: 'actors', machine, command, ratios, blades, children }, null, 2)}\n`)
}

async function compare(blades: number, durationMs: number, rounds: number): Promise<ByContender> {
  const measured = new Map<string, RunFigures[]>(Object.keys(contenders).map((name) => [name, []]))
  for (let i = 0; i < rounds; i += 1) {
    for (const [name, all] of measured) {
      all.push(await measureApart<RunFigures>('run', name, `${blades}`, `${durationMs}`))
    }
  }
  return Object.fromEntries([...measured].map(([name, all]) => [name, medians(all)]))
}

function ratiosOfRuns(blades: Record<string, ByContender>) {
  const perCount = Object.entries(blades).map(([count, { supervised, ...others }]) => {
    const ratios = Object.entries(others).map(([name, figures]) => [
      name,
      {
        speed: round((supervised?.eventsPerSecond ?? 0) / figures.eventsPerSecond),
        bytes: round((supervised?.bytesPerBlade ?? 0) / figures.bytesPerBlade),
      },
    ])
    return [count, Object.fromEntries(ratios)]
  })
  return { supervisedTo: Object.fromEntries(perCount) }
}

/** One among the most to one among the fewest: 1 is O(1). */
function ratiosOfChildren(children: Record<string, ChildFigures>) {
  const [fewest, most] = [children[siblingCounts[0] ?? 0], children[siblingCounts.at(-1) ?? 0]]
  return {
    spawnGrowth: round((most?.spawnMicros ?? 0) / (fewest?.spawnMicros ?? 1)),
    stopGrowth: round((most?.stopMicros ?? 0) / (fewest?.stopMicros ?? 1)),
  }
}

/** In a new process: what another contender did to the heap and to the compiler is not this one's. */
async function measureApart<T>(...argv: string[]): Promise<T> {
  const execArgv = ['--expose-gc', '--max-old-space-size=3000']
  const child = fork(fileURLToPath(import.meta.url), argv, { execArgv })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${argv.join(' ')} ended with ${code}`)
  })
  const [figures] = await Promise.race([once(child, 'message'), ended])
  ended.catch(() => {})
  child.kill()
  return figures
}

async function measureRun(name: string, blades: number, durationMs: number): Promise<RunFigures> {
  const contender = contenders[name]?.()
  if (!contender) throw new Error(`no contender ${name}`)
  const bytesPerBlade = blades === 1 ? await bytesOfLone(name) : await bytesOf(() => contender.create(blades), blades)
  if (blades === 1) await contender.create(1)
  const eventsEach = Math.max(2, Math.min(1000, Math.round(20_000 / blades)))
  await contender.send(eventsEach)
  let events = 0
  const startMs = performance.now()
  while (performance.now() < startMs + durationMs) {
    await contender.send(eventsEach)
    events += eventsEach * blades
  }
  return {
    eventsPerSecond: Math.round((events / (performance.now() - startMs)) * 1000),
    bytesPerBlade: Math.round(bytesPerBlade),
  }
}

/** The farm is there already: this is what one blade more holds. */
async function bytesOfLone(name: string): Promise<number> {
  const bytes: number[] = []
  const contender = contenders[name]?.()
  if (!contender) return 0
  await contender.create(100)
  for (let i = 0; i < loneBlades; i += 1) bytes.push(await bytesOf(() => contender.create(1), 1))
  return median(bytes)
}

async function bytesOf(create: () => Promise<void>, blades: number): Promise<number> {
  const before = heapBytes()
  await create()
  return (heapBytes() - before) / blades
}

function heapBytes(): number {
  // Twice: what finalizers held goes with the second.
  for (let i = 0; i < 2; i += 1) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/**
 * One child more and one less, among so many siblings. On a virtual clock: nothing but work counts. Each has a name of its own,
 * as moves have: V8's maps keep a trace of a key that is deleted until they are rehashed, so one name that comes and goes
 * thousands of times among 100,000 others costs more every time.
 */
function measureChild(siblings: number): ChildFigures {
  const clock = createVirtualClock()
  const { system, spawn } = createFarm(clock)
  const settle = () => {
    while (clock.runNext()) {}
  }
  for (let i = 0; i < siblings; i += 1) spawn(i)
  settle()
  const changes = 2000
  let spawnMs = 0
  let stopMs = 0
  for (let i = -changes; i < changes; i += 1) {
    const startedAt = performance.now()
    const index = siblings + changes + i
    spawn(index)
    settle()
    const spawnedAt = performance.now()
    system.stopChild(`blades/${index}`)
    settle()
    // The first half warms up.
    if (i < 0) continue
    spawnMs += spawnedAt - startedAt
    stopMs += performance.now() - spawnedAt
  }
  if (system.counters().cells !== siblings) throw new Error('a child was lost')
  return { spawnMicros: round((spawnMs * 1000) / changes), stopMicros: round((stopMs * 1000) / changes) }
}

function medians<T extends object>(all: readonly T[]): T {
  const [first] = all
  if (!first) throw new Error('nothing was measured')
  const keys = Object.keys(first) as (keyof T)[]
  return Object.fromEntries(keys.map((key) => [key, median(all.map((one) => Number(one[key])))])) as T
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
