// What operators ask of a site master, answered from its cells, its picture and its records.
import type { ActorSystem } from '../actors/actor-system.ts'
import type { PublicEvent } from '../actors/effects.ts'
import type { SiteMasterActor } from '../actors/implement-site-master.ts'
import type { MasterPair } from '../actors/master-pair.ts'
import { carriedBy } from '../actors/master-seats.ts'
import { bladePath, groupPath, masterPath, movePath } from '../actors/paths.ts'
import { type RedundancyHistory, redundancyAt } from '../actors/redundancy.ts'
import { type BookBlade, type BookGroup, bookBlade, bookGroup, type SiteBook } from '../actors/site-book.ts'
import type { SiteMemory } from '../actors/site-memory.ts'
import type { SitePicture } from '../actors/site-picture.ts'
import { checkOperatorMove } from '../decision/operator-move.ts'
import type { BladeLifecycle } from '../decision/plan-input.ts'
import { type StormBrake, stormReason } from '../decision/storm-brake.ts'
import type { ErrorCode } from '../errors.ts'
import type { BladeContext } from '../machines/blade-machine.ts'
import type { GroupContext } from '../machines/group-machine.ts'
import type { MoveContext } from '../machines/move-machine.ts'
import type { SiteMasterContext, SiteMasterEvent } from '../machines/site-master-machine.ts'
import type { Result } from '../ports/result.ts'
import type { BladeId, GroupId, NodeId } from '../protocol/ids.ts'
import type { Placement } from '../protocol/messages.ts'
import type { FarmControl, FarmEvent, MasterRole, MoveAnswer } from './farm-control.ts'
import type { AlarmStatus, BladeStatus, FarmStatus, GroupStatus, MoveStatus, ProcessStatus } from './farm-status.ts'
import type { MasterRecords } from './master-records.ts'
import type { MasterOptions } from './run-options.ts'

export interface MasterControlParts {
  readonly options: MasterOptions
  readonly system: ActorSystem
  readonly book: SiteBook
  readonly picture: SitePicture
  readonly leading: SiteMasterActor
  readonly records: MasterRecords
  readonly pair: Pick<MasterPair, 'redundancy' | 'isBarred' | 'isLeading' | 'voters' | 'peer'>
  /** Of the one that leads. */
  readonly memory: Pick<SiteMemory, 'placed' | 'redundancy'>
  readonly listeners: Set<(event: PublicEvent) => void>
  readonly journalIndex: () => number
}

const decisionsShown = 20

