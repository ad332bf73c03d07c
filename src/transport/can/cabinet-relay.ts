// Store and forward between the bus of a cabinet and the backbone. Node numbers repeat from cabinet to cabinet, so nothing is bridged
// frame by frame: a datagram is taken whole from one side and sent on the other in the relay's own name, with a new transfer-id. Its
// first byte names the end on the far side: whom it is for on the way out, whom it is from on the way in. Subjects name the cabinet, not
// the gateway, so that neither blades nor masters need to know which of two gateways forwards.
//
//                cabinet bus                                   backbone
//   blade s  →   subject `up`, [to], bytes           →   subject `up` + cabinet, [to], [s], bytes   →   node `to`
//   blade s  ←   subject `down`, [s], [from], bytes  ←   subject `down` + cabinet, [s], bytes       ←   node `from`
//
// Nothing is kept longer than the queue of the far side takes to empty; what it does not take is dropped and counted: sessions repeat it.

export type RelaySide = 'cabinet' | 'backbone'

/** Free subjects (0 to 6143 are nobody's). */
export const cabinetSubjects = { up: 2_000, down: 2_001 } as const
/** Of cabinet n (from 0): plus 2 n. */
export const backboneSubjects = { up: 2_100, down: 2_101 } as const

export interface RelayedTransfer {
  readonly subject: number
  /** Node number of the sender on its side. */
  readonly source: number
  readonly priority: number
  readonly payload: Uint8Array
}

/** One side, as the relay uses it. */
export interface RelayEnd {
  /** `full`: dropped. */
  publish(subject: number, priority: number, payload: Uint8Array): 'accepted' | 'full'
}

export interface RelayCounters {
  forwarded: number
  /** The far side was full. */
  dropped: number
  /** Too short, or for a slot that the cabinet has not. */
  refused: number
}

export interface CabinetRelay {
  readonly counters: Readonly<Record<RelaySide, Readonly<RelayCounters>>>
  readonly isOpen: boolean
  open(): void
  close(): void
  /** @param side that it came over */
  heard(side: RelaySide, transfer: RelayedTransfer): void
}

export interface CabinetRelayOptions {
  /** From 0. */
  readonly cabinet: number
  readonly slots: number
  readonly ends: Readonly<Record<RelaySide, RelayEnd>>
}

export function createCabinetRelay({ cabinet, slots, ends }: CabinetRelayOptions): CabinetRelay {
  const fresh = (): RelayCounters => ({ forwarded: 0, dropped: 0, refused: 0 })
  const counters = { cabinet: fresh(), backbone: fresh() }
  let isOpen = false

  function up({ source: slot, priority, payload }: RelayedTransfer): void {
    const [to] = payload
    if (to === undefined || slot < 1 || slot > slots) counters.cabinet.refused += 1
    else pass('cabinet', 'backbone', backboneSubjects.up + 2 * cabinet, priority, [to, slot], payload.subarray(1))
  }

  function down({ source: from, priority, payload }: RelayedTransfer): void {
    const [slot] = payload
    if (slot === undefined || slot < 1 || slot > slots) counters.backbone.refused += 1
    else pass('backbone', 'cabinet', cabinetSubjects.down, priority, [slot, from], payload.subarray(1))
  }

  function pass(
    side: RelaySide,
    to: RelaySide,
    subject: number,
    priority: number,
    head: readonly number[],
    bytes: Uint8Array,
  ): void {
    const payload = new Uint8Array(head.length + bytes.length)
    payload.set(head)
    payload.set(bytes, head.length)
    counters[side][ends[to].publish(subject, priority, payload) === 'accepted' ? 'forwarded' : 'dropped'] += 1
  }

  return {
    counters,
    get isOpen() {
      return isOpen
    },
    open() {
      isOpen = true
    },
    close() {
      isOpen = false
    },
    heard(side, transfer) {
      if (!isOpen) return
      if (side === 'cabinet' && transfer.subject === cabinetSubjects.up) up(transfer)
      else if (side === 'backbone' && transfer.subject === backboneSubjects.down + 2 * cabinet) down(transfer)
    },
  }
}
