// The end that is called. It answers upgrades of nodes that show their token and nothing else: every other connection is
// closed after one short refusal and counted. What a refused stranger does to its socket afterwards troubles nobody.
import { createServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ErrorCode } from '../../errors.ts'
import type { TransportCounters } from '../../ports/transport.ts'
import type { NodeId } from '../../protocol/ids.ts'
import { envelopeBytesMax } from '../envelope-codec.ts'
import { type Introduction, introduce, readBearer, readIntroduction } from './handshake.ts'

export interface ListenerOptions {
  readonly host: string
  /** 0 takes any free port; `listening` says which. */
  readonly port: number
  readonly self: Introduction
  readonly counters: TransportCounters
  /** Must take the same time whatever the token is; see `createTokenCheck`. */
  authorize(node: NodeId, token: string): boolean
  /** False for a former life, or a second connection of the present one. */
  admit(caller: Introduction): boolean
  opened(socket: WebSocket, caller: Introduction): void
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

export function createListener(options: ListenerOptions): Listener {
  const { self, counters, admit, authorize } = options
  const server = createServer({ headersTimeout: headersWithinMs, requestTimeout: headersWithinMs })
  server.maxConnections = connectionsMax
  const upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: envelopeBytesMax,
    clientTracking: false,
  })
  upgrades.on('headers', (headers) => {
    for (const [name, value] of Object.entries(introduce(self))) headers.push(`${name}: ${value}`)
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
    const caller = readIntroduction(request.headers)
    const token = readBearer(request.headers)
    if (!caller || !token || !authorize(caller.node, token)) {
      refuse(socket, 'unauthorized', '401 Unauthorized')
    } else if (!admit(caller)) {
      refuse(socket, undefined, '409 Conflict')
    } else {
      upgrades.handleUpgrade(request, socket, head, (opened) => {
        socket.off('error', ignore)
        options.opened(opened, caller)
      })
    }
  }

  function refuse(socket: Duplex, why: 'malformed' | 'unauthorized' | undefined, status: string): void {
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