export function createMasterControl(parts: MasterControlParts): FarmControl {
  const { system, book, leading, records, listeners, options } = parts
  const { clock } = options.ports
  const state = () => String(system.snapshot(masterPath)?.value ?? 'starting')

  function refusal(blade?: BladeId): Extract<Result<never>, { ok: false }> | undefined {
    if (state() !== 'leading') return no('NOT_LEADING', `${options.node} is ${state()}`)
    if (blade !== undefined && !bookBlade(book, blade)) return no('BLADE_UNKNOWN', blade)
    return undefined
  }

  function dispatch(blade: BladeId, to: Placement, isDry: boolean): Result<MoveAnswer> {
    const now = clock.now()
    const input = leading.planInput(now)
    const checked = checkOperatorMove(input, blade, to, now)
    if (!checked.ok) return checked
    const { move: planned, warnings } = checked
    const answer = { ...planned, warnings }
    if (isDry || planned.steps.length === 0) return { ok: true, value: { ...answer, move: null } }
    const { decision, move } = leading.decide(input, planned, now)
    system.tell(masterPath, { type: 'master.dispatch', decision } as SiteMasterEvent)
    return { ok: true, value: { ...answer, move } }
  }

  function operate(operation: 'hold' | 'cordon' | 'unbrake', subject: string, on: boolean): Result<void> {
    system.tell(masterPath, { type: 'master.operate', operation, subject, on } as SiteMasterEvent)
    return { ok: true, value: undefined }
  }

  function role(): MasterRole {
    const context = system.snapshot(masterPath)?.context as SiteMasterContext | undefined
    return { node: options.node, state: state(), epoch: context?.epoch ?? 0, holdsLease: parts.pair.isLeading() }
  }

  return {
    role,
    status: () => statusOf(parts, state()),
    explain(id) {
      const record = records.find(id)
      return record ? { ok: true, value: record } : no('RECORD_UNKNOWN', id)
    },
    move(blade, group, { role, dryRun = false } = {}) {
      const refused = refusal(blade)
      if (refused) return refused
      const found = bookGroup(book, group)
      if (!found) return no('GROUP_UNKNOWN', `${group}; there are ${book.groups.map((one) => one.group).join(', ')}`)
      const [only, ...others] = found.roles
      const chosen = role ?? (others.length === 0 ? only?.role : undefined)
      if (chosen === undefined)
        return no(
          'GROUP_UNKNOWN',
          `${group} has several roles: say which of ${found.roles.map((one) => one.role).join(', ')}`,
        )
      return dispatch(blade, { kind: 'group', group, role: chosen }, dryRun)
    },
    drain(blade, { dryRun = false } = {}) {
      const refused = refusal(blade)
      if (refused) return refused
      const dispatched = dispatch(blade, { kind: 'cold' }, dryRun)
      if (dispatched.ok && !dryRun) operate('cordon', blade, true)
      return dispatched
    },
    cordon: (blade, on) => refusal(blade) ?? operate('cordon', blade, on),
    release(blade) {
      const refused = refusal(blade)
      if (refused) return refused
      const lifecycle = system.snapshot(bladePath(blade))?.value
      if (lifecycle !== 'quarantined')
        return no('BLADE_UNSUITABLE', `${blade} is ${String(lifecycle)}, not quarantined`)
      system.tell(bladePath(blade), { type: 'blade.release' })
      return { ok: true, value: undefined }
    },
    unbrake() {
      const refused = refusal()
      if (refused) return refused
      const lost = brakeOf(system)?.lost ?? []
      if (lost.length === 0) return no('NO_STORM', `${options.node} replaces what is lost`)
      const answered = operate('unbrake', book.site, false)
      return answered.ok ? { ok: true, value: { lost } } : answered
    },
    handover() {
      const refused = refusal()
      if (refused) return refused
      if (parts.pair.redundancy() !== 'paired') return no('NOT_PAIRED', `${options.node} is ${parts.pair.redundancy()}`)
      system.tell(masterPath, { type: 'master.resign', why: 'it handed over' } as SiteMasterEvent)
      return { ok: true, value: role() }
    },
    adopt() {
      if (!parts.pair.isBarred()) return no('LOSS_NOT_NEEDED', `${options.node} is ${state()}`)
      system.tell(masterPath, { type: 'master.lead', releases: 0, acceptsLoss: true } as SiteMasterEvent)
      return { ok: true, value: role() }
    },
    hold(group, on) {
      const refused = refusal()
      if (refused) return refused
      return bookGroup(book, group) ? operate('hold', group, on) : no('GROUP_UNKNOWN', group)
    },
    subscribe(listener) {
      const hear = (event: PublicEvent) => {
        const { input: _input, ...rest } = event
        listener({ at: clock.now(), ...rest } as FarmEvent)
      }
      listeners.add(hear)
      return () => listeners.delete(hear)
    },
  }
}

function statusOf(parts: MasterControlParts, state: string): FarmStatus {
  const { options, system, book, records, journalIndex } = parts
  const context = system.snapshot(masterPath)?.context as SiteMasterContext | undefined
  return {
    site: book.site,
    at: options.ports.clock.now(),
    master: {
      node: options.node,
      state,
      epoch: context?.epoch ?? 0,
      journalIndex: journalIndex(),
      automation: book.automation,
      redundancy: parts.pair.redundancy(),
      withoutRedundancy: withoutRedundancy(parts),
      voters: parts.pair.voters().members,
      why: context?.why ?? null,
    },
    alarms: alarmsOf(parts),
    processes: processesOf(parts),
    blades: book.blades.flatMap((blade) => bladeStatus(parts, blade) ?? []),
    groups: book.groups.map((group) => groupStatus(parts, group)),
    moves: system.paths('moves/').flatMap((path) => moveStatus(system, path) ?? []),
    decisions: records.decisions(decisionsShown),
    counters: { ...system.counters(), ...options.ports.transport.counters() },
  }
}

function brakeOf(system: ActorSystem): StormBrake | undefined {
  const snapshot = system.snapshot(masterPath)
  return snapshot?.value === 'leading' ? (snapshot.context as SiteMasterContext).memory.brake : undefined
}

function alarmsOf(parts: MasterControlParts): readonly AlarmStatus[] {
  return [...stormAlarm(parts), ...redundancyAlarm(parts)]
}

function withoutRedundancy({ system, pair, memory, options }: MasterControlParts): RedundancyHistory | null {
  const isLeading = system.snapshot(masterPath)?.value === 'leading'
  return isLeading && pair.peer.peer !== null ? redundancyAt(memory.redundancy, options.ports.clock.now()) : null
}

