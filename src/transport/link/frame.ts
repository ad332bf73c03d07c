// What travels between the two ends of a link. The channels below may lose, repeat and reorder frames, so each names the
// session it belongs to: both incarnations and the caller's number of the call.
import type { Lane } from '../../protocol/envelope.ts'

interface FrameHead {
  readonly fromIncarnation: number
  /** 0 in a hello: the caller does not know yet who lives there. */
  readonly toIncarnation: number
  readonly session: number
}

/**
 * The next sequence number that the sender of the frame expects on each lane: everything below it has arrived. 0 where nothing came since
 * it said so last: what is not acknowledged is sent again, and acknowledged again.
 */
export type Acknowledged = Readonly<Record<Lane, number>>

export interface DataFrame extends FrameHead {
  readonly kind: 'data'
  readonly lane: Lane
  readonly sequence: number
  /** A message, or a piece of one. */
  readonly bytes: Uint8Array
  /** The piece with which the message ends. */
  readonly isLast: boolean
  readonly acknowledged: Acknowledged
}

/** Also the keep-alive. */
export interface AckFrame extends FrameHead {
  readonly kind: 'ack'
  /** The most urgent lane of which it acknowledges something new; null: nothing new. */
  readonly lane: Lane | null
  readonly acknowledged: Acknowledged
}

export interface CallFrame extends FrameHead {
  /** hello calls, welcome answers, bye ends or says that there is no such session. */
  readonly kind: 'hello' | 'welcome' | 'bye'
  /** Of the protocol, that who sends it speaks. */
  readonly version: number
}

/** Attempt 0 is the first time that a piece is sent. Of an acknowledgement: for how many keep-alives nothing was heard. */
export type Transmit = (frame: Frame, attempt: number) => void

export type Frame = DataFrame | AckFrame | CallFrame
