// One run of a farm with somebody's drivers under the events of the failover machine. After each event, and in the end, when everything
// is mended, it says what does not hold: a promise of the farm (models/site-invariants.ts), one of the ports (driver-watch.ts), something
// that was awaited and did not come, a move that was not carried out though only masters failed, or a blade that is not what it is said to be.
import { InvariantError } from '../errors.ts'
import type { Answer } from '../ports/result.ts'
import { type MoveStep, moveStep } from '../protocol/board.ts'
import type { BladeId, GroupId, MoveId, NodeId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import type { MoveAnswer } from '../runtime/farm-control.ts'
import { agentsOf, mastersOf } from '../runtime/farm-layout.ts'
import type { BladeStatus } from '../runtime/farm-status.ts'
import { balancerNode } from '../runtime/site-book-of.ts'
import { answered } from './answered.ts'
import type { FailoverEvent, FailoverPlace } from './failover-machine.ts'
import type { FaultAct } from './fault.ts'
import { createFaultInjector } from './inject-faults.ts'
import type { MakeDrivers } from './own-drivers.ts'
import { comeToRest, usualLoad, whatIsMissing } from './run-schedule.ts'
import { createSimulation, type Simulation } from './simulation.ts'
import { watchedDrivers } from './watched-drivers.ts'

export interface FailoverTrialOptions {
  readonly seed: number
  readonly config: FarmConfig
  readonly drivers: MakeDrivers
}

export interface FailoverTrial {
  /** @returns what does not hold, then or since the event before; undefined when all is well */
  perform(event: FailoverEvent): string | undefined
  /** Mends everything, and waits until the farm is at rest. */
  settle(isOfMasters: boolean): string | undefined
  /** One line an event of any process, JSON. */
  trace(): readonly string[]
}

/** For the farm to come up, and to be at rest again. */
const restMs = 120_000
/** Whether it is up is looked for so often. */
const lookMs = 25
/** A new leader, or a whole pair: far above what the leases ask for, for this is no measurement. */
const awaitMs = 10_000
/** To a place that the move may never reach, because something has failed. */
const reachMs = 3_000

/** What fails lasts at least so long, but for what comes back by an event of its own. */
const lastsMs = 500

type HardwareEvent = Exclude<FailoverEvent['type'], `${'move' | 'leader' | 'peer'}.${string}` | `await${string}`>

export function openFailoverTrial({ seed, config, drivers }: FailoverTrialOptions): FailoverTrial {
  const found: string[] = []
  const passed = { asked: 0, acted: 0 }
  const simulation: Simulation = createSimulation({
    seed,
    config,
    grain: 'coarse',
    load: usualLoad(config),
    drivers: watchedDrivers(drivers, {
      contents: (blade) => simulation.hardware.contents(blade),
      members: (group) => simulation.balancer.read(group),
      broken: (sentence) => {
        if (!found.includes(sentence)) found.push(sentence)
      },
      passed: (what) => {
        passed[what] += 1
      },
    }),
  })
  const injector = createFaultInjector(simulation)
  const gone = new Map<NodeId, 'dead' | 'still'>()
  let led: NodeId | undefined
  let move: MoveId | undefined
  const { blade, to } = bringUp()
  const agent = agentsOf(config).find(({ blades }) => blades.some((one) => one.blade === blade))?.node ?? ''
  const losing: FaultAct = { kind: 'fault', fault: 'dropAnswers', blade }
  const cuts = mastersOf(config).map((from): FaultAct => ({ kind: 'cut', from, to: agent, isOneWay: false }))

  function bringUp(): { blade: BladeId; to: GroupId } {
    const isUp = () => whatIsMissing(simulation) === undefined && choose(simulation) !== undefined
    const thrown = guarded(() => {
      for (let ms = 0; ms < restMs && found.length === 0 && !isUp(); ms += lookMs) simulation.runFor(lookMs)
      return undefined
    })
    if (thrown !== undefined) found.push(thrown)
    const chosen = choose(simulation)
    if (chosen && isUp()) return chosen
    if (found.length === 0)
      found.push(`the farm did not come up: ${whatIsMissing(simulation) ?? 'no blade can be moved'}`)
    return { blade: '', to: '' }
  }

  /** A driver's own first: what the farm then suffers comes of it. */
  const problem = () => found[0] ?? simulation.violations()[0]
  const begin = (act: FaultAct) => injector.begin({ atMs: simulation.clock.monotonic(), forMs: null, ...act })

  function perform(event: FailoverEvent): string | undefined {
    if (problem() !== undefined) return problem()
    const missed = guarded(() => act(event))
    return problem() ?? missed
  }

  function act(event: FailoverEvent): string | undefined {
    switch (event.type) {
      case 'move.begin':
        return beginMove()
      case 'move.reach':
        return reach(event)
      case 'leader.kill':
      case 'leader.vanish':
      case 'leader.stall':
      case 'leader.handOver':
        return failLeader(event.type)
      case 'peer.return':
        for (const [node, how] of gone) simulation[how === 'dead' ? 'restart' : 'resume'](node)
        gone.clear()
        return undefined
      case 'awaitLeader':
        return awaited('nobody leads in the place of the lost leader', () => leader() !== undefined && leader() !== led)
      case 'awaitPair':
        return awaited('the masters are no pair again', isPaired)
      default:
        failHardware(event.type)
        return undefined
    }
  }

  function failHardware(what: HardwareEvent): void {
    switch (what) {
      case 'agent.kill':
        simulation.crash(agent)
        break
      case 'agent.return':
        simulation.restart(agent)
        break
      case 'answers.lose':
        begin(losing)
        break
      case 'answers.return':
      case 'channel.heal':
        simulation.runFor(lastsMs)
        for (const act of what === 'channel.heal' ? [...cuts, ...garbling] : [losing]) injector.end(act)
        break
      case 'channel.cut':
        cuts.forEach(begin)
        break
      case 'channel.garble':
        garbling.forEach(begin)
        break
      case 'blade.kill':
        begin({ kind: 'kill', blade })
        break
      default:
        what satisfies never
    }
  }

  // — the move ————————————————————————————————————————————————————————————————————————————————————

  function beginMove(): string | undefined {
    for (const group of groups()) simulation.master().hold(group, true, () => {})
    const answer = answered(simulation, (said: Answer<MoveAnswer>) => simulation.master().move(blade, to, {}, said))
    if (!answer.ok) return `the move of ${blade} to ${to} was refused: ${answer.code} ${answer.detail}`
    move = answer.value.move ?? undefined
    return awaited('the move does not begin', () => stepInHand() !== undefined)
  }

  const groups = () => (simulation.status()?.groups ?? []).map(({ group }) => group)
  const moveNow = () => simulation.status()?.moves.find((one) => one.move === move)
  const stepInHand = (): MoveStep | undefined => moveNow()?.step ?? undefined

  /** Where the move never gets to, there is nothing to strike: time has passed, and the trial goes on. */
  function reach({ step, moment }: FailoverPlace): undefined {
    const isPast = () => {
      const now = moveNow()
      if (now === undefined || now.isRollingBack) return true
      return now.step !== null && moveStep.options.indexOf(now.step) > moveStep.options.indexOf(step)
    }
    const isStopped = () => problem() !== undefined || (leader() !== undefined && isPast())
    simulation.runUntil(() => stepInHand() === step || isStopped(), reachMs)
    if (moment === 'announced' || stepInHand() !== step) return
    const before = passed[moment]
    simulation.runUntil(() => passed[moment] > before || isStopped(), reachMs)
  }

  // — what fails ——————————————————————————————————————————————————————————————————————————————————

  function leader(): NodeId | undefined {
    const master = simulation.status()?.master
    return master?.state === 'leading' && !gone.has(master.node) ? master.node : undefined
  }

  const isPaired = () => leader() !== undefined && simulation.status()?.master.redundancy === 'paired'

  function failLeader(how: 'leader.kill' | 'leader.vanish' | 'leader.stall' | 'leader.handOver'): string | undefined {
    const node = leader()
    if (node === undefined) return 'nobody leads'
    led = node
    if (how === 'leader.handOver') {
      const answer = answered(simulation, (said) => simulation.master().handover({}, said))
      return answer.ok ? undefined : `the hand-over was refused: ${answer.code} ${answer.detail}`
    }
    if (how === 'leader.stall') simulation.pause(node)
    else simulation.crash(node, { isNoticed: how === 'leader.kill' })
    gone.set(node, how === 'leader.stall' ? 'still' : 'dead')
    return undefined
  }

  function awaited(otherwise: string, isSo: () => boolean, withinMs = awaitMs): string | undefined {
    return simulation.runUntil(() => problem() !== undefined || isSo(), withinMs) ? undefined : otherwise
  }

  // — in the end ——————————————————————————————————————————————————————————————————————————————————

  function settle(isOfMasters: boolean): string | undefined {
    if (problem() !== undefined) return problem()
    simulation.runFor(lastsMs)
    gone.clear()
    injector.recover()
    // Held groups get no blade in the place of one that failed.
    const isFree = awaited('nobody leads though everything is mended', () => leader() !== undefined)
    if (isFree !== undefined) return isFree
    const isOver = () => move === undefined || (!simulation.openMoves().includes(move) && endOf(move) !== undefined)
    const isEnded = awaited(`${move} of ${blade} does not end`, isOver, restMs)
    if (isEnded !== undefined) return problem() ?? isEnded
    const outcome = move === undefined ? undefined : endOf(move)
    if (isOfMasters && outcome !== undefined && outcome !== 'done')
      return `only masters failed, and ${move} of ${blade} to ${to} ended as ${outcome}`
    for (const group of groups()) simulation.master().hold(group, false, () => {})
    const restless = comeToRest(simulation, restMs)
    if (problem() !== undefined || restless !== undefined) return problem() ?? restless
    // Until a board's next word, its master cannot know that the blade has just died.
    const isTrue = simulation.runUntil(() => problem() !== undefined || whatIsFalse(simulation).length === 0, awaitMs)
    return problem() ?? (isTrue ? undefined : whatIsFalse(simulation)[0])
  }

  function endOf(one: MoveId): string | undefined {
    const line = simulation.trace().findLast((text) => text.includes('"move.ended"') && text.includes(`"${one}"`))
    return line && String(JSON.parse(line).outcome)
  }

  return {
    perform,
    settle: (isOfMasters) => guarded(() => settle(isOfMasters)),
    trace: () => simulation.trace(),
  }
}

/** A driver that throws on a turn of its own would end its process; here it ends the run. */
function guarded(run: () => string | undefined): string | undefined {
  try {
    return run()
  } catch (error) {
    return `it threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}

/** Everywhere: the masters' own words come so as well. */
const garbling: readonly FaultAct[] = [
  { kind: 'repeat', ratio: 0.5, between: null },
  { kind: 'reorder', ratio: 0.5, between: null },
  { kind: 'delay', minMs: 1, maxMs: 60, between: null },
]

/** One that its group can spare, and a group that takes it. */
function choose(simulation: Simulation): { blade: BladeId; to: GroupId } | undefined {
  const { blades = [], groups = [] } = simulation.status() ?? {}
  const count = (group: GroupId) => blades.filter((one) => one.group === group && one.lifecycle === 'joined').length
  const committed = (group: GroupId) =>
    groups.find((one) => one.group === group)?.roles.reduce((sum, role) => sum + role.committed, 0) ?? 0
  for (const { blade, group, lifecycle, move } of blades) {
    const to = groups.find((one) => one.group !== group)?.group
    if (lifecycle !== 'joined' || group === null || move !== null || to === undefined) continue
    if (count(group) > committed(group)) return { blade, to }
  }
  return undefined
}

/** What is said of each blade, and what is in it. */
function whatIsFalse(simulation: Simulation): string[] {
  return (simulation.status()?.blades ?? []).flatMap((known) => {
    if (known.lifecycle !== 'joined' && known.lifecycle !== 'cold') return []
    const is = simulation.hardware.contents(known.blade)
    const places = { image: is.image, pointers: is.pointers, network: is.network, memory: is.memory }
    const holders = Object.entries(places).filter(([, group]) => group !== expectedIn(known))
    const isListed = (group: GroupId) => simulation.balancer.read(group).some(({ blade }) => blade === known.blade)
    const unlisted = known.lifecycle === 'joined' && known.group !== null && !isListed(known.group)
    return [
      ...holders.map(([place, group]) => `${sayKnown(known)}, and its ${place} is ${group ?? 'nobody'}'s`),
      ...(unlisted ? [`${sayKnown(known)}, and ${balancerNode} does not have it`] : []),
    ]
  })
}

function expectedIn({ lifecycle, group }: BladeStatus): GroupId | null {
  return lifecycle === 'joined' ? group : null
}

const sayKnown = ({ blade, lifecycle, group }: BladeStatus) => `${blade} is ${lifecycle}${group ? ` in ${group}` : ''}`

export function requireWell(problem: string | undefined): void {
  if (problem !== undefined) throw new InvariantError('INVARIANT_BROKEN', problem)
}
