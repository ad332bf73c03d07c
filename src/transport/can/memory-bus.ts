// CAN buses in one process, with the faults of real ones. What happens on a wire is in memory-wire.ts; here is which controller is on
// which: all on one, but a node that is cut off has a wire of its own, on which it is alone and hears no acknowledgement.
import { InvariantError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { CanBus } from './can-bus.ts'
import type { ErrorCounters } from './error-counters.ts'
import { Controller } from './memory-controller.ts'
import { createMemoryWire, type MemoryWire } from './memory-wire.ts'

export interface MemoryBusOptions {
  readonly clock: Clock
  /** Where errors fall. */
  readonly random: Random
  /** As operators know it: `can0`. */
  readonly name: string
  /** Bits a second. */
  readonly bitRate: number
  /** Of FD frames that switch. Default: `bitRate`. */
  readonly dataBitRate?: number
  readonly isFd: boolean
  /** How likely one bit is to reach one node wrong; 1e-6 is a bad cable. Default 0. */
  readonly bitErrorRate?: number
  /** Of each controller. Default 3. */
  readonly mailboxes?: number
}

/** Nodes are named as they were attached; a name that was not throws. */
export interface MemoryBus {
  readonly name: string
  /** A controller on this bus, not yet started. Each node once. */
  attach(node: string): CanBus
  /** Pulls the plug of one node: it hears and reaches nobody. What it was sending is broken off, and it tries again. */
  cut(node: string): void
  /** Plugs it in again. */
  heal(node: string): void
  /** The whole bus is gone: every node is alone. */
  cutAll(): void
  /** Undoes `cutAll`, not what was done to single nodes. */
  healAll(): void
  /** A transceiver that drives the bus dominant: nobody can send. */
  holdDominant(node: string, isHeld: boolean): void
  setBitErrorRate(rate: number): void
  errorCounters(node: string): Readonly<ErrorCounters>
  /** Bit times, at the nominal rate, in which the bus was not idle, without nodes that are cut off. */
  busyBits(): number
}

export function createMemoryBus(options: MemoryBusOptions): MemoryBus {
  const { clock, random, name, bitRate, dataBitRate = bitRate, isFd, mailboxes = 3 } = options
  const nodes = new Map<string, { controller: Controller; lone: MemoryWire; wire: MemoryWire }>()
  const cutOff = new Set<string>()
  let isAllCut = false
  let bitErrorRate = checkedRate(options.bitErrorRate ?? 0)
  const wire = (of: string) =>
    createMemoryWire({ clock, random: random.fork(of), bitRate, dataBitRate, bitErrorRate: () => bitErrorRate })
  const bus = wire('bus')

  function find(node: string) {
    const found = nodes.get(node)
    if (!found) throw new InvariantError('INVARIANT_BROKEN', `${name} has no node ${node}`)
    return found
  }

  function rewire(): void {
    for (const [node, entry] of nodes) {
      const next = isAllCut || cutOff.has(node) ? entry.lone : bus
      if (next === entry.wire) continue
      entry.wire.leave(entry.controller)
      entry.wire = next
      next.join(entry.controller)
    }
  }

  return {
    name,
    attach(node) {
      if (nodes.has(node)) throw new InvariantError('INVARIANT_BROKEN', `${name} has a node ${node} already`)
      const controller = new Controller(node, { name, dataBytesMax: isFd ? 64 : 8, mailboxes })
      nodes.set(node, { controller, lone: wire(node), wire: bus })
      bus.join(controller)
      rewire()
      return controller
    },
    cut(node) {
      find(node)
      cutOff.add(node)
      rewire()
    },
    heal(node) {
      find(node)
      cutOff.delete(node)
      rewire()
    },
    cutAll() {
      isAllCut = true
      rewire()
    },
    healAll() {
      isAllCut = false
      rewire()
    },
    holdDominant(node, isHeld) {
      const entry = find(node)
      entry.controller.isStuck = isHeld
      entry.wire.stuckChanged()
    },
    setBitErrorRate(rate) {
      bitErrorRate = checkedRate(rate)
    },
    errorCounters: (node) => ({ ...find(node).controller.errors }),
    busyBits: bus.busyBits,
  }
}

function checkedRate(rate: number): number {
  if (!(rate >= 0 && rate < 1)) throw new InvariantError('INVARIANT_BROKEN', `a bit error rate of ${rate}`)
  return rate
}
