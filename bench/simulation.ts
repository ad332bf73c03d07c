// How fast the whole farm runs on a virtual clock: the demonstration's minute, and a second of it, in wall time.
// `node bench/simulation.ts [--quick]` prints JSON. The goal is a minute in less than a second. The limit beside it, in the same run: the same
// minute of requests with nothing but load, balancer and blades, so without masters, agents, channels, journals and invariants.
// And fault schedules: a cabinet of 32 blades and two masters, ten simulated minutes with faults each, by processor time; beside it the same
// cabinet in the fine grain (frames, requests, no faults), which is what such a schedule would cost without the coarse one.
import { readFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { createSeededRandom } from '../src/drivers/seeded-random.ts'
import { requireFarmConfig } from '../src/runtime/farm-config.ts'
import { groupsOf } from '../src/runtime/farm-layout.ts'
import { runDemo } from '../src/testing/demo/demo-script.ts'
import { simulatedWorld } from '../src/testing/demo/simulated-world.ts'
import { faultFamilies, usualFamilies } from '../src/testing/fault.ts'
import { generatedFarm } from '../src/testing/generated-farms.ts'
import { openSimulation } from '../src/testing/run-schedule.ts'
import { runSeed } from '../src/testing/run-seeds.ts'
import { createSimulatedLoad } from '../src/testing/simulated-load.ts'
import { createSimulatedService } from '../src/testing/simulated-service.ts'
import { createSimulation } from '../src/testing/simulation.ts'
import { createVirtualClock } from '../src/testing/virtual-clock.ts'

const rounds = process.argv.includes('--quick') ? 3 : 9
const config = requireFarmConfig(readFileSync(new URL('../examples/demo.yaml', import.meta.url), 'utf8'), 'demo.yaml')
const groups = groupsOf(config).map(({ group }) => group)
const forMs = 60_000

function farmMinute(seed: number): { wallMs: number; requests: number; events: number } {
  const from = performance.now()
  const farm = createSimulation({ seed, config })
  farm.runFor(5_000)
  let isOver = false
  runDemo(simulatedWorld(farm, groups), { seed, forMs }, () => {
    isOver = true
  })
  farm.runUntil(() => isOver, forMs + 1_000)
  const requests = farm.load.report().accounts.reduce((sum, { sent }) => sum + sent, 0)
  if (!isOver || farm.violations().length > 0) throw new Error(`not a run to measure: ${farm.violations().join('; ')}`)
  return { wallMs: performance.now() - from, requests, events: farm.trace().length }
}

/** As many requests, each served by a blade at once chosen: what the simulated minute cannot be faster than. */
function bareMinute(ratePerSecond: number): number {
  const from = performance.now()
  const clock = createVirtualClock()
  const blades = Array.from({ length: 8 }, () =>
    createSimulatedService(clock, { slots: 4, serviceMs: 40, queueMax: 16 }),
  )
  let next = 0
  const balancer = {
    request(_group: string, finished: (outcome: 'ok' | 'refused' | 'failed') => void) {
      next = (next + 1) % blades.length
      blades[next]?.submit((outcome) => finished(outcome === 'unreachable' ? 'failed' : outcome))
    },
  }
  const accounts = [{ account: 'shop', group: 'shop/web', ratePerSecond }]
  const load = createSimulatedLoad({ clock, random: createSeededRandom(1), accounts, balancer })
  clock.advanceBy(forMs)
  load.stop()
  return performance.now() - from
}

const scheduleMs = 600_000
const cabinet = generatedFarm('cabinet')

/** Schedules of a cabinet, each in processor time. */
function cabinetSchedules(
  count: number,
  forMs = scheduleMs,
  channels?: 'bits',
): { cpuMs: number[]; faults: number; simulatedMs: number } {
  const families = channels ? faultFamilies : usualFamilies
  const plan = { config: cabinet, families, forMs, ...(channels && { channels }) }
  const cpuMs: number[] = []
  let [faults, simulatedMs] = [0, 0]
  for (let seed = 1; seed <= count; seed += 1) {
    const from = process.cpuUsage()
    const result = runSeed(plan, seed)
    cpuMs.push(process.cpuUsage(from).user / 1000)
    faults += result.faults.length
    simulatedMs += result.simulatedMs
    if (result.violations.length > 0) throw new Error(`seed ${seed}: ${result.violations[0]?.sentence}`)
  }
  return { cpuMs, faults, simulatedMs }
}

/** Without faults, after it is up: times real time. */
function quietCabinet(grain: 'fine' | 'coarse', forMs: number): number {
  const farm = openSimulation(1, cabinet, { grain })
  farm.runFor(15_000)
  const from = process.cpuUsage()
  farm.runFor(forMs)
  return forMs / (process.cpuUsage(from).user / 1000)
}

const farms = Array.from({ length: rounds }, (_, index) => farmMinute(index + 1))
const ratePerSecond = (farms[0]?.requests ?? 0) / (forMs / 1000)
const bare = Array.from({ length: rounds }, () => bareMinute(ratePerSecond))
const farmMs = median(farms.map(({ wallMs }) => wallMs))
const bareMs = median(bare)
const schedules = cabinetSchedules(process.argv.includes('--quick') ? 2 : 12)
const [bitMinutes, bitTens] = [cabinetSchedules(4, 60_000, 'bits'), cabinetSchedules(1, scheduleMs, 'bits')]
const scheduleCpuMs = schedules.cpuMs.reduce((sum, ms) => sum + ms, 0) / schedules.cpuMs.length
const [fine, coarse] = [quietCabinet('fine', 20_000), quietCabinet('coarse', 200_000)]
console.log(
  JSON.stringify({
    machine: { cores: cpus().length, model: cpus()[0]?.model, node: process.version, loadavg: loadavg()[0] },
    simulatedMinute: {
      wallMs: farmMs,
      rounds: farms.map(({ wallMs }) => Math.round(wallMs)),
      requests: farms[0]?.requests,
    },
    cabinetSchedules: {
      goalPerCoreMinute: 25,
      perCoreMinute: Math.round(60_000 / scheduleCpuMs),
      cpuMs: schedules.cpuMs.map(Math.round),
      faults: schedules.faults,
      timesRealTime: Math.round(schedules.simulatedMs / (scheduleCpuMs * schedules.cpuMs.length)),
    },
    // Every bit of two buses, and every code: a minute under faults, as `simulate` has it, and ten.
    cabinetSchedulesByBits: {
      goalPerCoreMinute: 5,
      minutesPerCoreMinute: perCoreMinute(bitMinutes.cpuMs),
      tenMinutesPerCoreMinute: perCoreMinute(bitTens.cpuMs),
      faults: bitMinutes.faults + bitTens.faults,
    },
    quietCabinet: { fineTimesRealTime: Math.round(fine), coarseTimesRealTime: Math.round(coarse) },
    bareRequests: { wallMs: bareMs },
    ratios: {
      timesRealTime: Math.round(forMs / farmMs),
      farmToBare: Math.round((farmMs / bareMs) * 100) / 100,
      coarseToFine: Math.round((coarse / fine) * 10) / 10,
    },
  }),
)

function perCoreMinute(cpuMs: readonly number[]): number {
  const mean = cpuMs.reduce((sum, ms) => sum + ms, 0) / cpuMs.length
  return Math.round(600_000 / mean) / 10
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0)
}
