// Real sockets on loopback, a proxy before each node but the master.
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import type { Transport } from '../../src/ports/transport.ts'
import type { NodeId } from '../../src/protocol/ids.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import {
  createWebSocketTransport,
  type WebSocketTransportOptions,
} from '../../src/transport/websocket/web-socket-transport.ts'
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import type { TransportsUnderTest } from './transport.ts'

export const tokenOf = (node: NodeId) => (node === 'stranger' ? undefined : `secret of ${node}`.replaceAll(' ', '-'))

export interface WebSocketSite extends TransportsUnderTest {
  masterPort(): number | undefined
}

export async function until(condition: () => boolean): Promise<void> {
  for (const endMs = performance.now() + 8_000; !condition(); await sleep(2)) {
    if (performance.now() > endMs) throw new Error('this never happens')
  }
}

/** @param lives how many times each node may be attached: each life has its own proxy. */
export async function openWebSocketSite(
  nodes: readonly NodeId[],
  lives = 2,
  settings: WebSocketTransportOptions['settings'] = {},
): Promise<WebSocketSite> {
  const random = createSeededRandom('web socket site')
  const transports: Transport[] = []
  const idle = new Map<NodeId, TcpProxy[]>()
  const current = new Map<NodeId, TcpProxy>()
  let masterPort: number | undefined
  for (const node of nodes) {
    const proxies = Array.from({ length: lives }, () => openTcpProxy(() => masterPort))
    idle.set(node, await Promise.all(proxies))
  }

  function place(node: NodeId): Pick<WebSocketTransportOptions, 'listen' | 'connect' | 'token'> {
    if (node === 'm1') {
      const listening = (port: number) => {
        masterPort = port
      }
      return { listen: { host: '127.0.0.1', port: 0, tokensOf: (caller) => [tokenOf(caller) ?? []].flat(), listening } }
    }
    const proxy = idle.get(node)?.shift()
    if (!proxy) throw new Error(`${node} has no life left`)
    current.set(node, proxy)
    return { connect: [{ peer: 'm1', url: `ws://127.0.0.1:${proxy.port}` }], token: tokenOf(node) ?? '' }
  }

  return {
    attach(node, incarnation) {
      const transport = createWebSocketTransport({
        node,
        incarnation,
        clock: systemClock,
        random: random.fork(node),
        log: createArrayLog(),
        isRelay: (peer) => peer === 'm1',
        // Quick to notice, and yet patient with a busy machine.
        settings: { keepAliveMs: 100, deadlineMs: 500, firstWaitMs: 10, maxWaitMs: 100, ...settings },
        ...place(node),
      })
      transports.push(transport)
      return transport
    },
    kill: (node) => current.get(node)?.kill(),
    cut: (node) => current.get(node)?.cut(),
    heal: (node) => current.get(node)?.heal(),
    until,
    masterPort: () => masterPort,
    async close() {
      for (const proxy of [...current.values(), ...[...idle.values()].flat()]) proxy.kill()
      await Promise.all(transports.map((transport) => new Promise<void>((stopped) => transport.stop(stopped))))
    },
  }
}
