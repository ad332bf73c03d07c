// Scenario files: what is done to a simulated farm and what must be seen then, one thing a line, in words that an operator reads.
//
//   farm small | seed 7                  first lines: which farm, and the seed of all chance; default small and 1
//   channels bits                        how its nodes speak: messages (the default), datagrams, three or bits
//   at 3s for 2s crash m1                a fault (fault.ts has all of them), at a time since the simulation began
//   crash m1 | cut m1 a01 | lose 0.2     a fault, now
//   restart m1 | resume m1 | heal m1 a01 | heal can0   the end of such a one
//   recover                              all faults end
//   wait 4s                              virtual time passes (ms, s or m)
//   load shop 450                        requests/s of an account
//   fault scrubLeavesData c01-s01 on     as `fault scrubLeavesData c01-s01`; `off` ends it
//   move c03-s02 news/web | drain c01-s01 | hold shop/web | unhold shop/web | uncordon c01-s01 | release c01-s01 | unbrake | handover
//   within 10s blade c01-s01 joined shop/web      until it is so, at most so long; `pool` for no group
//   within 10s move c01-s01 rolledBack            the newest move of the blade has ended so
//   within 60s rest                      one master leads and has its peer, no move is under way, every group has its committed blades
//   expect group shop/web serves 2                at once
//   expect alarm STORM_BRAKE stands | absent      what `bladewright status` says
//   expect master m2 leads | expect master m2 at c01-s02
//   never seen "traces of"                        no line of the trace has the text
//
// `#` begins a comment. Promises that do not hold fail any scenario.
import { ConfigError } from '../errors.ts'
import type { Answer } from '../ports/result.ts'
import { answered } from './answered.ts'
import { isFaultKind, parseFault, parseMs } from './fault.ts'
import { type FarmName, farmNames, generatedFarm } from './generated-farms.ts'
import { createFaultInjector, type FaultInjector } from './inject-faults.ts'
import { comeToRest, openSimulation } from './run-schedule.ts'
import { type SimulatedChannels, simulatedChannels } from './simulated-channels.ts'
import type { Simulation } from './simulation.ts'

export interface ScenarioLine {
  /** From 1. */
  readonly line: number
  readonly words: readonly string[]
}

export interface Scenario {
  readonly name: string
  readonly farm: FarmName
  readonly seed: number
  readonly channels: SimulatedChannels
  readonly lines: readonly ScenarioLine[]
}

