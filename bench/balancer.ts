// What the embedded balancer costs: requests/s and latency through it beside a direct connection to the same blade in the same run,
// its processor time at the demo's load, and that of a simulated minute. `node bench/balancer.ts [--quick]` prints JSON.
// Both paths are warmed until a round gains less than 10 % on the one before (a cold balancer shows half of what a warm one does),
// then rounds alternate; medians are compared and every round is printed. Blades count what they served: a mismatch is an error.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { createLoadSource } from '../src/drivers/load/load-source.ts'
import { systemClock } from '../src/drivers/node/system-clock.ts'
import { createProxyBalancer } from '../src/drivers/proxy/proxy-balancer.ts'
import { createSeededRandom } from '../src/drivers/seeded-random.ts'
import type { Log } from '../src/ports/log.ts'
import { quantileMs } from '../src/protocol/latency-histogram.ts'
import type { Member } from '../src/protocol/messages.ts'
import { createSimulatedLoad } from '../src/testing/simulated-load.ts'
import { createSimulatedLoadBalancer } from '../src/testing/simulated-load-balancer.ts'
import { createSimulatedService } from '../src/testing/simulated-service.ts'
import { createVirtualClock } from '../src/testing/virtual-clock.ts'

const group = 'shop/web'
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

interface Ready {
  readonly port: number
}

interface Totals {
  readonly cpuMs: number
  readonly served: number
}

const [role, ...args] = process.argv.slice(2)
if (role === 'blade') runBlade(args[0] ?? '')
else if (role === 'balancer') runBalancer(JSON.parse(args[0] ?? '[]'))
else await runBench(process.argv.includes('--quick'))

function runBlade(bootId: string): void {
  const identity = JSON.stringify({ group, role: 'front', imageDigest: 'sha256:0', bootId })
  let served = 0
  const server = createServer((request, response) => {
    if (request.url === '/healthz') return response.end(identity)
    served += 1
    response.end('a page\n')
  })
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  answerTotals(() => served)
}

function answerTotals(served: () => number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuMs: (user + system) / 1000, served: served() })
  })
}

function runBalancer(members: readonly Member[]): void {
  const balancer = createProxyBalancer({
    groups: [{ group, host: '127.0.0.1', port: 0 }],
    clock: systemClock,
    log: silent,
    onListening(result) {
      if (!result.ok) throw new Error(result.detail)
      const port = result.value.groups[0]?.port
      balancer.apply(group, members, () => process.send?.({ port }))
    },
  })
  answerTotals(() => 0)
}

async function start(...argv: string[]): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = fork(fileURLToPath(import.meta.url), argv)
  const [ready] = await once(child, 'message')
  return { child, ready }
}

async function runBench(quick: boolean): Promise<void> {
  const blades = await Promise.all(['boot-1', 'boot-2'].map((bootId) => start('blade', bootId)))
  const members = blades.map(({ ready }, i) => ({
    blade: `c01-s0${i + 1}`,
    address: `127.0.0.1:${ready.port}`,
    bootId: `boot-${i + 1}`,
    state: 'ready',
  }))
  const balancer = await start('balancer', JSON.stringify(members))
  const direct = `http://${members[0]?.address}`
  const balanced = `http://127.0.0.1:${balancer.ready.port}`
  const paths = { direct, balanced, blades: blades.map(({ child }) => child), balancer: balancer.child }
  const roundMs = quick ? 500 : 2000
  const rounds = quick ? 3 : 7
  for (const origin of [direct, balanced]) await warm(paths, origin)
  const result = {
    bench: 'balancer',
    machine: `${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`,
    command: `node bench/balancer.ts${quick ? ' --quick' : ''}`,
    oneAtATime: await compare(paths, 1, roundMs, rounds),
    sixteenAtATime: await compare(paths, 16, roundMs, rounds),
    sixHundredPerSecond: await openLoop(balanced, balancer.child, roundMs * 5),
    simulatedMinute: simulateMinute(),
  }
  for (const { child } of [...blades, balancer]) child.kill()
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
}

interface Paths {
  readonly direct: string
  readonly balanced: string
  readonly blades: readonly ChildProcess[]
  readonly balancer: ChildProcess
}

interface Round {
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly balancerMicrosPerRequest: number
}

async function warm(paths: Paths, origin: string): Promise<void> {
  let before = 0
  for (let round = 0; round < 20; round += 1) {
    const { requestsPerSecond } = await closedLoop(paths, origin, 16, 1000)
    if (round > 1 && requestsPerSecond < before * 1.1) return
    before = requestsPerSecond
  }
}

