// The end that is called. It answers upgrades of nodes that show their token and nothing else: every other connection is
// closed after one short refusal and counted. What a refused stranger does to its socket afterwards troubles nobody.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { ErrorCode } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { TransportCounters } from '../../ports/transport.ts'
import type { NodeId } from '../../protocol/ids.ts'
import { envelopeBytesMax } from '../envelope-codec.ts'
import {
  answerHeaders,
  commonVersion,
  type Greeting,
  type Introduction,
  isCall,
  readGreeting,
  readVersions,
  sessionKey,
  versionsHeader,
} from './handshake.ts'
import { createMessageGuard, guardBytes, type MessageGuard } from './message-guard.ts'
import { certifiedName, type TlsMaterial, tlsOptions } from './tls.ts'

export interface ListenerOptions {
  readonly host: string
  /** 0 takes any free port; `listening` says which. */
  readonly port: number
  readonly self: Introduction
  readonly versions: readonly number[]
  readonly counters: TransportCounters
  readonly clock: Clock
  /** Default: not encrypted. */
  readonly tls?: TlsMaterial
  /** That the node may use, the newest first; none for a stranger. */
  tokensOf(node: NodeId): readonly string[]
  /** False for a former life, or a second connection of the present one. */
  admit(caller: Introduction): boolean
  opened(socket: WebSocket, caller: Introduction, guard: MessageGuard): void
  /** Somebody called who speaks no version of ours. */
  otherVersion(node: NodeId | undefined, theirs: readonly number[]): void
  listening(port: number): void
  failed(code: ErrorCode, detail: string): void
}

export interface Listener {
  /** Answers when the port is free again; sessions that were opened are ended by their owner. */
  close(closed: () => void): void
}

/** Bounds for those who have not shown a token yet. */
const connectionsMax = 1024
const headersWithinMs = 5_000
const proofWithinMs = 1_000

export function createListener(options: ListenerOptions): Listener {
  const { self, counters, admit, clock, tls, versions } = options
  const bounds = { headersTimeout: headersWithinMs, requestTimeout: headersWithinMs }
  const server = tls ? createTlsServer({ ...bounds, ...tlsOptions(tls), requestCert: true }) : createServer(bounds)
  const answers = new WeakMap<IncomingMessage, Record<string, string>>()
  server.maxConnections = connectionsMax
  const upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: envelopeBytesMax + guardBytes,
    clientTracking: false,
  })
  upgrades.on('headers', (headers, request) => {
    for (const [name, value] of Object.entries(answers.get(request) ?? {})) headers.push(`${name}: ${value}`)
  })
  upgrades.on('wsClientError', (_error, socket) => {
    refuse(socket, 'malformed', '400 Bad Request')
  })

  server.on('request', (_request, response) => {
    counters.refusedConnections += 1
    response.writeHead(426, { connection: 'close' }).end()
  })
  server.on('clientError', (_error, socket) => {
    refuse(socket, 'malformed', '400 Bad Request')
  })
  server.on('upgrade', upgradeAsked)
  server.on('error', (error: NodeJS.ErrnoException) => {
    options.failed(error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CONFIG_INVALID', error.message)
  })
  server.listen(options.port, options.host, () => {
    const address = server.address()
    if (address && typeof address === 'object') options.listening(address.port)
  })

  function upgradeAsked(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until the WebSocket takes over, a reset by the caller would be an uncaught error.
    const ignore = () => {}
    socket.on('error', ignore)
    const call = readGreeting(request.headers)
    const theirs = readVersions(request.headers)
    const version = commonVersion(versions, theirs)
    if (theirs.length > 0 && version === undefined) {
      refuse(socket, 'otherVersion', `426 Upgrade Required\r\n${versionsHeader(versions)}`)
      options.otherVersion(call?.node, theirs)
      return
    }
    const token = call && tokenOf(call, socket)
    if (call === undefined || version === undefined || token === undefined)
      refuse(socket, 'unauthorized', '401 Unauthorized')
    else if (!admit(call)) refuse(socket, undefined, '409 Conflict')
    else {
      const answer: Greeting = { ...self, versions: [version], nonce: randomBytes(16).toString('hex') }
      answers.set(request, answerHeaders(call, answer, token))
      upgrades.handleUpgrade(request, socket, head, (opened) => {
        socket.off('error', ignore)
        const guard = createMessageGuard(sessionKey(call, answer, token), false)
        awaitProof(opened, guard, () => {
          if (admit(call)) options.opened(opened, call, guard)
          else opened.close(1008)
        })
      })
    }
  }

  /** The one that it used; undefined for a stranger. Of a node that there is not, it takes as long. */
  function tokenOf(call: NonNullable<ReturnType<typeof readGreeting>>, socket: Duplex): string | undefined {
    const tokens = options.tokensOf(call.node)
    const used = (tokens.length > 0 ? tokens : ['']).find((token) => isCall(call, self.node, token))
    if (used === undefined || used === '') return undefined
    return tls === undefined || certifiedName(socket) === call.node ? used : undefined
  }

  /** A call can be recorded and sent again; the first message of its session cannot be made without the token. */
  function awaitProof(opened: WebSocket, guard: MessageGuard, proved: () => void): void {
    const late = clock.setTimer(proofWithinMs, () => opened.terminate())
    const ignore = () => {}
    opened.binaryType = 'nodebuffer'
    opened.on('error', ignore)
    opened.once('close', () => late.cancel())
    opened.once('message', (data: RawData) => {
      late.cancel()
      if (Buffer.isBuffer(data) && guard.open(data)?.byteLength === 0) {
        opened.off('error', ignore)
        proved()
        return
      }
      counters.refusedConnections += 1
      counters.unauthorized += 1
      opened.terminate()
    })
  }

  function refuse(
    socket: Duplex,
    why: 'malformed' | 'unauthorized' | 'otherVersion' | undefined,
    status: string,
  ): void {
    // Refused already: what it says after that is a consequence.
    if (!socket.writable) return
    counters.refusedConnections += 1
    if (why) counters[why] += 1
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy())
  }

  return {
    close(closed) {
      server.close(() => closed())
      server.closeAllConnections()
    },
  }
}
