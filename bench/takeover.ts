// How long a farm has no site master when the one that leads is lost, and etcd no leader, one after the other in the same run.
// `node bench/takeover.ts [--quick] [--kills N] [--lease MS]` prints JSON (50 kills, 10 stops, 10 hand-overs; with --quick 6, 3, 3). Real processes,
// default settings. Measured by a client at the control port of the other site master, which asks again and again:
//   kill      SIGKILL until a command is accepted: it is durable, and whoever may lead next knows it   goal: p50 300 ms, max 500 ms
//   stop      SIGSTOP until the same                                                       goal: at most the boards' lease + 150 ms
//   handOver  from the request until the other accepts a command                           goal: at most 100 ms
// Beside it a cluster of three etcd, tuned for fast elections: from the signal until a write is accepted. Goals: a kill takes at most half
// of etcd's time, a stop no longer. Without the program `etcd` (Debian: etcd-server) the ratios are null.
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { defaultLeaseMs } from '../src/pair/master-lease.ts'
import { controlToken, liveControlPorts } from '../src/processes/run-directory.ts'
import type { FarmStatus } from '../src/runtime/farm-status.ts'
import { calmed, makeFarmFolder, type RunningFarm, startFarmProcess } from '../test/real/farm-process.ts'
import { etcdVersion, startEtcd } from './etcd-cluster.ts'

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, kills: { type: 'string' }, lease: { type: 'string' } },
})
const isQuick = values.quick === true
const counts = { kill: Number(values.kills ?? (isQuick ? 6 : 50)), stop: isQuick ? 3 : 10, handOver: isQuick ? 3 : 10 }
const leaseMs = Number(values.lease ?? defaultLeaseMs)
const patienceMs = 20_000

const began = loadavg()[0] ?? 0
const folder = makeFarmFolder((text) => `${text}\nmasters: { leaseMs: ${leaseMs} }\n`)
const etcdFolder = mkdtempSync(join(tmpdir(), 'bench-etcd-'))
const version = etcdVersion()
if (version === undefined) process.stderr.write('no etcd beside it: the package etcd-server is not installed\n')
const etcd = version === undefined ? undefined : await startEtcd(etcdFolder, version)
const farm = await startFarmProcess(folder)
try {
  await calmed(farm)
  process.stdout.write(`${JSON.stringify(await measure(farm))}\n`)
} finally {
  etcd?.stop()
  await farm.stop()
  folder.remove()
  rmSync(etcdFolder, { recursive: true, force: true })
}

async function measure(running: RunningFarm) {
  const ours = { kill: [] as number[], stop: [] as number[], handOver: [] as number[] }
  const theirs = { kill: [] as number[], stop: [] as number[] }
  for (const cause of ['kill', 'stop', 'handOver'] as const)
    for (let time = 1; time <= counts[cause]; time += 1) {
      ours[cause].push(await lose(running, cause))
      if (cause !== 'handOver' && etcd) theirs[cause].push(await etcd.lose(cause === 'kill' ? 'SIGKILL' : 'SIGSTOP'))
      if (time % 10 === 0 || time === counts[cause])
        process.stderr.write(`${cause} ${time} of ${counts[cause]}: ${Math.round(ours[cause].at(-1) ?? 0)} ms\n`)
    }
  const [kill, stop] = [quantiles(ours.kill), quantiles(ours.stop)]
  const beside = etcd && { kill: quantiles(theirs.kill), stop: quantiles(theirs.stop) }
  return {
    machine: { cores: cpus().length, model: cpus()[0]?.model, node: process.version, loadavgBefore: began },
    kill: { goal: { p50: 300, max: 500 }, ...kill },
    stop: { leaseMs, goal: { max: leaseMs + 150 }, ...stop },
    handOver: { goal: { max: 100 }, ...quantiles(ours.handOver) },
    etcd: etcd && beside ? { version: etcd.version, heartbeatMs: 30, electionMs: 300, ...beside } : null,
    ratios: {
      killToEtcd: beside ? { goal: 0.5, p50: ratio(kill.p50, beside.kill.p50) } : null,
      stopToEtcd: beside ? { goal: 1, p50: ratio(stop.p50, beside.stop.p50) } : null,
    },
  }
}

/** @returns milliseconds until the other one has accepted a command */
async function lose(running: RunningFarm, cause: 'kill' | 'stop' | 'handOver'): Promise<number> {
  const before = await running.until(isWhole, 60_000)
  const leader = before.master.node
  const other = before.processes.find(({ node, kind }) => kind === 'master' && node !== leader)?.node ?? ''
  const [led, heir] = [portOf(leader), portOf(other)]
  await isCalledByAll(heir)
  const pid = before.processes.find(({ node }) => node === leader)?.pid ?? 0
  const at = performance.now()
  if (cause === 'handOver') void command(led, '/handover', { epoch: before.master.epoch })
  else process.kill(pid, cause === 'kill' ? 'SIGKILL' : 'SIGSTOP')
  const ms = await accepted(heir, at)
  if (cause === 'stop') process.kill(pid, 'SIGCONT')
  return ms
}

async function accepted(port: number, at: number): Promise<number> {
  while (performance.now() - at < patienceMs) {
    if (await command(port, '/cordon', { blade: 'c03-s02', on: false })) return performance.now() - at
    await sleep(2)
  }
  throw new Error(`nothing accepted for ${patienceMs} ms`)
}

/** A site master that has just begun is called again by agents and balancer within a second or two. */
async function isCalledByAll(port: number): Promise<void> {
  for (const from = performance.now(); performance.now() - from < patienceMs; await sleep(50)) {
    const headers = { authorization: `Bearer ${controlToken(folder.runDirectory)}` }
    const answer = await fetch(`http://127.0.0.1:${port}/status`, { headers })
    const { processes } = (await answer.json()) as FarmStatus
    if (processes.every(({ isUp }) => isUp)) return
  }
  throw new Error('not all call the standby')
}

async function command(port: number, path: string, body: object): Promise<boolean> {
  const headers = { authorization: `Bearer ${controlToken(folder.runDirectory)}`, 'content-type': 'application/json' }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, init).catch(() => undefined)
  await answer?.arrayBuffer().catch(() => undefined)
  return answer?.ok === true
}

function portOf(node: string): number {
  const found = liveControlPorts(folder.runDirectory).find((one) => one.node === node)
  if (found === undefined) throw new Error(`${node} has no control port`)
  return found.port
}

function isWhole({ master, processes, blades }: FarmStatus): boolean {
  const masters = processes.filter(({ kind }) => kind === 'master')
  const areThere =
    masters.length === 2 && masters.every(({ isUp }) => isUp) && blades.every(({ board }) => board !== null)
  return master.state === 'leading' && master.redundancy === 'paired' && areThere
}

function quantiles(figures: readonly number[]) {
  const sorted = figures.toSorted((a, b) => a - b).map(Math.round)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { times: sorted.length, p50: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? 0 }
}

function ratio(one: number, other: number): number {
  return Math.round((one / other) * 1000) / 1000
}