/** @param name how the scenario is called in errors */
export function parseScenario(text: string, name: string): Scenario {
  let [farm, seed, channels]: [FarmName, number, SimulatedChannels] = ['small', 1, 'messages']
  const lines = text.split('\n').flatMap((raw, index) => {
    const words = (raw.replace(/#.*$/, '').match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, ''))
    const [verb, value] = words
    const line = index + 1
    const place = `${name}:${line}`
    if (verb === 'farm') farm = farmOf(value, place)
    else if (verb === 'seed') seed = seedOf(value, place)
    else if (verb === 'channels') channels = channelsOf(value, place)
    else if (verb !== undefined) {
      check(words, place)
      return [{ line, words }]
    }
    return []
  })
  return { name, farm, seed, channels, lines }
}

function farmOf(word: string | undefined, place: string): FarmName {
  const found = farmNames.find((one) => one === word)
  if (found) return found
  throw new ConfigError('COMMAND_INVALID', `no farm ${word}; there are ${farmNames.join(', ')}`, place)
}

function channelsOf(word: string | undefined, place: string): SimulatedChannels {
  const found = simulatedChannels.find((one) => one === word)
  if (found) return found
  throw new ConfigError('COMMAND_INVALID', `no channels ${word}; there are ${simulatedChannels.join(', ')}`, place)
}

function seedOf(word: string | undefined, place: string): number {
  const seed = Number(word)
  if (word !== undefined && Number.isSafeInteger(seed) && seed >= 0) return seed
  throw new ConfigError('COMMAND_INVALID', `${word} is no seed`, place)
}

const verbs = [
  'wait',
  'restart',
  'resume',
  'heal',
  'recover',
  'move',
  'drain',
  'hold',
  'unhold',
  'uncordon',
  'release',
  'unbrake',
  'within',
  'expect',
  'never',
]

function check(words: readonly string[], place: string): void {
  const [verb = ''] = words
  if (verbs.includes(verb)) return
  if (!isFaultVerb(verb)) throw new ConfigError('COMMAND_INVALID', `no verb ${verb}`, place)
  const fault = parseFault(withoutSwitch(words), 0)
  if (typeof fault === 'string') throw new ConfigError('COMMAND_INVALID', fault, place)
}

const isFaultVerb = (verb: string) => verb === 'at' || verb === 'for' || isFaultKind(verb)

/** `fault … on` and `fault … off`. */
const withoutSwitch = (words: readonly string[]) =>
  words[0] === 'fault' && words.length === 4 && /^(on|off)$/.test(words[3] ?? '') ? words.slice(0, 3) : words

/** The farm of the scenario, as it begins. */
export function openScenario({ seed, farm, channels }: Scenario): Simulation {
  return openSimulation(seed, generatedFarm(farm), { channels })
}

interface Run {
  readonly simulation: Simulation
  readonly injector: FaultInjector
  readonly beganAtMs: number
}

/** What did not come true, with its line; empty when all did. Stops at the first. */
export function runScenario(simulation: Simulation, { lines }: Pick<Scenario, 'lines'>): string[] {
  const run = { simulation, injector: createFaultInjector(simulation), beganAtMs: simulation.clock.monotonic() }
  for (const { line, words } of lines) {
    const problem = perform(run, words) ?? simulation.violations()[0]
    if (problem !== undefined) return [`line ${line}: ${words.join(' ')}: ${problem}`]
  }
  return []
}

function perform(run: Run, words: readonly string[]): string | undefined {
  const { simulation, injector } = run
  const [verb = '', a = '', b = '', ...rest] = words
  if (isFaultVerb(verb) && rest[1] !== 'off' && rest[0] !== 'off') return beginFault(run, words)
  switch (verb) {
    case 'fault':
      return endFault(injector, words.slice(0, 3))
    case 'restart':
    case 'resume':
      return endFault(injector, [verb === 'resume' ? 'pause' : 'crash', a])
    case 'heal':
      return endFault(injector, ['cut', a, ...(b === '' ? [] : [b])])
    case 'recover':
      injector.recover()
      return undefined
    case 'wait':
      simulation.runFor(durationMs(a))
      return undefined
    case 'within':
      return within(simulation, durationMs(a), [b, ...rest])
    case 'expect':
      return isSo(simulation, [a, b, ...rest]) ? undefined : seen(simulation)
    case 'never':
      return simulation.trace().find((one) => one.includes(b))
    default:
      return operate(simulation, verb as OperatorVerb, a, b)
  }
}

function beginFault({ simulation, injector, beganAtMs }: Run, words: readonly string[]): string | undefined {
  const nowMs = simulation.clock.monotonic()
  const fault = parseFault(withoutSwitch(words), nowMs)
  if (typeof fault === 'string') return fault
  if (words[0] === 'at') injector.plan([{ ...fault, atMs: fault.atMs + beganAtMs }])
  else injector.begin(fault)
  return undefined
}

function endFault(injector: FaultInjector, words: readonly string[]): string | undefined {
  const fault = parseFault(words, 0)
  if (typeof fault === 'string') return fault
  injector.end(fault)
  return undefined
}

type OperatorVerb = 'move' | 'drain' | 'hold' | 'unhold' | 'uncordon' | 'release' | 'unbrake'

function operate(simulation: Simulation, verb: OperatorVerb, a: string, b: string): string | undefined {
  const master = simulation.master()
  const commands: Readonly<Record<OperatorVerb, (answer: Answer<unknown>) => void>> = {
    move: (answer) => master.move(a, b, {}, answer),
    drain: (answer) => master.drain(a, {}, answer),
    hold: (answer) => master.hold(a, true, answer),
    unhold: (answer) => master.hold(a, false, answer),
    uncordon: (answer) => master.cordon(a, false, answer),
    release: (answer) => master.release(a, answer),
    unbrake: (answer) => master.unbrake(answer),
  }
  const answer = answered(simulation, commands[verb])
  return answer.ok ? undefined : `${answer.code}: ${answer.detail}`
}

function within(simulation: Simulation, ms: number, words: readonly string[]): string | undefined {
  if (words[0] === 'rest') return comeToRest(simulation, ms)
  return simulation.runUntil(() => isSo(simulation, words), ms) ? undefined : seen(simulation)
}

function isSo(simulation: Simulation, [what, ...words]: readonly string[]): boolean {
  if (what === 'blade') return isBlade(simulation, words)
  if (what === 'move') return isMove(simulation, words)
  if (what === 'alarm') return isAlarm(simulation, words)
  if (what === 'master') return isMaster(simulation, words)
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

function isAlarm(simulation: Simulation, [alarm, state]: readonly string[]): boolean {
  const stands = simulation.status()?.alarms.some((one) => one.alarm === alarm)
  return stands === (state === 'stands')
}

function isMaster(simulation: Simulation, [node = '', what, blade]: readonly string[]): boolean {
  if (what === 'at')
    return (
      simulation.isRunning(node) && simulation.status()?.blades.find((one) => one.blade === blade)?.carries === node
    )
  const master = simulation.status()?.master
  return master?.node === node && master?.state === 'leading'
}

function seen(simulation: Simulation): string {
  const blades = simulation.status()?.blades ?? []
  const { master, alarms } = simulation.status() ?? {}
  const said = `${master?.node} ${master?.state}, alarms ${alarms?.map(({ alarm }) => alarm).join(' ') || 'none'}`
  return `seen ${blades.map(({ blade, lifecycle, group, preparedFor }) => `${blade} ${lifecycle} ${group ?? preparedFor ?? 'pool'}`).join(', ')}; ${said}`
}

function durationMs(text: string): number {
  const ms = parseMs(text)
  if (ms === undefined || ms < 0) throw new ConfigError('COMMAND_INVALID', `${text} is no time: 250ms, 4s, 1m`)
  return ms
}
