import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { createProxyBalancer, type ProxyListening } from '../../src/drivers/proxy/proxy-balancer.ts'
import type { LoadBalancer } from '../../src/ports/load-balancer.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Member } from '../../src/protocol/messages.ts'
import { type HttpBlade, startHttpBlade } from './http-blade.ts'
import { loadBalancerContract } from './load-balancer.ts'

const place = { host: '127.0.0.1', port: 0 }
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

loadBalancerContract('the embedded proxy', async () => {
  const { balancer, listening } = await startProxy()
  const agent = new Agent({ connections: 32 })
  const blades = new Map<Member, HttpBlade>()

  return {
    balancer,
    async boot(blade, group, { at, bootId = `boot-${blades.size}`, ...shape } = {}) {
      const port = Number(at?.address.split(':')[1] ?? 0)
      const started = await startHttpBlade({ blade, group, bootId, port, ...shape })
      blades.set(started.member, started)
      return started.member
    },
    kill: async (member) => blades.get(member)?.kill(),
    served: (member) => blades.get(member)?.requests.length ?? 0,
    async request(group, { repeatable = true } = {}) {
      const port = listening.groups.find((entry) => entry.group === group)?.port
      const method = repeatable ? ('GET' as const) : ('POST' as const)
      try {
        const { statusCode, body } = await request(`http://127.0.0.1:${port}/`, { method, dispatcher: agent })
        await body.text()
        if (statusCode === 503) return 'refused'
        return statusCode === 200 ? 'ok' : 'failed'
      } catch {
        return 'failed'
      }
    },
    pass: (ms) => sleep(ms),
    async stop() {
      await agent.destroy()
      await new Promise<void>((resolve) => balancer.close(resolve))
      for (const blade of blades.values()) await blade.kill()
    },
  }
})

function startProxy(): Promise<{ balancer: LoadBalancer; listening: ProxyListening }> {
  return new Promise((resolve, reject) => {
    const balancer = createProxyBalancer({
      groups: ['shop/web', 'news/web'].map((group) => ({ group, ...place, inFlightMax: 4, checkIntervalMs: 100 })),
      clock: systemClock,
      log: silent,
      onListening: (result) =>
        result.ok ? resolve({ balancer, listening: result.value }) : reject(new Error(result.detail)),
    })
  })
}
