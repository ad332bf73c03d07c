// Scenario files: what is done to a simulated farm and what must be seen then, one thing a line, in words that an operator reads.
//
//   wait 4s                              virtual time passes (ms, s or m)
//   load shop 450                        requests/s of an account
//   kill c01-s01                         a blade dies
//   crash a01 | restart a01              a process dies, a new life of it begins
//   cut m1 a01 | heal m1 a01             the link between two nodes
//   lose 0.2                             share of all frames that are lost
//   fault scrubLeavesData c01-s01 on     a fault of the hardware: silent, dropAnswers, liesAboutPower, powerFails, scrubLeavesData
//   move c03-s02 news/web | drain c01-s01 | hold shop/web | unhold shop/web | uncordon c01-s01 | release c01-s01
//   within 10s blade c01-s01 joined shop/web      until it is so, at most so long; `pool` for no group
//   within 10s move c01-s01 rolledBack            the newest move of the blade has ended so
//   expect group shop/web serves 2                at once
//   never seen "traces of"                        no line of the trace has the text
//
// `#` begins a comment. Promises that do not hold fail any scenario.
import { ConfigError } from '../errors.ts'
import type { Simulation } from './simulation.ts'

export interface ScenarioLine {
  /** From 1. */
  readonly line: number
  readonly words: readonly string[]
}

/** @param name how the scenario is called in errors */
export function parseScenario(text: string, name: string): ScenarioLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const words = raw.replace(/#.*$/, '').match(/"[^"]*"|\S+/g) ?? []
    if (words.length === 0) return []
    const line = index + 1
    if (!verbs.includes(words[0] ?? ''))
      throw new ConfigError('COMMAND_INVALID', `no verb ${words[0]}`, `${name}:${line}`)
    return [{ line, words: words.map((word) => word.replace(/^"|"$/g, '')) }]
  })
}

const verbs = [
  'wait',
  'load',
  'kill',
  'crash',
  'restart',
  'cut',
  'heal',
  'lose',
  'fault',
  'move',
  'drain',
  'hold',
  'unhold',
  'uncordon',
  'release',
  'within',
  'expect',
  'never',
]

/** What did not come true, with its line; empty when all did. Stops at the first. */
export function runScenario(simulation: Simulation, lines: readonly ScenarioLine[]): string[] {
  for (const { line, words } of lines) {
    const problem = perform(simulation, words)
    if (problem !== undefined) return [`line ${line}: ${words.join(' ')}: ${problem}`]
    const [broken] = simulation.violations()
    if (broken !== undefined) return [`line ${line}: ${words.join(' ')}: ${broken}`]
  }
  return []
}

function perform(simulation: Simulation, words: readonly string[]): string | undefined {
  const [verb = '', a = '', b = '', ...rest] = words
  switch (verb) {
    case 'fault':
      return fault(simulation, a, b, rest[0] === 'on')
    case 'within':
      return within(simulation, durationMs(a), [b, ...rest])
    case 'expect':
      return isSo(simulation, [a, b, ...rest]) ? undefined : seen(simulation)
    case 'never':
      return simulation.trace().find((one) => one.includes(b))
    case 'move':
    case 'drain':
    case 'hold':
    case 'unhold':
    case 'uncordon':
    case 'release':
      return operate(simulation, verb, a, b)
    default:
      act(simulation, verb, a, b)
      return undefined
  }
}

function act(
  { runFor, load, hardware, crash, restart, network }: Simulation,
  verb: string,
  a: string,
  b: string,
): void {
  if (verb === 'wait') runFor(durationMs(a))
  if (verb === 'load') load.setRate(a, Number(b))
  if (verb === 'kill') hardware.kill(a)
  if (verb === 'crash') crash(a)
  if (verb === 'restart') restart(a)
  if (verb === 'cut') network.cut(a, b)
  if (verb === 'heal') network.heal(a, b)
  if (verb === 'lose') network.setFaults({ dropRatio: Number(a) })
}

type OperatorVerb = 'move' | 'drain' | 'hold' | 'unhold' | 'uncordon' | 'release'

function operate(simulation: Simulation, verb: OperatorVerb, a: string, b: string): string | undefined {
  const master = simulation.master()
  const answers = {
    move: () => master.move(a, b),
    drain: () => master.drain(a),
    hold: () => master.hold(a, true),
    unhold: () => master.hold(a, false),
    uncordon: () => master.cordon(a, false),
    release: () => master.release(a),
  }
  const answer = answers[verb]()
  return answer.ok ? undefined : `${answer.code}: ${answer.detail}`
}

function fault({ hardware: { faults } }: Simulation, name: string, blade: string, on: boolean): string | undefined {
  switch (name) {
    case 'silent':
    case 'dropAnswers':
    case 'liesAboutPower':
    case 'powerFails':
    case 'scrubLeavesData':
      faults[name](blade, on)
      return undefined
    default:
      return 'no such fault'
  }
}

function within(simulation: Simulation, ms: number, words: readonly string[]): string | undefined {
  return simulation.runUntil(() => isSo(simulation, words), ms) ? undefined : seen(simulation)
}

function isSo(simulation: Simulation, [what, ...words]: readonly string[]): boolean {
  if (what === 'blade') return isBlade(simulation, words)
  if (what === 'move') return isMove(simulation, words)
  return what === 'group' && isGroup(simulation, words)
}

function isBlade(simulation: Simulation, [blade, lifecycle, group]: readonly string[]): boolean {
  const found = simulation.status()?.blades.find((one) => one.blade === blade)
  if (found?.lifecycle !== lifecycle) return false
  return group === undefined || (found?.group ?? found?.preparedFor ?? 'pool') === group
}

function isMove(simulation: Simulation, [blade, outcome]: readonly string[]): boolean {
  const ended = simulation.trace().filter((one) => one.includes('"event":"move.ended"') && one.includes(`"${blade}"`))
  return ended.at(-1)?.includes(`"outcome":"${outcome}"`) ?? false
}

function isGroup(simulation: Simulation, [group, , count]: readonly string[]): boolean {
  const blades = simulation.status()?.blades ?? []
  return blades.filter((one) => one.group === group && one.lifecycle === 'joined').length === Number(count)
}

function seen(simulation: Simulation): string {
  const blades = simulation.status()?.blades ?? []
  return `seen ${blades.map(({ blade, lifecycle, group, preparedFor }) => `${blade} ${lifecycle} ${group ?? preparedFor ?? 'pool'}`).join(', ')}`
}

function durationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text)
  if (!match) throw new ConfigError('COMMAND_INVALID', `${text} is no time: 250ms, 4s, 1m`)
  return Number(match[1]) * { ms: 1, s: 1000, m: 60_000 }[match[2] as 'ms' | 's' | 'm']
}
