// The end that calls: keeps one peer connected. After a failure it waits, each time twice as long up to a bound, with jitter,
// so that a returning master is not met by all its boards in the same millisecond. Only a connection that lasted makes it
// hopeful again: one that is accepted and thrown out at once is a failure too.
import { randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Random } from '../../ports/random.ts'
import type { NodeId } from '../../protocol/ids.ts'
import { envelopeBytesMax } from '../envelope-codec.ts'
import {
  callHeaders,
  type Greeting,
  type Introduction,
  isAnswer,
  readGreeting,
  readVersions,
  sessionKey,
} from './handshake.ts'
import { createMessageGuard, guardBytes, type MessageGuard } from './message-guard.ts'
import { namedAs, type TlsMaterial, tlsOptions } from './tls.ts'

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
  readonly versions: readonly number[]
  readonly tls?: TlsMaterial
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly settings: ConnectorSettings
  isConnected(): boolean
  /** False when the peer is a former life, or connected already. The socket is the taker's from then on. */
  opened(socket: WebSocket, incarnation: number, guard: MessageGuard): boolean
}

export interface Connector {
  call(): void
  /** The session ended: call again, after a while. */
  lost(): void
  stop(): void
}

export function createConnector(options: ConnectorOptions): Connector {
  const { peer, clock, settings, log, token, tls, versions } = options
  let failures = 0
  let openedMs: number | undefined
  let waiting: Timer | undefined
  let socket: WebSocket | undefined
  let stopped = false
  /** What the peer speaks, while that is nothing of ours. */
  let refusedVersions = ''

  function call(): void {
    waiting = undefined
    // The peer may have called meanwhile; when that session ends, `lost` comes again.
    if (stopped || options.isConnected()) return
    const call: Greeting = { ...options.self, versions, nonce: randomBytes(16).toString('hex') }
    const calling = new WebSocket(options.url(), {
      headers: callHeaders(call, peer, token),
      perMessageDeflate: false,
      maxPayload: envelopeBytesMax + guardBytes,
      followRedirects: false,
      ...(tls && { ...tlsOptions(tls), checkServerIdentity: namedAs(peer) }),
    })
    socket = calling
    let answer: Greeting | undefined
    let isSettled = false
    const unanswered = clock.setTimer(settings.answerWithinMs, () => failed('no answer'))

    calling.on('upgrade', ({ headers }) => {
      const shown = readGreeting(headers)
      const [version] = shown?.versions ?? []
      const isOurs = shown?.versions.length === 1 && version !== undefined && versions.includes(version)
      if (shown?.node === peer && isOurs && isAnswer(call, shown, token)) answer = shown
    })
    calling.on('open', () => {
      if (answer === undefined) return failed('who answers does not know the token, or is another node')
      const guard = createMessageGuard(sessionKey(call, answer, token), true)
      // Proves that this is no call of the past.
      calling.send(guard.seal(new Uint8Array()))
      refusedVersions = ''
      if (settle() && options.opened(calling, answer.incarnation, guard)) openedMs = clock.monotonic()
      else failed('the answer is from a former life', true)
    })
    calling.on('unexpected-response', (request, response) => {
      request.destroy()
      if (response.statusCode === 426) otherVersion(readVersions(response.headers))
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

  /** Said once: it will not change before one of the two is another program. */
  function otherVersion(theirs: readonly number[]): void {
    failures = 30
    if (refusedVersions === theirs.join()) return
    refusedVersions = theirs.join()
    log.error('channel.version.refused', { code: 'WIRE_VERSION_UNKNOWN', peer, ours: versions, theirs })
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
