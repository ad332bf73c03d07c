// What a bus carries, by class: how urgent, how long, how often, and by when it must be there. This is a budget: who sends more than
// this is the reason when something is late. Bytes are those of a transfer with the head of the relay (one or two bytes) and, of
// all that acts, a code of eight bytes and a counter of four that prove who sent it.
//
// A deadline is that of one bus, from when it should have been sent: an order crosses two.

export type TrafficClass =
  | 'order'
  | 'alarm'
  | 'lease'
  | 'control'
  | 'heartbeat'
  | 'status'
  | 'digest'
  | 'digest changes'
  | 'bulk'

export interface ClassBudget {
  /** 0 is the most urgent, 7 the least. */
  readonly priority: number
  readonly bytes: number
  /** Least time between two of one sender about one thing; null: the configuration says so. */
  readonly periodMs: number | null
  /** Null: the configuration says so. */
  readonly deadlineMs: number | null
  /** Nothing happens, and yet it is sent. */
  readonly isAtRest: boolean
}

export const trafficClasses: Readonly<Record<TrafficClass, ClassBudget>> = {
  /** Fencing and power, and that it is done. */
  order: { priority: 0, bytes: 33, periodMs: 250, deadlineMs: 50, isAtRest: false },
  /** In a cabinet a blade's; on a backbone the states of a cabinet's blades. */
  alarm: { priority: 1, bytes: 7, periodMs: 100, deadlineMs: 50, isAtRest: false },
  /** Asked of the boards that vote, and their answers. */
  lease: { priority: 2, bytes: 19, periodMs: null, deadlineMs: null, isAtRest: true },
  /** Steps of moves, boot pointers. */
  control: { priority: 3, bytes: 61, periodMs: 250, deadlineMs: 250, isAtRest: false },
  heartbeat: { priority: 4, bytes: 7, periodMs: 500, deadlineMs: 250, isAtRest: true },
  status: { priority: 5, bytes: 19, periodMs: 1_000, deadlineMs: 500, isAtRest: true },
  digest: { priority: 6, bytes: 9, periodMs: 1_000, deadlineMs: 500, isAtRest: true },
  'digest changes': { priority: 6, bytes: 7, periodMs: 250, deadlineMs: 250, isAtRest: false },
  /** Whatever is left is its own: one frame of it may be in the way. */
  bulk: { priority: 7, bytes: 7, periodMs: 60_000, deadlineMs: 60_000, isAtRest: false },
}

/** A process is not woken to the millisecond. */
export const queueingJitterMs = 5
