// A caller of the WebSocket port by hand: it can lie in its greeting, and say what it likes afterwards.
import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import { callHeaders, type Greeting, readGreeting, sessionKey } from '../../src/transport/websocket/handshake.ts'
import { createMessageGuard, type MessageGuard } from '../../src/transport/websocket/message-guard.ts'

export interface Claim {
  readonly node?: string
  readonly incarnation?: number
  readonly versions?: readonly number[]
  readonly token: string
  /** Whom it means to call. */
  readonly to?: string
  /** Instead of those of an honest caller. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface RawCaller {
  readonly socket: WebSocket
  readonly raw: Socket
  /** When the port has answered, before the session is proved. */
  readonly opened: Promise<MessageGuard>
  /** Proves the session. */
  proved(): Promise<MessageGuard>
  /** Of the answer: 101 when it is let in. */
  status(): Promise<number | undefined>
}

export function rawCall(port: number, claim: Claim): RawCaller {
  const { node = 'c01-s01', incarnation = 1, versions = [1], token, to = 'm1', headers = {} } = claim
  const call: Greeting = {
    node,
    incarnation,
    versions,
    nonce: Math.random().toString(16).slice(2).padEnd(32, '0').slice(0, 32),
  }
  const raw = connect(port, '127.0.0.1')
  const options = { headers: { ...callHeaders(call, to, token), ...headers }, createConnection: () => raw }
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, options)
  socket.on('error', () => {})
  let guard: MessageGuard | undefined
  socket.on('upgrade', (response) => {
    const answer = readGreeting(response.headers)
    if (answer) guard = createMessageGuard(sessionKey(call, answer, token), true)
  })
  const opened = new Promise<MessageGuard>((resolve, reject) => {
    socket.on('open', () => (guard ? resolve(guard) : reject(new Error('an answer without a greeting'))))
    socket.on('error', reject)
  })
  opened.catch(() => {})
  return {
    socket,
    raw,
    opened,
    async proved() {
      const made = await opened
      socket.send(made.seal(new Uint8Array()))
      return made
    },
    status: () =>
      new Promise((answered) => {
        socket.on('unexpected-response', (_request, response) => answered(response.statusCode))
        socket.on('open', () => answered(101))
      }),
  }
}
