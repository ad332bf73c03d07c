// The WebSocket connections of one node. A site is a star: masters listen, all others call them and keep calling. A link is one
// connection, between one life of each end; the next life of a node takes the place of the former one, never the reverse.
// What travels on them is the caller's: envelopes (web-socket-transport.ts), or the datagrams of a redundant link (web-socket-channel.ts).
import type { WebSocket } from 'ws'
import { ConfigError, type ErrorCode, InvariantError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { Random } from '../../ports/random.ts'
import type { TransportCounters } from '../../ports/transport.ts'
import type { NodeId } from '../../protocol/ids.ts'
import { createCounters } from '../counters.ts'
import { type Connector, type ConnectorSettings, createConnector, defaultConnectorSettings } from './connector.ts'
import { type Introduction, wireVersions } from './handshake.ts'
import { createListener, type Listener } from './listener.ts'
import type { MessageGuard } from './message-guard.ts'
import {
  createSocketSession,
  defaultSocketSettings,
  type SocketSession,
  type SocketSettings,
  type SocketWire,
} from './socket-session.ts'
import type { TlsMaterial } from './tls.ts'

export interface WebSocketLinksOptions {
  readonly node: NodeId
  /** Grows with each life of the process: keep it on disk. A peer refuses a life that is older than one it has met. */
  readonly incarnation: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** To be called. Default: nobody can. */
  readonly listen?: ListenOptions
  /** Whom to call, and keep calling. Of two nodes one calls the other, not both. Of a peer that moves, `url` is asked before each call. */
  readonly connect?: readonly { readonly peer: NodeId; readonly url: string | (() => string) }[]
  /** What this node proves to know where it calls: 1 to 512 visible ASCII characters. Needed with `connect`. */
  readonly token?: string
  /** TLS 1.3 with certificates at both ends, which name the nodes. Default: neither encrypted nor certified. */
  readonly tls?: TlsMaterial
  /** That it speaks, for tests of an upgrade. Default: all that there are. */
  readonly versions?: readonly number[]
  readonly settings?: Partial<SocketSettings & ConnectorSettings>
}

export interface ListenOptions {
  /** Without `tls` a loopback address: nothing is encrypted. */
  readonly host: string
  /** 0 takes any free port; `listening` says which. */
  readonly port: number
  /** Tokens that a node may use, the newest first; none for a stranger. */
  readonly tokensOf: (node: NodeId) => readonly string[]
  readonly listening?: (port: number) => void
  /** PORT_IN_USE, or CONFIG_INVALID for an address that is not this machine's. */
  readonly failed?: (code: ErrorCode, detail: string) => void
}

export interface WebSocketHandlers<T> {
  linkUp(peer: NodeId, incarnation: number): void
  linkLost(peer: NodeId, why: string): void
  /** `refused` ends the connection. */
  received(peer: NodeId, value: T): 'taken' | 'refused'
}

export interface WebSocketLinks<T> {
  start(handlers: WebSocketHandlers<T>): void
  send(peer: NodeId, value: T): 'accepted' | 'refused'
  peers(): readonly NodeId[]
  counters(): Readonly<TransportCounters>
  stop(stopped: () => void): void
}

/**
 * A node may listen, call, or both. Nothing happens before `start`.
 * Throws ConfigError (CONFIG_INVALID) for an address in `connect` or a token that is none, and InvariantError when it is started twice.
 * A caller calls again for as long as it is not stopped; a wrong token, garbage and a message of more than `envelopeBytesMax`
 * end the connection and are counted, and nothing else is disturbed.
 */
export function createWebSocketLinks<T>(options: WebSocketLinksOptions, wire: SocketWire<T>): WebSocketLinks<T> {
  const { node, clock, log, token = '', tls, versions = wireVersions } = options
  const settings = { ...defaultSocketSettings, ...defaultConnectorSettings, ...options.settings }
  const self: Introduction = { node, incarnation: options.incarnation }
  const counters = createCounters()
  const sessions = new Map<NodeId, SocketSession<T>>()
  const latestLives = new Map<NodeId, number>()
  const sockets = new Set<WebSocket>()
  const connectors = new Map((options.connect ?? []).map(({ peer, url }) => [peer, makeConnector(peer, url)]))
  let listener: Listener | undefined
  let handlers: WebSocketHandlers<T> | undefined
  let isStopped = false
  const whenQuiet: (() => void)[] = []

  if (token !== '' && !/^[\x21-\x7e]{1,512}$/.test(token))
    throw new ConfigError('CONFIG_INVALID', 'a token is 1 to 512 visible ASCII characters', node)

  function makeConnector(peer: NodeId, given: string | (() => string)): Connector {
    const url = typeof given === 'string' ? () => given : given
    const scheme = tls ? 'wss:' : 'ws:'
    if (!URL.canParse(url()) || !url().startsWith(`${scheme}//`))
      throw new ConfigError('CONFIG_INVALID', `not a ${scheme}// address: ${url()}`, peer)
    const opened = (socket: WebSocket, incarnation: number, guard: MessageGuard) => {
      const caller = { node: peer, incarnation }
      if (!admit(caller)) return false
      open(socket, caller, guard)
      return true
    }
    const random = options.random.fork(`connector ${peer}`)
    const isConnected = () => sessions.has(peer)
    const common = { peer, url, token, self, versions, clock, random, log, settings, isConnected, opened }
    return createConnector({ ...common, ...(tls && { tls }) })
  }

  function startListener({ host, port, tokensOf, ...listen }: ListenOptions): Listener {
    return createListener({
      host,
      port,
      self,
      versions,
      counters,
      clock,
      ...(tls && { tls }),
      tokensOf,
      admit,
      opened: open,
      otherVersion: (caller, theirs) =>
        log.error('channel.version.refused', { code: 'WIRE_VERSION_UNKNOWN', peer: caller, ours: versions, theirs }),
      listening: (boundPort) => {
        log.info('channel.listening', { host, port: boundPort })
        listen.listening?.(boundPort)
      },
      failed: (code, detail) => {
        log.error('channel.listen.failed', { host, port, code, detail })
        listen.failed?.(code, detail)
      },
    })
  }

  /** A second connection of the same life is refused while the first lives: which of them would be the link? */
  function admit({ node: peer, incarnation }: Introduction): boolean {
    const latest = latestLives.get(peer) ?? 0
    if (isStopped || peer === node) return false
    return incarnation > latest || (incarnation === latest && !sessions.has(peer))
  }

  function open(socket: WebSocket, { node: peer, incarnation }: Introduction, guard: MessageGuard): void {
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0) for (const next of whenQuiet.splice(0)) next()
    })
    const former = sessions.get(peer)
    if (former) {
      former.end('replaced')
      // It may have ended a moment ago and not have said so yet: lost comes before up.
      lost(peer, former, 'replaced')
    }
    latestLives.set(peer, incarnation)
    const session = createSocketSession({
      socket,
      peer,
      clock,
      settings,
      counters,
      wire,
      guard,
      received: (value) => handlers?.received(peer, value) ?? 'taken',
      ended: (why) => lost(peer, session, why),
    })
    sessions.set(peer, session)
    log.info('channel.link.up', { peer, incarnation })
    handlers?.linkUp(peer, incarnation)
  }

  function lost(peer: NodeId, session: SocketSession<T>, why: string): void {
    if (sessions.get(peer) !== session) return
    sessions.delete(peer)
    if (isStopped) return
    log.warn('channel.link.lost', { peer, why })
    connectors.get(peer)?.lost()
    handlers?.linkLost(peer, why)
  }

  return {
    start(given) {
      if (handlers) throw new InvariantError('INVARIANT_BROKEN', 'a transport is started once', node)
      handlers = given
      if (options.listen) listener = startListener(options.listen)
      for (const connector of connectors.values()) connector.call()
    },
    send: (peer, value) => sessions.get(peer)?.send(value) ?? 'refused',
    peers: () => [...sessions].filter(([, session]) => session.isOpen).map(([peer]) => peer),
    counters: () => counters,
    stop(stopped) {
      isStopped = true
      handlers = { linkUp() {}, linkLost() {}, received: () => 'taken' }
      for (const connector of connectors.values()) connector.stop()
      for (const session of sessions.values()) session.end('stopped')
      const closeListener = () => (listener ? listener.close(stopped) : clock.setTimer(0, stopped))
      if (sockets.size === 0) closeListener()
      else whenQuiet.push(closeListener)
    },
  }
}
