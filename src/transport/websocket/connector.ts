// The end that calls: keeps one peer connected. After a failure it waits, each time twice as long up to a bound, with jitter,
// so that a returning master is not met by all its boards in the same millisecond. Only a connection that lasted makes it
// hopeful again: one that is accepted and thrown out at once is a failure too.
import { WebSocket } from 'ws'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Random } from '../../ports/random.ts'
import type { NodeId } from '../../protocol/ids.ts'
import { envelopeBytesMax } from '../envelope-codec.ts'
import { bearer, type Introduction, introduce, readIntroduction } from './handshake.ts'

export interface ConnectorSettings {
  readonly firstWaitMs: number
  readonly maxWaitMs: number
  /** Each wait is multiplied by 1 ± this. */
  readonly jitterRatio: number
  /** A call that is not answered within this has failed. */
  readonly answerWithinMs: number
}

export const defaultConnectorSettings: ConnectorSettings = {
  firstWaitMs: 50,
  maxWaitMs: 1_000,
  jitterRatio: 0.3,
  answerWithinMs: 1_000,
}

export interface ConnectorOptions {
  readonly peer: NodeId
  readonly url: () => string
  readonly token: string
  readonly self: Introduction
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings: ConnectorSettings
  isConnected(): boolean
  /** False when the peer is a former life, or connected already. The socket is the taker's from then on. */
  opened(socket: WebSocket, incarnation: number): boolean
}

export interface Connector {
  call(): void
  /** The session ended: call again, after a while. */
  lost(): void
  stop(): void
}

export function createConnector(options: ConnectorOptions): Connector {
  const { peer, clock, settings, log } = options
  let failures = 0
  let openedMs: number | undefined
  let waiting: Timer | undefined
  let socket: WebSocket | undefined
  let stopped = false

  function call(): void {
    waiting = undefined
    // The peer may have called meanwhile; when that session ends, `lost` comes again.
    if (stopped || options.isConnected()) return
    const calling = new WebSocket(options.url(), {
      headers: { ...introduce(options.self), ...bearer(options.token) },
      perMessageDeflate: false,
      maxPayload: envelopeBytesMax,
      followRedirects: false,
    })
    socket = calling
    let incarnation: number | undefined
    let isSettled = false
    const unanswered = clock.setTimer(settings.answerWithinMs, () => failed('no answer'))

    calling.on('upgrade', ({ headers }) => {
      const answerer = readIntroduction(headers)
      if (answerer?.node === peer) incarnation = answerer.incarnation
    })
    calling.on('open', () => {
      if (incarnation === undefined) failed('another node answers')
      else if (settle() && options.opened(calling, incarnation)) openedMs = clock.monotonic()
      else failed('the answer is from a former life', true)
    })
    calling.on('unexpected-response', (request, response) => {
      request.destroy()
      failed(response.statusCode === 401 ? 'TOKEN_REFUSED' : `answered ${response.statusCode}`)
    })
    calling.on('error', (error) => failed(error.message))
    calling.on('close', () => failed('closed'))

    function settle(): boolean {
      if (isSettled) return false
      isSettled = true
      unanswered.cancel()
      return true
    }
    function failed(why: string, isAnswered = false): void {
      if (!settle() && !isAnswered) return
      calling.terminate()
      log.debug('channel.call.failed', { peer, why })
      wait()
    }
  }

  function wait(): void {
    if (stopped || waiting) return
    const waitMs = Math.min(settings.firstWaitMs * 2 ** failures, settings.maxWaitMs)
    failures = Math.min(failures + 1, 30)
    const jitter = 1 + settings.jitterRatio * (2 * options.random.next() - 1)
    waiting = clock.setTimer(waitMs * jitter, call)
  }

  return {
    call,
    lost() {
      if (openedMs !== undefined && clock.monotonic() - openedMs >= settings.maxWaitMs) failures = 0
      openedMs = undefined
      wait()
    },
    stop() {
      stopped = true
      waiting?.cancel()
      // A session owns its socket and closes it in order.
      if (openedMs === undefined) socket?.terminate()
    },
  }
}
