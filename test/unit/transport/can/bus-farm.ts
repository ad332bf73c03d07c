// Nodes on a memory bus on a virtual clock, and what each of them was told.
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { createVirtualClock } from '../../../../src/testing/virtual-clock.ts'
import type { CanBus, CanFrame, CanState } from '../../../../src/transport/can/can-bus.ts'
import { createMemoryBus, type MemoryBusOptions } from '../../../../src/transport/can/memory-bus.ts'

export interface Heard {
  readonly frame: CanFrame
  readonly atMs: number
}

export interface BusNode {
  readonly name: string
  readonly controller: CanBus
  readonly received: Heard[]
  readonly sent: Heard[]
  readonly states: { readonly state: CanState; readonly atMs: number }[]
  start(): void
}

export function createBusFarm(nodeCount: number, options: Partial<MemoryBusOptions> = {}) {
  const clock = createVirtualClock()
  const random = createSeededRandom('bus farm')
  const bus = createMemoryBus({ clock, random, name: 'can0', bitRate: 1_000_000, isFd: false, ...options })
  const nodes = Array.from({ length: nodeCount }, (_, i) => {
    const controller = bus.attach(`n${i}`)
    const node: BusNode = {
      name: `n${i}`,
      controller,
      received: [],
      sent: [],
      states: [],
      start() {
        controller.start({
          received: (frame, atMs) => node.received.push({ frame, atMs }),
          sent: (frame) => node.sent.push({ frame, atMs: clock.monotonic() }),
          stateChanged: (state) => node.states.push({ state, atMs: clock.monotonic() }),
        })
      },
    }
    return node
  })
  const node = (index: number): BusNode => {
    const found = nodes[index]
    if (!found) throw new Error(`no node ${index}`)
    return found
  }
  const startAll = () => {
    for (const each of nodes) each.start()
  }
  return { clock, bus, nodes, node, startAll }
}

export function canFrame(id: number, bytes: readonly number[] = [], isExtended = true): CanFrame {
  const isFd = bytes.length > 8
  return { id, isExtended, isFd, isBitRateSwitched: isFd, data: Uint8Array.from(bytes) }
}

/** In microseconds, which at 1 Mb/s are bits, without what floating point adds. */
export const bitsOf = (ms: number) => Math.round(ms * 1e6) / 1e3
