// The LoadBalancer port on the virtual clock: choice, health, routing and counting are the embedded proxy's own; only the way to a
// member is simulated. As there, whoever answers at an address must name the listed group and boot before a request is sent to him.
import { createGroupMembers, type GroupMembers, type MemberConnection } from '../drivers/proxy/group-members.ts'
import { type AttemptEnding, type RoutedRequest, routeRequest } from '../drivers/proxy/request-routing.ts'
import type { Clock } from '../ports/clock.ts'
import type { LoadBalancer } from '../ports/load-balancer.ts'
import type { BladeId, GroupId } from '../protocol/ids.ts'
import type { Member } from '../protocol/messages.ts'
import type { SimulatedServer } from './simulated-server.ts'

export interface SimulatedLoadBalancerOptions {
  readonly clock: Clock
  readonly server: SimulatedServer
  readonly groups: readonly GroupId[]
  /** Default 64, as the proxy's. */
  readonly inFlightMax?: number
  /** Default 500, as the proxy's. */
  readonly checkIntervalMs?: number
  /** For a health check to come back. Default 1. */
  readonly checkMs?: number
}

export interface SimulatedLoadBalancer extends LoadBalancer {
  /**
   * A client's request. Finishes exactly once. A request that is not repeatable stands for one with a body.
   * After `close` it is `failed`: nobody listens.
   */
  request(
    group: GroupId,
    finished: (outcome: 'ok' | 'refused' | 'failed') => void,
    options?: { repeatable?: boolean },
  ): void
}

interface SimulatedConnection extends MemberConnection {
  send(ended: (ending: AttemptEnding) => void): void
}

export function createSimulatedLoadBalancer(options: SimulatedLoadBalancerOptions): SimulatedLoadBalancer {
  const { clock } = options
  const drainedListeners: ((group: GroupId, blade: BladeId) => void)[] = []
  const groups = new Map<GroupId, GroupMembers<SimulatedConnection>>()
  let closed = false

  for (const group of options.groups) {
    const members = createGroupMembers<SimulatedConnection>({
      clock,
      inFlightMax: options.inFlightMax ?? 64,
      checkIntervalMs: options.checkIntervalMs ?? 500,
      connect: (member, onBroken) => connect(options, group, member, onBroken),
      onDrained(blade) {
        for (const listener of drainedListeners) listener(group, blade)
      },
    })
    groups.set(group, members)
  }

  return {
    apply(group, members, answer) {
      const known = groups.get(group)
      if (known) known.apply(members, () => answer({ ok: true, value: undefined }))
      else answer({ ok: false, code: 'GROUP_UNKNOWN', detail: group })
    },
    read: (group) => groups.get(group)?.listed() ?? [],
    inFlight: (group, blade) => groups.get(group)?.inFlight(blade) ?? 0,
    onDrained(listener) {
      drainedListeners.push(listener)
    },
    takeReport: (group) => groups.get(group)?.takeReport() ?? { arrived: 0, refused: 0, members: [] },
    request(group, finished, { repeatable = true } = {}) {
      const members = groups.get(group)
      if (closed || !members) clock.setTimer(0, () => finished('failed'))
      else routeRequest(members, clock, simulatedRequest(repeatable, finished))
    },
    close(answer) {
      closed = true
      for (const members of groups.values()) members.close()
      clock.setTimer(0, answer)
    },
  }
}

function simulatedRequest(
  repeatable: boolean,
  finished: (outcome: 'ok' | 'refused' | 'failed') => void,
): RoutedRequest<SimulatedConnection> {
  return {
    repeatable,
    attempt(member, ended) {
      member.connection.send((ending) => {
        if (ending === 'unsent') member.health.markDown()
        ended(ending)
      })
    },
    finished(result) {
      if (result === 'completed') finished('ok')
      else if (result === 'refused' || result === 'saturated') finished('refused')
      else finished('failed')
    },
  }
}

function connect(
  { clock, server, checkMs = 1 }: SimulatedLoadBalancerOptions,
  group: GroupId,
  member: Member,
  onBroken: () => void,
): SimulatedConnection {
  const inHand = new Set<(ending: AttemptEnding) => void>()
  let closed = false

  function isIdentified(): boolean {
    const identity = closed ? undefined : server.identityAt(member.address)
    return identity?.group === group && identity.bootId === member.bootId
  }

  return {
    check(ended) {
      clock.setTimer(checkMs, () => ended(isIdentified()))
    },
    send(ended) {
      if (!isIdentified()) {
        clock.setTimer(0, () => ended('unsent'))
        return
      }
      inHand.add(ended)
      server.submit(member.address, (outcome) => {
        if (!inHand.delete(ended)) return
        if (outcome === 'failed') onBroken()
        ended(endings[outcome])
      })
    },
    close() {
      closed = true
      const cutOff = [...inHand]
      inHand.clear()
      for (const ended of cutOff) clock.setTimer(0, () => ended('unanswered'))
    },
  }
}

const endings = { ok: 'completed', refused: 'refused', failed: 'unanswered', unreachable: 'unsent' } as const
