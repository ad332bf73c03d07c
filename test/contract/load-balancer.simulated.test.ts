import type { BootIdentity } from '../../src/protocol/board.ts'
import type { Member } from '../../src/protocol/messages.ts'
import { createSimulatedLoadBalancer } from '../../src/testing/simulated-load-balancer.ts'
import type { SimulatedServer } from '../../src/testing/simulated-server.ts'
import { createSimulatedService, type SimulatedService } from '../../src/testing/simulated-service.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { type LoadBalancerUnderTest, loadBalancerContract } from './load-balancer.ts'

interface Boot {
  readonly identity: BootIdentity
  readonly service: SimulatedService
  served: number
}

loadBalancerContract('simulated', async () => {
  const clock = createVirtualClock()
  const listening = new Map<string, Boot>()
  const boots = new Map<Member, Boot>()
  const server: SimulatedServer = {
    submit(address, finished) {
      const boot = listening.get(address)
      if (!boot) return clock.setTimer(0, () => finished('unreachable'))
      boot.served += 1
      boot.service.submit(finished)
    },
    identityAt: (address) => listening.get(address)?.identity,
  }
  const groups = ['shop/web', 'news/web']
  const balancer = createSimulatedLoadBalancer({ clock, server, groups, inFlightMax: 4, checkIntervalMs: 100 })
  const rig: LoadBalancerUnderTest = {
    balancer,
    async boot(blade, group, { serviceMs = 5, busy = false, at, bootId = `boot-${boots.size}` } = {}) {
      const address = at?.address ?? `10.0.0.${boots.size}:80`
      const member: Member = { blade, address, bootId, state: 'ready' }
      const identity = { group, role: 'front', imageDigest: 'sha256:0', bootId }
      const service = createSimulatedService(clock, { slots: busy ? 0 : 16, serviceMs, queueMax: 0 })
      const boot = { identity, service, served: 0 }
      boots.set(member, boot)
      listening.set(address, boot)
      return member
    },
    async kill(member) {
      listening.delete(member.address)
      boots.get(member)?.service.cut()
    },
    served: (member) => boots.get(member)?.served ?? 0,
    request: (group, options) => new Promise((resolve) => balancer.request(group, resolve, options)),
    async pass(ms) {
      clock.advanceBy(ms)
    },
    stop: () =>
      new Promise((resolve) => {
        balancer.close(resolve)
        clock.advanceBy(1)
      }),
  }
  return rig
})
