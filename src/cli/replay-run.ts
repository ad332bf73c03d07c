// `bladewright replay`: one simulated run, a line an event (docs/simulator.md has the legend). Exit code 1 when something was not as it
// should be.
import { existsSync, readFileSync } from 'node:fs'
import { ConfigError } from '../errors.ts'
import { formatFault, formatMs } from '../testing/fault.ts'
import { runSchedule } from '../testing/run-schedule.ts'
import { scheduleOf } from '../testing/run-seeds.ts'
import { openScenario, parseScenario, runScenario } from '../testing/scenario.ts'
import type { Simulation } from '../testing/simulation.ts'
import type { CommandInput } from './command.ts'
import { plainText } from './plain-text.ts'
import { planOf } from './simulate-seeds.ts'

export async function replayRun(input: CommandInput): Promise<number> {
  const [word = ''] = input.words
  const isSeed = /^\d{1,9}$/.test(word)
  const { simulation, problems } = isSeed ? replaySeed(input, Number(word)) : replayFile(word)
  const isJson = input.isOn('json')
  for (const line of simulation.trace()) process.stdout.write(`${isJson ? line : traceLine(line)}\n`)
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  return problems.length > 0 ? 1 : 0
}

interface Replayed {
  readonly simulation: Simulation
  readonly problems: readonly string[]
}

function replaySeed(input: CommandInput, seed: number): Replayed {
  const run = scheduleOf(planOf(input), seed)
  for (const fault of run.faults) process.stderr.write(`${formatFault(fault)}\n`)
  const { simulation, violations } = runSchedule(run)
  return { simulation, problems: violations.map(({ atMs, sentence }) => `${formatMs(Math.round(atMs))}: ${sentence}`) }
}

function replayFile(name: string): Replayed {
  if (!existsSync(name)) throw new ConfigError('COMMAND_INVALID', `${name} is no seed, and there is no such file`)
  const scenario = parseScenario(readFileSync(name, 'utf8'), name)
  const simulation = openScenario(scenario)
  return { simulation, problems: runScenario(simulation, scenario) }
}

const marks: Readonly<Record<string, string>> = { warn: '?', error: '!', debug: '.' }
const worldMarks: Readonly<Record<string, string>> = {
  'fault.began': '>',
  'fault.ended': '<',
  'faults.healed': '=',
  'promise.broken': 'X',
}

/** A line of the trace, for people. */
export function traceLine(json: string): string {
  const { t, node, level, event, at: _at, ...fields } = JSON.parse(json) as Record<string, unknown>
  const mark = worldMarks[String(event)] ?? marks[String(level)] ?? ' '
  const said = Object.entries(fields).flatMap(([name, value]) => {
    const word = wordOf(value)
    return word === undefined ? [] : [`${name} ${word}`]
  })
  const head = `${Number(t).toFixed(3).padStart(12)} ${String(node).padEnd(5)} ${mark} ${event}`
  return plainText(`${head.padEnd(48)} ${said.join(', ')}`.trimEnd())
}

/** A number, a word, a place, a few of them; what is larger is for `--json`. */
function wordOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) return value.length === 0 ? undefined : `${value.length} of them`
  if (typeof value !== 'object') return String(value)
  const parts = Object.values(value).filter((one) => typeof one === 'string' || typeof one === 'number')
  return parts.join(' ')
}
