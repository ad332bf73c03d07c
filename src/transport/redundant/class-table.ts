// Which channels carry what. What somebody's life or lease hangs on goes over all of them at once, so that the loss of one costs no time;
// everything else takes one way, and another when that is ill.
//
//   lane      what it carries                           CAN buses                       WebSocket
//   control   commands, answers, leases, votes          all, always                     always
//   status    heartbeats, states of boards              all                             while no CAN bus is healthy
//   normal    requests, offers, decisions               the best healthy one            while no CAN bus is healthy; large ones
//   bulk      journal, records, lists                   one, while WebSocket is down    otherwise
//
// What was not acknowledged in time goes over every healthy channel: whoever waits for a verdict on a channel waits too long.
import type { Lane } from '../../protocol/envelope.ts'
import type { ChannelKind } from './datagram-channel.ts'

export interface Way {
  readonly kind: ChannelKind
  /** To this peer, and for so long that it can be relied on. */
  readonly isPreferred: boolean
}

/** More than so many bytes (33 classic frames, 5 ms of a bus) are spared the buses where they can be. */
export const smallBytesMax = 223

/** @returns indices of the ways, in their order. All of them when none is preferred: one may work. */
export function waysFor(lane: Lane, byteCount: number, attempt: number, ways: readonly Way[]): readonly number[] {
  const all = ways.map((_, index) => index)
  if (lane === 'control') return all
  const cans = all.filter((index) => ways[index]?.kind === 'can')
  const healthyCans = cans.filter((index) => ways[index]?.isPreferred)
  const sockets = all.filter((index) => ways[index]?.kind === 'websocket' && ways[index].isPreferred)
  if (healthyCans.length + sockets.length === 0) return all
  if (lane === 'status') return healthyCans.length === 0 ? sockets : attempt === 0 ? cans : [...cans, ...sockets]
  const healthy = [...healthyCans, ...sockets]
  const isForSocket = sockets.length > 0 && (lane === 'bulk' || byteCount > smallBytesMax)
  // A bus is slow: what is meant for the socket gets a second chance there.
  if (attempt > (isForSocket ? 1 : 0)) return healthy
  return isForSocket ? sockets : healthy.slice(0, 1)
}
