// Lets member lists through to the load balancer from one master at a time (promise 3): a list passes when its version (epoch, index)
// is above every one that passed before, also before a restart. So the order is: compare, write to disk, apply, answer; each step may
// be the last one before a crash:
// - before the write is durable: the old list is served after the restart, nobody was answered, the master sends it again;
// - after it: the new list is served after the restart, and the master's repeat is answered from it.
import type { Disk } from '../ports/disk.ts'
import type { LoadBalancer } from '../ports/load-balancer.ts'
import type { Log } from '../ports/log.ts'
import type { Answer } from '../ports/result.ts'
import type { Address } from '../protocol/address.ts'
import type { CommandOrder } from '../protocol/board.ts'
import type { GroupId } from '../protocol/ids.ts'
import type { MemberList, Message } from '../protocol/messages.ts'
import { readMemberLists, writeMemberLists } from './member-list-file.ts'

export interface MemberListFenceParts {
  readonly disk: Disk
  readonly loadBalancer: LoadBalancer
  readonly log: Log
  /** Lists of others are ignored; those on disk are kept, for their fence. */
  readonly groups: readonly GroupId[]
  answer(asker: Address, message: Message): void
  /** The list is durable and is about to be given to the load balancer. */
  onTakingEffect(list: MemberList): void
  onIgnored(why: string, list: MemberList): void
}

export interface MemberListFence {
  /** Puts the lists on disk in force, then answers. DISK_FAILED when they cannot be read. */
  restore(restored: Answer<void>): void
  set(from: Address, list: MemberList): void
  /** Newest durable list. */
  inForce(group: GroupId): MemberList | undefined
  /** As a process that ends: no answer, no effect any more. */
  stop(): void
  readonly counters: Readonly<FenceCounters>
}

export interface FenceCounters {
  applied: number
  refused: number
  /** Nobody was answered; a repeat tries again. */
  diskFailures: number
}

/** A list that passed, on its way to its effect. */
interface Passed {
  readonly list: MemberList
  /** Who hears that it is applied. */
  readonly askers: Set<Address>
  effect: 'none' | 'applying' | 'applied'
}

interface Lane {
  /** Newest that passed, and waits for the disk. */
  waiting?: Passed | undefined
  writing?: Passed | undefined
  durable?: Passed | undefined
}

export function createMemberListFence(parts: MemberListFenceParts): MemberListFence {
  const lanes = new Map<GroupId, Lane>(parts.groups.map((group) => [group, {}]))
  const counters: FenceCounters = { applied: 0, refused: 0, diskFailures: 0 }
  let others: readonly MemberList[] = []
  let writing = false
  let stopped = false

  function set(from: Address, list: MemberList): void {
    const lane = lanes.get(list.group)
    const newest = lane?.waiting ?? lane?.writing ?? lane?.durable
    const order = newest ? compareVersions(list.version, newest.list.version) : 1
    if (!lane) parts.onIgnored('unknown group', list)
    else if (hasDuplicates(list)) parts.onIgnored('a blade twice in a list', list)
    else if (!newest || order > 0) letPass(lane, { list, askers: new Set([from]), effect: 'none' })
    else if (order < 0) refuse(from, list, newest.list.version)
    else if (!isSameList(list, newest.list)) parts.onIgnored('two lists under one version', list)
    else repeat(from, lane, newest)
  }

  function refuse(asker: Address, { group, version }: MemberList, current: CommandOrder): void {
    counters.refused += 1
    parts.answer(asker, { type: 'balancer.members.refused', group, version, current })
  }

  function repeat(from: Address, lane: Lane, known: Passed): void {
    known.askers.add(from)
    if (known.effect === 'applied') answerApplied(known)
    else if (known === lane.durable && known.effect === 'none') apply(known)
  }

  function letPass(lane: Lane, passed: Passed): void {
    const overtaken = lane.waiting
    lane.waiting = passed
    if (overtaken) for (const asker of overtaken.askers) refuse(asker, overtaken.list, passed.list.version)
    if (!writing) writeWaiting()
  }

  /** One write at a time, of all that waits: the file holds every group. */
  function writeWaiting(): void {
    const due = [...lanes.values()].filter((lane) => lane.waiting)
    if (due.length === 0) return
    writing = true
    for (const lane of due) {
      lane.writing = lane.waiting
      lane.waiting = undefined
    }
    const lists = [...lanes.values()].flatMap((lane) => (lane.writing ?? lane.durable)?.list ?? [])
    writeMemberLists(parts.disk, [...lists, ...others], (result) => {
      if (stopped) return
      writing = false
      if (!result.ok) tellNotDurable(result)
      const written = due.map((lane) => endWriting(lane, result.ok))
      // Only now: an effect may bring the next list in before it returns.
      for (const passed of written) if (passed && isInForce(passed)) apply(passed)
      if (!writing) writeWaiting()
    })
  }

  function endWriting(lane: Lane, isDurable: boolean): Passed | undefined {
    const written = isDurable ? lane.writing : undefined
    lane.writing = undefined
    lane.durable = written ?? lane.durable
    return written
  }

  function isInForce(passed: Passed): boolean {
    return lanes.get(passed.list.group)?.durable === passed
  }

  function apply(passed: Passed, applied: () => void = () => {}): void {
    passed.effect = 'applying'
    parts.onTakingEffect(passed.list)
    parts.loadBalancer.apply(passed.list.group, passed.list.members, (result) => {
      if (stopped) return
      passed.effect = result.ok ? 'applied' : 'none'
      if (result.ok) answerApplied(passed)
      else parts.log.error('balancer.list.notApplied', { group: passed.list.group, ...result })
      applied()
    })
  }

  function answerApplied({ list: { group, version }, askers }: Passed): void {
    const answered = [...askers]
    askers.clear()
    counters.applied += answered.length
    for (const asker of answered) parts.answer(asker, { type: 'balancer.members.applied', group, version })
  }

  function tellNotDurable(failure: { code: string; detail: string }): void {
    counters.diskFailures += 1
    parts.log.error('balancer.lists.notDurable', { code: failure.code, detail: failure.detail })
  }

  function restoreLists(lists: readonly MemberList[], restored: () => void): void {
    others = lists.filter(({ group }) => !lanes.has(group))
    // One more than there are, so that an answer inside the loop cannot end it early.
    let pending = 1
    const applied = () => {
      pending -= 1
      if (pending === 0) restored()
    }
    for (const list of lists) {
      const lane = lanes.get(list.group)
      if (!lane) continue
      pending += 1
      lane.durable = { list, askers: new Set(), effect: 'none' }
      apply(lane.durable, applied)
    }
    applied()
  }

  return {
    counters,
    set,
    restore(restored) {
      readMemberLists(parts.disk, (result) => {
        if (stopped) return
        if (result.ok) restoreLists(result.value, () => restored({ ok: true, value: undefined }))
        else restored(result)
      })
    },
    inForce: (group) => lanes.get(group)?.durable?.list,
    stop() {
      stopped = true
    },
  }
}

function compareVersions(a: CommandOrder, b: CommandOrder): number {
  return a.epoch - b.epoch || a.index - b.index
}

function isSameList(a: MemberList, b: MemberList): boolean {
  const key = ({ members }: MemberList) => JSON.stringify(members.map((m) => [m.blade, m.address, m.bootId, m.state]))
  return key(a) === key(b)
}

function hasDuplicates({ members }: MemberList): boolean {
  return new Set(members.map(({ blade }) => blade)).size < members.length
}