function redundancyAlarm(parts: MasterControlParts): AlarmStatus[] {
  const since = withoutRedundancy(parts)?.since ?? null
  if (since === null) return []
  const { options, pair } = parts
  const text = `${options.node} leads without redundancy (${pair.redundancy()}): ${pair.peer.peer} is away, or does not have everything yet`
  return [
    { alarm: 'NO_REDUNDANCY', since, text, whatToDo: `see that ${pair.peer.peer} runs; its launcher starts it again` },
  ]
}

function stormAlarm({ system, book }: MasterControlParts): AlarmStatus[] {
  const brake = brakeOf(system)
  if (brake === undefined || brake.since === null) return []
  const { text } = stormReason(brake, book.blades.length, book.limits.stormBrake)
  return [{ alarm: 'STORM_BRAKE', since: brake.since, text, whatToDo: 'mend the channel; or `bladewright unbrake`' }]
}

function processesOf({ options, picture }: MasterControlParts): readonly ProcessStatus[] {
  const isUp = (node: NodeId) => node === options.node || picture.isUp(node)
  const known = options.processes().map((process) => ({ ...process, isUp: isUp(process.node) }))
  const others = picture.peers().filter((peer) => !known.some(({ node }) => node === peer))
  return [...known, ...others.map((node) => ({ node, kind: 'other' as const, pid: null, isUp: true }))]
}

function bladeStatus(parts: MasterControlParts, { blade }: BookBlade): BladeStatus | undefined {
  const { system, picture } = parts
  const snapshot = system.snapshot(bladePath(blade))
  if (snapshot === undefined) return undefined
  const context = snapshot.context as BladeContext
  const { boardType, cabinet, group, role, preparedFor, move, hasReceipt, since, quarantineReason } = context
  const said = picture.statusOf(blade)
  return {
    blade,
    boardType,
    cabinet,
    lifecycle: snapshot.value as BladeLifecycle,
    group,
    role,
    preparedFor,
    move,
    isReachable: context.reachable,
    isCordoned: context.cordoned,
    carries: carriedBy(parts).get(blade) ?? null,
    hasReceipt,
    since,
    quarantineReason,
    board:
      said === undefined
        ? null
        : {
            power: said.power,
            pid: said.pid,
            address: said.address,
            image: said.pointers?.image ?? null,
            pointersGroup: said.pointers?.group ?? null,
            networks: said.networks,
            volumes: said.volumes,
            formerGroup: said.formerGroup,
            cpuRatio: said.cpuRatio,
            memoryBytes: said.memoryBytes,
          },
  }
}

function groupStatus(parts: MasterControlParts, group: BookGroup): GroupStatus {
  const { system, picture } = parts
  const snapshot = system.snapshot(groupPath(group.group))
  const context = snapshot?.context as GroupContext | undefined
  const blades = parts.book.blades.flatMap((blade) => bladeStatus(parts, blade) ?? [])
  return {
    group: group.group,
    account: group.account,
    state: String(snapshot?.value ?? 'unknown'),
    port: group.port,
    responseLimitMs: group.responseLimitMs,
    isHeld: context?.held ?? false,
    roles: group.roles.map(({ role, committed, max, warm }) => {
      const said = context?.wishes[role]
      const joined = blades.filter((blade) => isServing(blade, group.group, role)).length
      return {
        role,
        committed,
        max,
        warm,
        held: joined + onTheWay(system, group.group, role),
        joined,
        wish: said ? { kind: said.kind, desired: said.desired, wish: said.wish } : null,
      }
    }),
    members: context?.table.members ?? [],
    version: context?.table.version ?? { epoch: 0, index: 0 },
    traffic: picture.trafficOf(group.group),
  }
}

function isServing({ lifecycle, group, role }: BladeStatus, ofGroup: GroupId, ofRole: string): boolean {
  return lifecycle === 'joined' && group === ofGroup && role === ofRole
}

function onTheWay(system: ActorSystem, group: GroupId, role: string): number {
  return system.paths('moves/').filter((path) => {
    const context = system.snapshot(path)?.context as MoveContext | undefined
    const to = context?.to
    return to?.kind === 'group' && to.group === group && to.role === role && context?.from !== group
  }).length
}

function moveStatus(system: ActorSystem, path: string): MoveStatus | undefined {
  const snapshot = system.snapshot(path)
  if (snapshot === undefined || path !== movePath((snapshot.context as MoveContext).move)) return undefined
  const { move, blade, from, to, cause, decidedAt, steps, index, attempt, rollingBack } =
    snapshot.context as MoveContext
  const step = steps[index] ?? null
  return { move, blade, from, to, cause, decidedAt, step, attempt, isRollingBack: rollingBack }
}

function no(code: ErrorCode, detail: string): Extract<Result<never>, { ok: false }> {
  return { ok: false, code, detail }
}
