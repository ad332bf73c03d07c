// The multicast group that stands for a bus. One socket is bound to the group and hears everybody; another is connected to it, so that
// sending asks for no address. Both keep to the loopback interface, and nothing that is sent leaves the host (TTL 0).
import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import { networkInterfaces } from 'node:os'

export interface UdpSocketsOptions {
  readonly port: number
  readonly group: string
  /** Both are open. */
  ready(): void
  /** A datagram from this host, one's own as well. The bytes are the caller's. */
  heard(bytes: Uint8Array): void
  /** Once, and nothing after it; it closes by itself. Perhaps on the stack of `openUdpSockets`. */
  failed(problem: Error): void
}

export interface UdpSockets {
  /** Before `ready` it fails. `done` is called once, unless it is closed before. */
  send(bytes: Uint8Array, done: (problem: Error | null) => void): void
  /** Harmless twice. */
  close(): void
}

const loopback = '127.0.0.1'
const receiveBufferBytes = 4 * 2 ** 20

/** Addresses are numeric and so are answered at once: nothing that is sent after this was called is missed. */
const lookup: NonNullable<SocketOptions['lookup']> = (address, _, found) => found(null, address, 4)

export function openUdpSockets({ port, group, ready, heard, failed }: UdpSocketsOptions): UdpSockets {
  const hearing = createSocket({ type: 'udp4', reuseAddr: true, lookup })
  const sending = createSocket({ type: 'udp4', lookup })
  const addresses = ownAddresses()
  let isOpen = true
  const close = () => {
    if (!isOpen) return
    isOpen = false
    closeQuietly(hearing)
    closeQuietly(sending)
  }
  const fail = (problem: Error) => {
    if (!isOpen) return
    close()
    failed(problem)
  }
  /** Setting a socket up throws. */
  const attempt = (step: () => void) => () => {
    try {
      if (isOpen) step()
    } catch (problem) {
      fail(problem as Error)
    }
  }
  hearing.on('error', fail)
  sending.on('error', fail)
  hearing.on('message', (bytes, { address }) => {
    if (isOpen && isOfThisHost(address, addresses)) heard(bytes)
  })
  const connect = attempt(() => {
    sending.setMulticastInterface(loopback)
    sending.setMulticastTTL(0)
    sending.connect(port, group, () => isOpen && ready())
  })
  const join = attempt(() => {
    hearing.addMembership(group, loopback)
    raiseReceiveBuffer(hearing)
    sending.bind(0, loopback, connect)
  })
  attempt(() => hearing.bind(port, group, join))()
  return {
    send(bytes, done) {
      try {
        sending.send(bytes, (problem) => isOpen && done(problem))
      } catch (problem) {
        done(problem as Error)
      }
    },
    close,
  }
}

function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((found = []) => found.map(({ address }) => address)))
}

/** 0.0.0.0 is a sender that has no address but the loopback one, as in a network namespace; the kernel takes it from no wire. */
function isOfThisHost(address: string, own: ReadonlySet<string>): boolean {
  return address.startsWith('127.') || address === '0.0.0.0' || own.has(address)
}

/** What comes up late is nobody's business; without a listener it would end the process. */
function closeQuietly(socket: Socket): void {
  socket.removeAllListeners('message')
  socket.removeAllListeners('error')
  socket.on('error', () => {})
  try {
    socket.close()
  } catch {
    // It was never open.
  }
}

/** The pace is what keeps frames from being lost; the buffer is for a reader that stalls. The kernel grants what it allows. */
function raiseReceiveBuffer(socket: Socket): void {
  try {
    socket.setRecvBufferSize(receiveBufferBytes)
  } catch {
    // Then it stays as it was.
  }
}
