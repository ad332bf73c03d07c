// Who else is on the bus, from heartbeats: whoever was not heard for three seconds is offline; whose uptime goes back has restarted.
// Node ids are 7 bits, so there are at most 127 others. Nothing here is proven: it is for people and for tools, and decides nothing.
import type { Clock, Timer } from '../../ports/clock.ts'
import { type Heartbeat, offlineAfterMs } from './cyphal/heartbeat.ts'

export interface CyphalPeer extends Heartbeat {
  readonly node: number
  readonly isOnline: boolean
  /** Monotonic. */
  readonly heardMs: number
  /** Seen since this table began. */
  readonly restarts: number
}

/** `restarted` comes after `online` when it was away meanwhile. */
export type PeerChange = 'online' | 'offline' | 'restarted'

export interface CyphalPeers {
  heard(node: number, heartbeat: Heartbeat): void
  /** By node id; whoever was ever heard. */
  list(): readonly CyphalPeer[]
  /** Nobody is waited for any longer. */
  stop(): void
}

export function createCyphalPeers(clock: Clock, changed: (change: PeerChange, peer: CyphalPeer) => void): CyphalPeers {
  const peers = new Map<number, CyphalPeer>()
  const timers = new Map<number, Timer>()

  function heard(node: number, heartbeat: Heartbeat): void {
    const before = peers.get(node)
    const isRestart = before !== undefined && heartbeat.uptimeSeconds < before.uptimeSeconds
    const restarts = (before?.restarts ?? 0) + (isRestart ? 1 : 0)
    const peer = { ...heartbeat, node, isOnline: true, heardMs: clock.monotonic(), restarts }
    peers.set(node, peer)
    if (!before?.isOnline) watch(node, offlineAfterMs)
    if (!before?.isOnline) changed('online', peer)
    if (isRestart) changed('restarted', peer)
  }

  /** One timer a peer, which looks when the last heartbeat was: a heartbeat sets none. */
  function watch(node: number, delayMs: number): void {
    timers.set(
      node,
      clock.setTimer(delayMs, () => look(node)),
    )
  }

  function look(node: number): void {
    const peer = peers.get(node)
    if (!peer) return
    const leftMs = peer.heardMs + offlineAfterMs - clock.monotonic()
    if (leftMs > 0) {
      watch(node, leftMs)
      return
    }
    timers.delete(node)
    const gone = { ...peer, isOnline: false }
    peers.set(node, gone)
    changed('offline', gone)
  }

  return {
    heard,
    list: () => [...peers.values()].sort((one, other) => one.node - other.node),
    stop() {
      for (const timer of timers.values()) timer.cancel()
      timers.clear()
    },
  }
}
