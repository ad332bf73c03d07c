import { systemClock } from '../../../../src/drivers/node/system-clock.ts'
import {
  createProxyBalancer,
  type ProxiedGroup,
  type ProxyListening,
} from '../../../../src/drivers/proxy/proxy-balancer.ts'
import type { LoadBalancer } from '../../../../src/ports/load-balancer.ts'
import type { Log } from '../../../../src/ports/log.ts'
import type { Result } from '../../../../src/ports/result.ts'
import type { Member } from '../../../../src/protocol/messages.ts'
import { type HttpBlade, type HttpBladeShape, startHttpBlade } from '../../../contract/http-blade.ts'

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

export interface ProxyRig {
  readonly balancer: LoadBalancer
  /** Of shop/web. */
  readonly origin: string
  readonly adminOrigin: string
  boot(shape: Partial<HttpBladeShape>): Promise<HttpBlade>
  apply(...members: readonly Member[]): Promise<void>
  stop(): Promise<void>
}

export async function startProxyRig(limits: Partial<ProxiedGroup> = {}): Promise<ProxyRig> {
  const { balancer, listening } = await listen({ group: 'shop/web', host: '127.0.0.1', port: 0, ...limits })
  if (!listening.ok) throw new Error(listening.detail)
  const blades: HttpBlade[] = []
  return {
    balancer,
    origin: `http://127.0.0.1:${listening.value.groups[0]?.port}`,
    adminOrigin: `http://127.0.0.1:${listening.value.adminPort}`,
    async boot(shape) {
      const name = { blade: `c01-s0${blades.length + 1}`, group: 'shop/web', bootId: `boot-${blades.length}` }
      const blade = await startHttpBlade({ ...name, ...shape })
      blades.push(blade)
      return blade
    },
    apply: (...members) => new Promise((resolve) => balancer.apply('shop/web', members, () => resolve())),
    async stop() {
      await new Promise<void>((resolve) => balancer.close(resolve))
      await Promise.all(blades.map((blade) => blade.kill()))
    },
  }
}

export function listen(group: ProxiedGroup): Promise<{ balancer: LoadBalancer; listening: Result<ProxyListening> }> {
  return new Promise((resolve) => {
    const balancer = createProxyBalancer({
      groups: [group],
      clock: systemClock,
      log: silent,
      // Later than this call, so `balancer` is there.
      onListening: (listening) => resolve({ balancer, listening }),
    })
  })
}
