// A balancer process that can die at any timer and be started anew on the same disk, on a virtual clock.
import { type BalancerGate, createBalancerGate } from '../../../src/actors/balancer-gate.ts'
import type { Disk } from '../../../src/ports/disk.ts'
import type { Log } from '../../../src/ports/log.ts'
import type { Result } from '../../../src/ports/result.ts'
import type { Address } from '../../../src/protocol/address.ts'
import type { Lane } from '../../../src/protocol/envelope.ts'
import type { GroupId } from '../../../src/protocol/ids.ts'
import type { Member, MemberList, Message } from '../../../src/protocol/messages.ts'
import {
  createSimulatedLoadBalancer,
  type SimulatedLoadBalancer,
} from '../../../src/testing/simulated-load-balancer.ts'
import type { SimulatedServer } from '../../../src/testing/simulated-server.ts'
import { createVirtualClock, type VirtualClock } from '../../../src/testing/virtual-clock.ts'

export const groups = ['shop/web', 'news/web']
export const master: Address = 'bw://hall/m1/groups/shop/web#1'
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

export interface Sent {
  readonly to: Address
  readonly message: Message
  readonly lane: Lane | undefined
  readonly key: string | undefined
}

export interface GateRig {
  readonly clock: VirtualClock
  readonly files: Map<string, Uint8Array>
  readonly sent: Sent[]
  /** Every list that the balancer was given, in order, over all lives: `group epoch.index`. */
  readonly effects: string[]
  readonly disk: { full: boolean }
  gate(): BalancerGate
  balancer(): SimulatedLoadBalancer
  started(): Result<void> | undefined
  set(list: MemberList, from?: Address): void
  poll(group: GroupId): void
  /** Messages of one type since the last call that took them. */
  take<T extends Message['type']>(type: T): Sent[]
  /** The process dies here; everything in hand is lost, but not the files. */
  crash(): void
  restart(served?: readonly GroupId[]): void
}

/** A list whose members tell its version, so that an effect can be traced to it. */
export function list(group: GroupId, epoch: number, index: number, entry: Partial<Member> = {}): MemberList {
  const bootId = `boot-${epoch}.${index}`
  const member: Member = { blade: 'c01-s01', address: '10.0.0.1:80', bootId, state: 'ready', ...entry }
  return { group, version: { epoch, index }, members: [member] }
}

export function createGateRig(files = new Map<string, Uint8Array>()): GateRig {
  const clock = createVirtualClock()
  const disk = { full: false }
  const sent: Sent[] = []
  const effects: string[] = []
  let life = startLife(groups)

  function startLife(served: readonly GroupId[]) {
    const loadBalancer = createSimulatedLoadBalancer({ clock, server: everybody(clock), groups: served })
    const traced: SimulatedLoadBalancer = {
      ...loadBalancer,
      apply(group, members, answer) {
        effects.push(`${group} ${members[0]?.bootId.replace('boot-', '')}`)
        loadBalancer.apply(group, members, answer)
      },
    }
    const power = { on: true }
    const gate = createBalancerGate({
      site: 'hall',
      node: 'lb',
      clock,
      disk: createDyingDisk(clock, files, disk, power),
      loadBalancer: traced,
      log: silent,
      groups: served,
      reportPeriodMs: 250,
      send: (to, message, { lane, key } = {}) => void (power.on && sent.push({ to, message, lane, key })),
    })
    const begun: { gate: BalancerGate; balancer: SimulatedLoadBalancer; power: typeof power; ready?: Result<void> } = {
      gate,
      balancer: loadBalancer,
      power,
    }
    gate.start((result) => {
      begun.ready = result
    })
    return begun
  }

  function crash(): void {
    life.power.on = false
    life.gate.stop()
    life.balancer.close(() => {})
  }

  return {
    clock,
    files,
    sent,
    effects,
    disk,
    gate: () => life.gate,
    balancer: () => life.balancer,
    started: () => life.ready,
    set: (members, from = master) => life.gate.received(from, { type: 'balancer.members.set', list: members }),
    poll: (group) => life.gate.received(master, { type: 'balancer.list.poll', group }),
    take(type) {
      const taken = sent.filter(({ message }) => message.type === type)
      for (const one of taken) sent.splice(sent.indexOf(one), 1)
      return taken
    },
    crash,
    restart(served = groups) {
      if (life.power.on) crash()
      life = startLife(served)
    },
  }
}

/** Replaces at half time, answers at the end: a crash in between leaves a file that nobody was told of. */
function createDyingDisk(
  clock: VirtualClock,
  files: Map<string, Uint8Array>,
  faults: { readonly full: boolean },
  power: { readonly on: boolean },
): Pick<Disk, 'read' | 'replace'> & Disk {
  const whenOn = (then: () => void) => clock.setTimer(2, () => power.on && then())
  const unused = (): never => {
    throw new Error('the gate has no business with this')
  }
  return {
    read: (file, answer) => void whenOn(() => answer({ ok: true, value: files.get(file) ?? new Uint8Array() })),
    replace(file, bytes, answer) {
      whenOn(() => {
        if (faults.full) return answer({ ok: false, code: 'DISK_FULL', detail: file })
        files.set(file, bytes)
        whenOn(() => answer({ ok: true, value: undefined }))
      })
    },
    append: unused,
    sync: unused,
    truncate: unused,
    list: unused,
    remove: unused,
  }
}

/** Whoever is asked is the boot that is listed, and takes 400 ms for a request. */
function everybody(clock: VirtualClock): SimulatedServer {
  return {
    submit: (_address, finished) => void clock.setTimer(400, () => finished('ok')),
    identityAt: () => ({ group: 'shop/web', role: 'front', imageDigest: 'sha256:0', bootId: 'boot-1.1' }),
  }
}
