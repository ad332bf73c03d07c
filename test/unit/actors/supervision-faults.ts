// Runs the fault farm once for each point and says what is not as it was promised (docs/architecture.md, "After a crash").
//   unseen    without `wake` a fault leaves no trace: the same snapshots, timers, children and mail, the same effects at the same
//             time, the same journal
//   restored  a cell that starts again after a crash has what it had before the event, and the event first in its mail
//   ended     with `wake` the moves end where they would have ended, and no command was carried out twice
//   buried    an event that crashes twice is one dead letter; everybody is there, and goes on
import type { EventObject } from 'xstate'
import type { ActorSystem } from '../../../src/actors/actor-system.ts'
import { moveStep } from '../../../src/protocol/board.ts'
import { createFaultFarm, type FaultFarm, type FaultMode } from './fault-farm.ts'
import { type FaultKind, type FaultPoint, faultKinds } from './fault-injector.ts'

/** Nothing is thrown into a cell: it must not even be started again. */
const harmless: readonly FaultKind[] = [
  'journal.answersTwice',
  'call.answersTwice',
  'send.nowhere',
  'spawn.collides',
  'stop.nobody',
  'publish.throws',
  'observer.throws',
]
/** Those that take the event back. */
const takesBack: readonly FaultKind[] = ['event.before', 'event.after', 'guard', 'action', 'effect']

const nowhereLetters = 4

interface State {
  readonly snapshot: string
  readonly timers: string
  readonly mail: readonly string[]
}

interface Expected {
  readonly path: string
  readonly before: State | undefined
  readonly event: EventObject
}

interface Reference {
  readonly farm: FaultFarm
  /** State of the cell before each event, in the order of events of both nodes. */
  readonly before: readonly State[]
  readonly end: readonly string[]
  readonly outcome: readonly string[]
}

const references = new Map<FaultMode, Reference>()

function referenceFor(mode: FaultMode): Reference {
  const known = references.get(mode)
  if (known) return known
  const before: State[] = []
  const farm = createFaultFarm({
    mode,
    observe({ systems }, node, { kind, path }) {
      if (kind === 'event') before.push(stateOf(systems[node], path))
    },
  })
  farm.run()
  const made = { farm, before, end: endOf(farm), outcome: outcomeOf(farm) }
  references.set(mode, made)
  return made
}

/** Of each kind so many, over the whole run; each a little further within its stretch, for what goes on in a farm is periodic. */
export function faultPoints(countMax: number, mode: FaultMode): FaultPoint[] {
  const { counts } = referenceFor(mode).farm.injector
  return faultKinds.flatMap((kind) => {
    // Its answer never comes: only one that wakes asks again.
    if (kind === 'call.throws' && mode !== 'waking') return []
    const all = Array.from({ length: counts[kind] }, (_, at): FaultPoint => ({ kind, at }))
    const stride = Math.max(1, Math.ceil(all.length / countMax))
    return all.filter(({ at }) => at % stride === Math.floor(at / stride) % stride)
  })
}

/** An event that crashes at both of its attempts. */
export function poisonPoints(countMax: number): FaultPoint[] {
  return faultPoints(countMax, 'alone').flatMap((point) =>
    point.kind === 'event.before' || point.kind === 'event.after' ? [{ ...point, times: 2 }] : [],
  )
}

/** What is not as promised; undefined when all is. */
export function brokenBy(fault: FaultPoint, mode: FaultMode): string | undefined {
  const reference = referenceFor(mode)
  const gaps: string[] = []
  let events = 0
  let expected: Expected | undefined
  const farm = createFaultFarm({
    fault,
    mode,
    observe({ systems, injector }, node, { kind, path, event }) {
      if (kind === 'event') events += 1
      if (kind === 'crashed' && event) expected = { path, before: reference.before[events - 1], event }
      if (kind !== 'restarted' || expected?.path !== path || injector.strikes > 1 || !takesBack.includes(fault.kind))
        return
      gaps.push(...restoredGap(stateOf(systems[node], path), expected))
      expected = undefined
    },
  })
  try {
    farm.run()
  } catch (thrown) {
    return `${nameOf(fault, mode)}: not contained: ${String(thrown)}`
  }
  if (farm.injector.strikes !== (fault.times ?? 1)) gaps.push(`struck ${farm.injector.strikes} times`)
  if (fault.times === 2) gaps.push(...buriedGap(farm))
  else
    gaps.push(
      ...countersGap(farm, fault, mode),
      ...(mode === 'waking' ? endedGap(farm, reference) : unseenGap(farm, fault, reference)),
    )
  return gaps.length === 0 ? undefined : `${nameOf(fault, mode)}: ${gaps.join('; ')}`
}

function nameOf({ kind, at, times = 1 }: FaultPoint, mode: FaultMode): string {
  return `${kind} ${at}${times > 1 ? ` ${times} times` : ''}, ${mode}`
}

// — what there is to compare ————————————————————————————————————————————————————————————————————

function stateOf(system: ActorSystem, path: string): State {
  const { timers = [], mail = [] } = system.waiting(path) ?? {}
  return {
    snapshot: json(system.persistedSnapshot(path)),
    timers: json(timers.toSorted((a, b) => (a.name < b.name ? -1 : 1))),
    mail: mail.map(json),
  }
}

function json(value: unknown): string {
  return JSON.stringify(value) ?? 'none'
}

/**
 * Everything that is and was, but for what crashed and how often. Sorted: which of two cells acts first within one millisecond is
 * promised to nobody.
 */
function endOf({ systems, world, journal }: FaultFarm): string[] {
  const cells = Object.entries(systems).flatMap(([node, system]) =>
    system.paths().map((path) => `${node} ${path} ${json(stateOf(system, path))}`),
  )
  return [...cells, ...world, ...journal].toSorted()
}

