// The HTTP server of one group: bounds on what a client may send and hold, then each request to the routing.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Clock } from '../../ports/clock.ts'
import { forwardRequest } from './forward-request.ts'
import type { GroupMembers } from './group-members.ts'
import type { MemberLinks } from './member-links.ts'
import { refuseRequest } from './refuse-request.ts'
import { routeRequest } from './request-routing.ts'

export interface GroupServerLimits {
  /** Name and values of all header fields together. Default 16 KiB; more is answered 431. */
  readonly headerBytesMax: number
  /** Default 16 MiB; more is answered 413. */
  readonly bodyBytesMax: number
  /** For a client to send its whole request. Default 60 s; later is answered 408. */
  readonly requestTimeoutMs: number
  /** Clients' connections at once. Default 4096; more are closed. */
  readonly connectionsMax: number
}

export const defaultGroupServerLimits: GroupServerLimits = {
  headerBytesMax: 16 * 1024,
  bodyBytesMax: 16 * 1024 * 1024,
  requestTimeoutMs: 60_000,
  connectionsMax: 4096,
}

export function createGroupServer(members: GroupMembers<MemberLinks>, clock: Clock, limits: GroupServerLimits): Server {
  const listener: RequestListener = (request, response) => {
    if (!request.url?.startsWith('/')) return refuseRequest(response, 400, 'The path must begin with a slash.')
    if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytesMax) {
      return refuseRequest(response, 413, 'The body is too large.')
    }
    routeRequest(members, clock, forwardRequest(request, response, limits.bodyBytesMax))
  }
  const options = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: Math.min(10_000, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: 65_000,
    noDelay: true,
  }
  const server = createServer(options, listener)
  server.maxConnections = limits.connectionsMax
  return server
}
