// What a site master says of its farm, put together from its cells, its picture and its records.
import type { ActorSystem } from '../actors/actor-system.ts'
import type { MasterPair } from '../actors/master-pair.ts'
import { carriedBy } from '../actors/master-seats.ts'
import { bladePath, groupPath, masterPath, movePath } from '../actors/paths.ts'
import { type RedundancyHistory, redundancyAt } from '../actors/redundancy.ts'
import type { BookBlade, BookGroup, SiteBook } from '../actors/site-book.ts'
import type { SiteMemory } from '../actors/site-memory.ts'
import type { SitePicture } from '../actors/site-picture.ts'
import type { BladeLifecycle } from '../decision/plan-input.ts'
import { type StormBrake, stormReason } from '../decision/storm-brake.ts'
import type { BladeContext } from '../machines/blade-machine.ts'
import type { GroupContext } from '../machines/group-machine.ts'
import type { MoveContext } from '../machines/move-machine.ts'
import type { SiteMasterContext } from '../machines/site-master-machine.ts'
import type { GroupId, NodeId } from '../protocol/ids.ts'
import type { AlarmStatus, BladeStatus, FarmStatus, GroupStatus, MoveStatus, ProcessStatus } from './farm-status.ts'
import type { MasterRecords } from './master-records.ts'
import type { MasterOptions } from './run-options.ts'

export interface MasterStatusParts {
  readonly options: MasterOptions
  readonly system: ActorSystem
  readonly book: SiteBook
  readonly picture: SitePicture
  readonly records: MasterRecords
  readonly pair: Pick<MasterPair, 'redundancy' | 'voters' | 'peer'>
  /** Of the one that leads. */
  readonly memory: Pick<SiteMemory, 'placed' | 'redundancy'>
  readonly journalIndex: () => number
}

const decisionsShown = 20

export function statusOf(parts: MasterStatusParts, state: string): FarmStatus {
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
    channels: options.ports.transport.channels(),
    processes: processesOf(parts),
    blades: book.blades.flatMap((blade) => bladeStatus(parts, blade) ?? []),
    groups: book.groups.map((group) => groupStatus(parts, group)),
    moves: system.paths('moves/').flatMap((path) => moveStatus(system, path) ?? []),
    decisions: records.decisions(decisionsShown),
    counters: { ...system.counters(), ...options.ports.transport.counters() },
  }
}

export function brakeOf(system: ActorSystem): StormBrake | undefined {
  const snapshot = system.snapshot(masterPath)
  return snapshot?.value === 'leading' ? (snapshot.context as SiteMasterContext).memory.brake : undefined
}

function alarmsOf(parts: MasterStatusParts): readonly AlarmStatus[] {
  return [...stormAlarm(parts), ...redundancyAlarm(parts)]
}

function withoutRedundancy({ system, pair, memory, options }: MasterStatusParts): RedundancyHistory | null {
  const isLeading = system.snapshot(masterPath)?.value === 'leading'
  return isLeading && pair.peer.peer !== null ? redundancyAt(memory.redundancy, options.ports.clock.now()) : null
}

function redundancyAlarm(parts: MasterStatusParts): AlarmStatus[] {
  const since = withoutRedundancy(parts)?.since ?? null
  if (since === null) return []
  const { options, pair } = parts
  const said = pair.peer.lastTrouble()
  const what = `${options.node} leads without redundancy (${pair.redundancy()}): ${pair.peer.peer} is away, or does not have everything yet`
  const text = said === null ? what : `${what}; it said: ${said}`
  return [
    { alarm: 'NO_REDUNDANCY', since, text, whatToDo: `see that ${pair.peer.peer} runs; its launcher starts it again` },
  ]
}

function stormAlarm({ system, book }: MasterStatusParts): AlarmStatus[] {
  const brake = brakeOf(system)
  if (brake === undefined || brake.since === null) return []
  const { text } = stormReason(brake, book.blades.length, book.limits.stormBrake)
  return [{ alarm: 'STORM_BRAKE', since: brake.since, text, whatToDo: 'mend the channel; or `bladewright unbrake`' }]
}

function processesOf({ options, picture }: MasterStatusParts): readonly ProcessStatus[] {
  const isUp = (node: NodeId) => node === options.node || picture.isUp(node)
  const known = options.processes().map((process) => ({ ...process, isUp: isUp(process.node) }))
  const others = picture.peers().filter((peer) => !known.some(({ node }) => node === peer))
  return [...known, ...others.map((node) => ({ node, kind: 'other' as const, pid: null, isUp: true }))]
}

function bladeStatus(parts: MasterStatusParts, { blade }: BookBlade): BladeStatus | undefined {
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

function groupStatus(parts: MasterStatusParts, group: BookGroup): GroupStatus {
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
