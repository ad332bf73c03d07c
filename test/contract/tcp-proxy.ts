// Stands between a node and its master, so that a test can cut what sockets do not let one cut: bytes stop, nobody is told.
import { connect, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  cut(): void
  heal(): void
  /** The connections break and no new one is taken, as when the process behind it died. */
  kill(): void
}

/** @param heard what passes through, and which way */
export async function openTcpProxy(
  targetPort: () => number | undefined,
  heard: (chunk: Buffer, isCallers: boolean) => void = () => {},
): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let isCut = false

  const join = ([a, b]: readonly [Socket, Socket]) => {
    a.pipe(b)
    b.pipe(a)
  }
  const server = createServer((near) => {
    const port = targetPort()
    if (port === undefined) {
      near.destroy()
      return
    }
    const pair = [near, connect(port, '127.0.0.1')] as const
    pairs.add(pair)
    for (const [index, socket] of pair.entries()) socket.on('data', (chunk: Buffer) => heard(chunk, index === 0))
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        pairs.delete(pair)
        // A cut wire does not pass on that the other end is gone.
        if (!isCut) for (const each of pair) each.destroy()
      })
    }
    if (!isCut) join(pair)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  return {
    port: address.port,
    cut() {
      isCut = true
      for (const [a, b] of pairs) {
        a.unpipe(b).pause()
        b.unpipe(a).pause()
      }
    },
    heal() {
      isCut = false
      for (const pair of pairs) join(pair)
    },
    kill() {
      isCut = false
      server.close()
      for (const pair of pairs) for (const socket of pair) socket.destroy()
    },
  }
}