/** Where everything came to, whatever it took. */
function outcomeOf({ systems, world, contents }: FaultFarm): string[] {
  const cells = Object.entries(systems).flatMap(([node, system]) =>
    system.paths().map((path) => `${node} ${path} ${json(system.snapshot(path)?.value)}`),
  )
  const { hired, reports } = systems.m1.snapshot('toy')?.context ?? {}
  const ends = world.filter((line) => line.includes('"type":"move.ended"'))
  const outcomes = ends.map((line) => /"outcome":"\w+"/.exec(line)?.[0] ?? line)
  return [...cells.toSorted(), json({ hired, reports }), ...outcomes, ...lastLists(world), json(contents())]
}

function lastLists(world: readonly string[]): string[] {
  const last = new Map<string, string>()
  for (const line of world.filter((one) => one.includes(' list '))) {
    const { group, members } = JSON.parse(line.slice(line.indexOf('{')))
    last.set(group, `${group} ${json(members.map(({ blade, state }: Member) => [blade, state]))}`)
  }
  return [...last.values()].toSorted()
}

interface Member {
  readonly blade: string
  readonly state: string
}

// — the promises ————————————————————————————————————————————————————————————————————————————————

function restoredGap(found: State, { before, event }: Expected): string[] {
  if (!before) return ['crashed at an event that the run without fault does not have']
  const mail = [json(event), ...before.mail]
  return [
    ...(found.snapshot === before.snapshot ? [] : ['another snapshot than before the event']),
    ...(found.timers === before.timers ? [] : [`timers ${found.timers}, before the event ${before.timers}`]),
    ...(mail.every((one, i) => one === found.mail[i]) ? [] : [`mail ${found.mail}, to be ${mail}`]),
  ]
}

function unseenGap(farm: FaultFarm, { kind }: FaultPoint, { end }: Reference): string[] {
  const isTwice = kind === 'journal.lies'
  const found = endOf(farm)
  return difference(isTwice ? [...new Set(found)] : found, isTwice ? [...new Set(end)] : end)
}

function endedGap(farm: FaultFarm, { outcome }: Reference): string[] {
  return [...difference(outcomeOf(farm), outcome), ...repeatedCommands(farm.world)]
}

function difference(found: readonly string[], expected: readonly string[]): string[] {
  const i = expected.findIndex((line, at) => line !== found[at])
  if (i >= 0) return [`${found[i] ?? 'nothing more'} instead of ${expected[i]}`]
  return found.length > expected.length ? [`too much: ${found[expected.length]}`] : []
}

/** The board's record is kept before the act, so that each command is begun at most once. */
function repeatedCommands(world: readonly string[]): string[] {
  const commands = world.filter((line) => line.includes(' command '))
  const keys = new Set(commands.map((line) => /"id":(\{[^}]*\})/.exec(line)?.[1] ?? ''))
  return moveStep.options.flatMap((step) => {
    const asked = [...keys].filter((key) => key.includes(`"step":"${step}"`)).length
    const begun = world.filter((line) => line.endsWith(` call "${step}"`)).length
    return begun <= asked ? [] : [`${step} was asked for ${asked} times and begun ${begun} times`]
  })
}

function countersGap({ systems, observations }: FaultFarm, { kind }: FaultPoint, mode: FaultMode): string[] {
  const { crashes, restarts } = sum(systems)
  const letters = Object.values(systems).flatMap((system) => system.deadLetters())
  const due = harmless.includes(kind) ? 0 : 1
  // The two groups are siblings; at an event both are up.
  const isOfGroup = observations.some((one) => one.kind === 'crashed' && one.event && one.path.startsWith('groups/'))
  const isAsDue = mode === 'together' && due > 0 ? restarts >= (isOfGroup ? 2 : 1) : restarts === due
  const undelivered = letters.filter(({ why }) => why === 'poison' || why === 'mailboxFull')
  return [
    ...(crashes === due && isAsDue ? [] : [`${crashes} crashes and ${restarts} restarts instead of ${due}`]),
    ...undelivered.map((letter) => `dead letter ${json(letter)}`),
    ...(kind === 'send.nowhere' && letters.length < nowhereLetters ? ['mail to nobody is no dead letter'] : []),
  ]
}

/** Twice on one event; or at the start, where there is no event to bury. */
function buriedGap({ systems, observations }: FaultFarm): string[] {
  const { crashes, restarts } = sum(systems)
  const poison = Object.values(systems).flatMap((system) => system.deadLetters().filter(({ why }) => why === 'poison'))
  const crashed = observations.filter(({ kind }) => kind === 'crashed')
  const [first] = crashed
  const goesOn = first && systems[first.node].has(first.path)
  const permanent = ['toy', 'cabinets/c01/c01-s01', 'groups/acme/web', 'groups/acme/api']
  return [
    ...(crashes === 2 && restarts === 2 ? [] : [`${crashes} crashes and ${restarts} restarts instead of 2`]),
    ...(poison.length === 1 ? [] : [`${poison.length} dead letters of poison`]),
    ...(poison[0] && first && poison[0].to === first.path ? [] : ['the dead letter is not of the cell that crashed']),
    ...(goesOn || first?.path.startsWith('moves/') || first?.path.startsWith('helpers/') ? [] : ['it does not go on']),
    ...permanent.filter((path) => !systems.m1.has(path)).map((path) => `${path} is gone`),
    ...(systems.a01.has('boards/c01-s01') ? [] : ['the board is gone']),
  ]
}

function sum(systems: FaultFarm['systems']): { crashes: number; restarts: number } {
  const [a, b] = [systems.m1.counters(), systems.a01.counters()]
  return { crashes: a.crashes + b.crashes, restarts: a.restarts + b.restarts }
}
