// `bladewright simulate`: seeds one after the other, progress on standard error, the first broken promise of each seed with its shortest
// schedule as a scenario file. Exit code 1 when a promise was broken.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../errors.ts'
import { type FaultFamily, faultFamilies, formatFault, usualFamilies } from '../testing/fault.ts'
import { generatedFarm } from '../testing/generated-farms.ts'
import { scenarioOf } from '../testing/run-schedule.ts'
import { runSeed, type SeedPlan, type SeedResult, scheduleOf, shrinkSeed } from '../testing/run-seeds.ts'
import { type SimulatedChannels, simulatedChannels } from '../testing/simulated-channels.ts'
import type { CommandInput } from './command.ts'

const progressMs = 2_000
/** A seed that fails is shortened; of many that fail only so many are. */
const shrunkMax = 5

interface Found {
  readonly seed: number
  readonly atMs: number
  readonly promise: string
  readonly faults: readonly string[]
  /** Null for one of too many. */
  readonly file: string | null
}

export async function simulateSeeds(input: CommandInput): Promise<number> {
  const farm = input.text('farm') ?? 'small'
  const plan = planOf(input)
  const { from, to } = seedsOf(input.text('seeds') ?? '1..20')
  const isJson = input.isOn('json')
  const say = (line: string) => void (isJson ? process.stderr : process.stdout).write(`${line}\n`)
  const began = { wallMs: performance.now(), cpuMs: cpuMs() }
  const found: Found[] = []
  let simulatedMs = 0
  let saidAt = began.wallMs

  if (from === to) for (const fault of scheduleOf(plan, from).faults) say(formatFault(fault))
  for (let seed = from; seed <= to; seed += 1) {
    const result = runSeed(plan, seed)
    simulatedMs += result.simulatedMs
    if (result.violations.length > 0) found.push(tell(plan, farm, result, found.length, input.text('out') ?? '.', say))
    if (performance.now() - saidAt < progressMs) continue
    saidAt = performance.now()
    process.stderr.write(`seed ${seed} of ${to}: ${seed - from + 1} run, ${found.length} broke a promise\n`)
  }

  const schedules = to - from + 1
  const spentMs = cpuMs() - began.cpuMs
  const summary = {
    farm,
    faults: plan.families,
    forSeconds: plan.forMs / 1000,
    seeds: { from, to },
    schedules,
    violations: found,
    simulatedSeconds: Math.round(simulatedMs / 1000),
    wallSeconds: seconds(performance.now() - began.wallMs),
    cpuSeconds: seconds(spentMs),
    timesRealTime: Math.round(simulatedMs / spentMs),
    schedulesPerCoreMinute: Math.round((schedules / spentMs) * 60_000),
  }
  if (isJson) process.stdout.write(`${JSON.stringify(summary)}\n`)
  else
    say(
      `${schedules} schedules, ${summary.simulatedSeconds} simulated seconds in ${summary.cpuSeconds} s of processor: ${found.length} broke a promise`,
    )
  return found.length > 0 ? 1 : 0
}

function tell(
  plan: SeedPlan,
  farm: string,
  result: SeedResult,
  foundBefore: number,
  folder: string,
  say: (line: string) => void,
): Found {
  const { seed, violations, faults } = result
  const [first] = violations
  say(`seed ${seed}: ${first?.sentence}`)
  if (foundBefore >= shrunkMax) {
    const promise = first?.sentence ?? ''
    return { seed, atMs: Math.round(first?.atMs ?? 0), promise, faults: faults.map(formatFault), file: null }
  }
  const { run, violation } = shrinkSeed(plan, result, {
    tried(tries, left) {
      if (tries % 10 === 0) process.stderr.write(`shortening seed ${seed}: ${left} of ${faults.length} faults left\n`)
    },
  })
  const file = join(folder, `found-${farm}-${seed}.txt`)
  writeFileSync(file, scenarioOf(run, farm, violation.sentence))
  const short = run.faults.map(formatFault)
  for (const line of short) say(`  ${line}`)
  say(`  breaks at ${Math.round(violation.atMs)} ms; written to ${file}`)
  return { seed, atMs: Math.round(violation.atMs), promise: violation.sentence, faults: short, file }
}

/** What `simulate` and `replay` share. */
export function planOf(input: CommandInput): SeedPlan {
  const forSeconds = Number(input.text('for') ?? 60)
  if (!(forSeconds >= 10 && forSeconds <= 86_400))
    throw new ConfigError('COMMAND_INVALID', `--for ${input.text('for')}: from 10 to 86400 seconds`)
  const channels = channelsOf(input.text('channels'))
  return {
    config: generatedFarm(input.text('farm') ?? 'small'),
    families: familiesOf(input.text('faults') ?? 'all', channels),
    forMs: forSeconds * 1000,
    ...(channels && { channels }),
  }
}

function channelsOf(text: string | undefined): SimulatedChannels | undefined {
  const found = simulatedChannels.find((one) => one === text)
  if (found || text === undefined) return found
  throw new ConfigError('COMMAND_INVALID', `no channels ${text}; there are ${simulatedChannels.join(', ')}`)
}

function familiesOf(text: string, channels: SimulatedChannels | undefined): readonly FaultFamily[] {
  if (text === 'all') return channels === 'three' || channels === 'bits' ? faultFamilies : usualFamilies
  return text.split(',').map((word) => {
    const found = faultFamilies.find((family) => family === word)
    if (found) return found
    throw new ConfigError('COMMAND_INVALID', `no faults ${word}; there are all, ${faultFamilies.join(', ')}`)
  })
}

function seedsOf(text: string): { from: number; to: number } {
  const match = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/.exec(text)
  const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
  if (!match || to < from) throw new ConfigError('COMMAND_INVALID', `--seeds ${text}: one seed, or 1..500`)
  return { from, to }
}

const seconds = (ms: number) => Math.round(ms / 100) / 10

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
