// The gate above a load balancer, one implementation for the real and the simulated one. Inwards it fences member lists
// (member-list-fence.ts); outwards it tells the leader, whoever that is by then, what the balancer measures and which members have
// drained. It serves the lists on disk with no master at all. "Drained" is told again every period until a newer list shows that it
// was heard: the master that asked may be gone, and its successor must learn it without asking.
import type { Clock, Timer } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { LoadBalancer } from '../ports/load-balancer.ts'
import type { Log } from '../ports/log.ts'
import type { Answer } from '../ports/result.ts'
import { type Address, formatAddress, leaderNode } from '../protocol/address.ts'
import type { CommandOrder } from '../protocol/board.ts'
import type { Lane } from '../protocol/envelope.ts'
import type { BladeId, GroupId, NodeId, SiteId } from '../protocol/ids.ts'
import type { Message } from '../protocol/messages.ts'
import { createMemberListFence, type FenceCounters } from './member-list-fence.ts'

export interface BalancerGateOptions {
  readonly site: SiteId
  readonly node: NodeId
  readonly clock: Clock
  readonly disk: Disk
  readonly loadBalancer: LoadBalancer
  readonly log: Log
  /** Those that the balancer has a port for. Lists of others are ignored and counted. */
  readonly groups: readonly GroupId[]
  readonly reportPeriodMs: number
  send(to: Address, message: Message, options?: { lane?: Lane; key?: string }): void
}

export interface BalancerGate {
  /** Answers when the lists on disk are in force. DISK_FAILED when they cannot be read: then nothing is served. Once. */
  start(ready: Answer<void>): void
  received(from: Address, message: Message): void
  /** As a process that ends: nothing is sent or applied any more. The load balancer is its owner's to close. */
  stop(): void
  counters(): Readonly<BalancerGateCounters>
}

export interface BalancerGateCounters extends FenceCounters {
  /** Not for this gate, or nonsense: another type, an unknown group, a blade twice in a list, two lists under one version. */
  ignored: number
}

/** Messages kept while the disk is read; the senders of more have to repeat them. */
const earlyMax = 256
/** Bound of the message. */
const reportedMembersMax = 1024
const noVersion: CommandOrder = { epoch: 0, index: 0 }

export function createBalancerGate(options: BalancerGateOptions): BalancerGate {
  const { clock, disk, loadBalancer, log, groups } = options
  const drained = new Map<GroupId, Set<BladeId>>(groups.map((group) => [group, new Set()]))
  const early: [Address, Message][] = []
  let state: 'starting' | 'running' | 'stopped' = 'starting'
  let ignored = 0
  let reportTimer: Timer | undefined
  let reportedAtMs = 0

  const fence = createMemberListFence({
    disk,
    loadBalancer,
    log,
    groups,
    answer: (asker, message) => options.send(asker, message, { lane: 'control' }),
    onTakingEffect: ({ group }) => drained.get(group)?.clear(),
    onIgnored: (why, { group, version }) => ignore(why, { group, version }),
  })

  loadBalancer.onDrained((group, blade) => {
    const listed = fence.inForce(group)?.members.find((member) => member.blade === blade)
    if (state === 'stopped' || listed?.state !== 'draining') return
    drained.get(group)?.add(blade)
    if (state === 'running') tellDrained(group, blade)
  })

  function ignore(why: string, fields: Record<string, unknown>): void {
    ignored += 1
    log.warn('balancer.message.ignored', { why, ...fields })
  }

  function leadersGroup(group: GroupId): Address {
    return formatAddress(options.site, leaderNode, `groups/${group}`)
  }

  function versionOf(group: GroupId): CommandOrder {
    return fence.inForce(group)?.version ?? noVersion
  }

  function tellDrained(group: GroupId, blade: BladeId): void {
    const message: Message = { type: 'balancer.member.drained', group, blade, version: versionOf(group) }
    options.send(leadersGroup(group), message, { lane: 'control' })
  }

  function reportAll(): void {
    const nowMs = clock.monotonic()
    // What really passed: a process that was paused must not turn its pause into throughput.
    const periodMs = nowMs > reportedAtMs ? nowMs - reportedAtMs : options.reportPeriodMs
    reportedAtMs = nowMs
    for (const group of groups) {
      report(group, periodMs)
      for (const blade of drained.get(group) ?? []) tellDrained(group, blade)
    }
    reportTimer = clock.setTimer(options.reportPeriodMs, reportAll)
  }

  function report(group: GroupId, periodMs: number): void {
    const { arrived, refused, members } = loadBalancer.takeReport(group)
    const version = versionOf(group)
    const counted = { arrived, refused, version, members: members.slice(0, reportedMembersMax) }
    const message: Message = { type: 'balancer.report', group, at: clock.now(), periodMs, ...counted }
    options.send(leadersGroup(group), message, { lane: 'status', key: group })
  }

  /** Before its own lists are read it has none to say. */
  function sayList(asker: Address, group: GroupId): void {
    const list = fence.inForce(group)
    if (list) options.send(asker, { type: 'balancer.list.said', list }, { lane: 'control' })
  }

  function run(ready: Answer<void>): void {
    state = 'running'
    reportedAtMs = clock.monotonic()
    reportTimer = clock.setTimer(options.reportPeriodMs, reportAll)
    log.info('balancer.gate.ready', { node: options.node, groups })
    ready({ ok: true, value: undefined })
    for (const [from, message] of early.splice(0)) received(from, message)
  }

  function received(from: Address, message: Message): void {
    if (state === 'stopped') return
    if (message.type === 'balancer.list.poll') sayList(from, message.group)
    else if (message.type !== 'balancer.members.set') ignore('not for a balancer', { type: message.type })
    else if (state === 'running') fence.set(from, message.list)
    else if (early.length < earlyMax) early.push([from, message])
    else ignore('not ready', { group: message.list.group })
  }

  return {
    received,
    start(ready) {
      fence.restore((result) => {
        if (result.ok) run(ready)
        else ready(result)
      })
    },
    stop() {
      state = 'stopped'
      fence.stop()
      reportTimer?.cancel()
    },
    counters: () => ({ ...fence.counters, ignored }),
  }
}