async function closedLoop(paths: Paths, origin: string, clients: number, durationMs: number): Promise<Round> {
  const pool = new Pool(origin, { connections: clients, pipelining: 1 })
  const latenciesMs: number[] = []
  const before = await totalsOf(paths)
  const startMs = performance.now()
  const runClient = async () => {
    while (performance.now() < startMs + durationMs) {
      const sentMs = performance.now()
      const { statusCode, body } = await pool.request({ method: 'GET', path: '/' })
      await body.dump()
      if (statusCode !== 200) throw new Error(`answer ${statusCode}`)
      latenciesMs.push(performance.now() - sentMs)
    }
  }
  await Promise.all(Array.from({ length: clients }, runClient))
  const elapsedMs = performance.now() - startMs
  const after = await totalsOf(paths)
  await pool.destroy()
  const count = latenciesMs.length
  if (after.served - before.served !== count)
    throw new Error(`${count} answers, ${after.served - before.served} served`)
  latenciesMs.sort((a, b) => a - b)
  return {
    requestsPerSecond: Math.round((count / elapsedMs) * 1000),
    p50Ms: round(latenciesMs[Math.floor(count * 0.5)] ?? 0),
    p95Ms: round(latenciesMs[Math.floor(count * 0.95)] ?? 0),
    balancerMicrosPerRequest: Math.round(((after.balancerCpuMs - before.balancerCpuMs) * 1000) / count),
  }
}

async function totalsOf({ blades, balancer }: Paths): Promise<{ served: number; balancerCpuMs: number }> {
  const counted = await Promise.all(blades.map(askTotals))
  const { cpuMs } = await askTotals(balancer)
  return { served: counted.reduce((sum, { served }) => sum + served, 0), balancerCpuMs: cpuMs }
}

async function compare(paths: Paths, clients: number, roundMs: number, count: number) {
  const direct: Round[] = []
  const balanced: Round[] = []
  for (let i = 0; i < count; i += 1) {
    direct.push(await closedLoop(paths, paths.direct, clients, roundMs))
    balanced.push(await closedLoop(paths, paths.balanced, clients, roundMs))
  }
  const median = (rounds: readonly Round[], of: keyof Round) =>
    rounds.map((one) => one[of]).toSorted((a, b) => a - b)[Math.floor(rounds.length / 2)] ?? 0
  return {
    throughputRatio: round(median(balanced, 'requestsPerSecond') / median(direct, 'requestsPerSecond')),
    addedP50Ms: round(median(balanced, 'p50Ms') - median(direct, 'p50Ms')),
    addedP95Ms: round(median(balanced, 'p95Ms') - median(direct, 'p95Ms')),
    balancerMicrosPerRequest: median(balanced, 'balancerMicrosPerRequest'),
    directRequestsPerSecond: direct.map((one) => one.requestsPerSecond),
    balancedRequestsPerSecond: balanced.map((one) => one.requestsPerSecond),
  }
}

async function openLoop(origin: string, balancer: ChildProcess, durationMs: number) {
  const random = createSeededRandom(1)
  const accounts = [{ account: 'shop', origin, ratePerSecond: 600 }]
  const { cpuMs: before } = await askTotals(balancer)
  const ownBefore = process.cpuUsage()
  const source = createLoadSource({ clock: systemClock, random, accounts })
  await new Promise((resolve) => setTimeout(resolve, durationMs))
  const own = process.cpuUsage(ownBefore)
  const spentMs = (await askTotals(balancer)).cpuMs - before
  const [totals] = source.report().accounts
  source.stop()
  if (!totals) throw new Error('the account is not reported')
  const { sent, ok, refused, failed, latency } = totals
  return {
    sent,
    ok,
    refused,
    failed,
    p95Ms: round(quantileMs(latency, 0.95) ?? 0),
    balancerCoreRatio: round(spentMs / durationMs),
    loadSourceCoreRatio: round((own.user + own.system) / 1000 / durationMs),
  }
}

async function askTotals(child: ChildProcess): Promise<Totals> {
  child.send('totals?')
  const [totals] = await once(child, 'message')
  return totals
}

/** 60 s at 600 requests a second over ten blades, reports taken four times a second. */
function simulateMinute() {
  const clock = createVirtualClock()
  const blades = new Map(
    Array.from({ length: 10 }, (_, i) => [
      `10.0.0.${i + 1}:80`,
      createSimulatedService(clock, { slots: 4, serviceMs: 40, queueMax: 16 }),
    ]),
  )
  const identity = { group, role: 'front', imageDigest: 'sha256:0', bootId: 'boot-1' }
  const server = {
    submit: (address: string, finished: (outcome: 'ok' | 'refused' | 'failed' | 'unreachable') => void) =>
      blades.get(address)?.submit(finished),
    identityAt: () => identity,
  }
  const balancer = createSimulatedLoadBalancer({ clock, server, groups: [group] })
  const members = [...blades.keys()].map((address, i) => ({
    blade: `c01-s${String(i + 1).padStart(2, '0')}`,
    address,
    bootId: identity.bootId,
    state: 'ready' as const,
  }))
  balancer.apply(group, members, () => {})
  const accounts = [{ account: 'shop', group, ratePerSecond: 600 }]
  const load = createSimulatedLoad({ clock, random: createSeededRandom(1), accounts, balancer })
  const startedMs = performance.now()
  for (let i = 0; i < 240; i += 1) {
    clock.advanceBy(250)
    balancer.takeReport(group)
  }
  return { requests: load.report().accounts[0]?.sent, realMs: round(performance.now() - startedMs) }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
