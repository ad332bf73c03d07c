// The channel of a process that calls its site master: agents, balancer, load source.
import { systemClock } from '../drivers/node/system-clock.ts'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import type { Random } from '../ports/random.ts'
import type { Transport } from '../ports/transport.ts'
import { createWebSocketTransport } from '../transport/websocket/web-socket-transport.ts'
import type { OwnProcess } from './own-process.ts'
import { channelUrl, masterNode } from './run-directory.ts'

/** Between two looks for a master that has not said yet where it listens. */
const lookEveryMs = 50

/** Calls back once the master has said where it listens; from then on the transport keeps calling. */
export function whenLinked(own: OwnProcess, use: (transport: Transport, random: Random) => void): void {
  const { directory, node, incarnation, log } = own
  const { config, path } = directory
  const token = directory.tokenOf(node)
  if (token === undefined) {
    own.fail('TOKEN_REFUSED', `${node} has no token in ${path}`)
    return
  }
  const random = createSeededRandom(config.seed).fork(node)
  const look = () => {
    const first = channelUrl(directory)
    if (first === undefined) {
      systemClock.setTimer(lookEveryMs, look)
      return
    }
    const transport = createWebSocketTransport({
      node,
      incarnation,
      clock: systemClock,
      random: random.fork('channel'),
      log,
      // A master that was started again may have got another port.
      connect: [{ peer: masterNode, url: () => channelUrl(directory) ?? first }],
      token,
      isRelay: (peer) => peer === masterNode,
    })
    use(transport, random)
  }
  look()
}
