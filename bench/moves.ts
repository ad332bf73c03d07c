// What the runtime costs a move, on real processes. `node bench/moves.ts [--quick]` prints JSON: the demonstration's script is run (30 s
// with --quick, else 60 s), and then, on a farm at rest, moves of a cold blade to a group and back. Moves that were not done are counted apart.
//   control overhead   decision to joined, less boot, drain and scrub (the blade's own time)       goal: p95 at most 250 ms
//   warm join          decision to joined of a blade that was warm                                 goal: at most 500 ms
//   detection          SIGKILL to the site master's knowledge                                      goal: at most 1000 ms
//   replacement        SIGKILL to the join of the warm blade                                       goal: at most 2000 ms
// The limit beside it, in the same run: the fsyncs that a move must wait for (three a step: intent and answer at the master are one,
// the board's record before and after are two), as measured on this disk.
import { execFile } from 'node:child_process'
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Farm, loadFarmConfig, startFarm } from '../src/index.ts'
import type { MoveRecord } from '../src/runtime/farm-status.ts'
import type { DemoReport, ReportedMove } from '../src/testing/demo/demo-report.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const isQuick = process.argv.includes('--quick')
const folder = mkdtempSync(join(tmpdir(), 'bench-moves-'))
const config = join(folder, 'bladewright.yaml')
writeFileSync(
  config,
  readFileSync(join(root, 'examples/demo.yaml'), 'utf8')
    .replace('port: 8081', 'port: 28081')
    .replace('port: 8082', 'port: 28082')
    .replace('port: 43113', 'port: 28113')
    .replace('./images', join(root, 'examples/images'))
    .replace('./volumes', join(root, 'examples/volumes')),
)
const blades = ['boot', 'drain', 'scrub', 'verifyScrub'] as const

const began = loadavg()[0] ?? 0
const report = await runScript(isQuick ? 30 : 60)
const atRest = await movesAtRest(isQuick ? 4 : 12)
const fsyncMs = measureFsync()
rmSync(folder, { recursive: true, force: true })

const joining = report.moves.filter(({ to }) => to !== null)
const underLoad = joining.filter(({ outcome }) => outcome === 'done')
const fromWarm = underLoad.filter(({ from, phases }) => from === null && phases.powerOn === undefined)
const stepsOfColdJoin = 12
console.log(
  JSON.stringify({
    machine: { cores: cpus().length, model: cpus()[0]?.model, node: process.version, loadavgBefore: began },
    underLoad: {
      requestsPerSecond: Object.values(report.requests).reduce((sum, { sent }) => sum + sent, 0) / (isQuick ? 30 : 60),
      moves: underLoad.length,
      notDone: joining.length - underLoad.length,
      controlOverheadMs: quantiles(underLoad.map(overheadOf)),
      warmJoinMs: quantiles(fromWarm.map(({ decidedAt, joinedAt }) => (joinedAt ?? decidedAt) - decidedAt)),
      detectedMs: report.failures.map(({ detectedMs }) => detectedMs),
      replacedMs: report.failures.map(({ replacedMs, cause }) => ({ cause, replacedMs })),
    },
    atRest,
    limit: { fsyncMs, coldJoinMs: round(fsyncMs * 3 * stepsOfColdJoin) },
    ratio: { overheadAtRestToLimit: round(atRest.controlOverheadMs.p50 / (fsyncMs * 3 * stepsOfColdJoin)) },
  }),
)

function overheadOf({ decidedAt, joinedAt, phases }: ReportedMove): number {
  const theirs = blades.reduce((sum, step) => sum + (phases[step] ?? 0), 0)
  return (joinedAt ?? decidedAt) - decidedAt - theirs
}

function runScript(seconds: number): Promise<DemoReport> {
  const args = [
    join(root, 'src/cli/bladewright.ts'),
    'start',
    '--for',
    String(seconds),
    '--json',
    '--run-dir',
    join(folder, 'script'),
  ]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }, (error, stdout) => {
      if (error) reject(error)
      else resolve(JSON.parse(stdout) as DemoReport)
    })
  })
}

/** A cold blade goes to news and back to the pool, again and again; nobody sends a request. */
async function movesAtRest(times: number) {
  const farm = await startFarm(await loadFarmConfig(config), {
    runDirectory: join(folder, 'rest'),
  })
  await farm.hold('news/web', true)
  await farm.hold('shop/web', true)
  try {
    return await moveToAndFro(farm, times)
  } finally {
    await farm.stop()
  }
}

async function moveToAndFro(farm: Farm, times: number) {
  const overheads: number[] = []
  const joins: number[] = []
  for (let time = 0; time < times; time += 1) {
    for (const isIn of [true, false]) {
      const ended = new Promise((resolve) => {
        const stop = farm.on('move.ended', (event) => {
          stop()
          resolve(event)
        })
      })
      const { move } = isIn ? await farm.move('c03-s02', 'news/web') : await farm.drain('c03-s02')
      await ended
      // A drain cordons; what comes next is ours to decide.
      if (!isIn) await farm.cordon('c03-s02', false)
      await new Promise((resolve) => setTimeout(resolve, 100))
      const record = farm.explain(move ?? '')
      if (record.kind === 'move' && record.outcome !== 'done') throw new Error(`${record.move}: ${record.trouble}`)
      if (isIn && record.kind === 'move') {
        overheads.push(overheadOfRecord(record))
        joins.push((record.joinedAt ?? 0) - record.decidedAt)
      }
    }
  }
  return { moves: overheads.length, controlOverheadMs: quantiles(overheads), coldJoinMs: quantiles(joins) }
}

function overheadOfRecord({ decidedAt, joinedAt, steps }: MoveRecord): number {
  const theirs = steps
    .filter(({ step }) => (blades as readonly string[]).includes(step))
    .reduce((sum, { beganAt, endedAt }) => sum + ((endedAt ?? beganAt) - beganAt), 0)
  return (joinedAt ?? decidedAt) - decidedAt - theirs
}

function measureFsync(): number {
  const file = openSync(join(folder, 'fsync'), 'w')
  const times = Array.from({ length: 100 }, () => {
    const from = performance.now()
    writeSync(file, 'x'.repeat(300))
    fdatasyncSync(file)
    return performance.now() - from
  })
  closeSync(file)
  return round(quantiles(times).p50)
}

function quantiles(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (q: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0)
  return { p50: at(0.5), p95: at(0.95), max: round(sorted.at(-1) ?? 0) }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
