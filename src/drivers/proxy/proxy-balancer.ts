// The embedded load balancer: nothing but Node and undici. One HTTP server a group; every connection to a member has proven which
// boot of which group is at its other end before it carries a request.
import type { Server } from 'node:http'
import type { Clock } from '../../ports/clock.ts'
import type { LoadBalancer } from '../../ports/load-balancer.ts'
import type { Log } from '../../ports/log.ts'
import type { Answer } from '../../ports/result.ts'
import type { BladeId, GroupId } from '../../protocol/ids.ts'
import type { Member } from '../../protocol/messages.ts'
import { createGroupMembers, type GroupMembers } from './group-members.ts'
import { createGroupServer, defaultGroupServerLimits, type GroupServerLimits } from './group-server.ts'
import { type Listener, listenOnAll } from './listen.ts'
import { createMemberLinks, type MemberLinks } from './member-links.ts'
import { createMemberListServer } from './member-list-server.ts'

export interface ProxyBalancerOptions {
  readonly groups: readonly ProxiedGroup[]
  /** Where `GET /members` answers. Default: a free port on 127.0.0.1. */
  readonly admin?: { readonly host: string; readonly port: number }
  readonly clock: Clock
  readonly log: Log
  /** Once: all ports are bound, or none is. Errors: PORT_IN_USE, CONFIG_INVALID. */
  readonly onListening: Answer<ProxyListening>
}

export interface ProxiedGroup extends Partial<GroupServerLimits> {
  readonly group: GroupId
  readonly host: string
  /** 0 = any free one. */
  readonly port: number
  /** Requests in flight to one member. Higher: fewer refusals in a burst; lower: a slow member holds fewer. Default 64. */
  readonly inFlightMax?: number
  /** For a new connection to be up and identified. Default 1000. */
  readonly connectTimeoutMs?: number
  /** Until the head of an answer, and between two parts of its body. Default 30,000. */
  readonly answerTimeoutMs?: number
  /** Between checks of a member that is down. Default 500. */
  readonly checkIntervalMs?: number
}

export interface ProxyListening {
  readonly groups: readonly { readonly group: GroupId; readonly host: string; readonly port: number }[]
  readonly adminPort: number
}

interface Entry {
  readonly options: ProxiedGroup
  readonly members: GroupMembers<MemberLinks>
  readonly server: Server
}

/** On close, requests in flight may end within this time; then their connections are cut. */
const closeGraceMs = 2000

export function createProxyBalancer(options: ProxyBalancerOptions): LoadBalancer {
  const { clock, log } = options
  const drainedListeners: ((group: GroupId, blade: BladeId) => void)[] = []
  const onDrained = (group: GroupId, blade: BladeId) => {
    for (const listener of drainedListeners) listener(group, blade)
  }
  const entries = new Map(
    options.groups.map((group) => [group.group, createEntry(group, clock, (blade) => onDrained(group.group, blade))]),
  )
  const adminServer = createMemberListServer(() => [...entries.values()].map(publish))
  listenOnAll(listenersOf(entries, adminServer, options.admin), (result) => {
    if (!result.ok) return options.onListening(result)
    const [adminPort = 0, ...ports] = result.value
    const groups = options.groups.map(({ group, host }, i) => ({ group, host, port: ports[i] ?? 0 }))
    log.info('balancer.listening', { groups, adminPort })
    options.onListening({ ok: true, value: { groups, adminPort } })
  })

  return {
    apply(group, members, answer) {
      const entry = entries.get(group)
      if (!entry) return answer({ ok: false, code: 'GROUP_UNKNOWN', detail: group })
      entry.members.apply(members, () => answer({ ok: true, value: undefined }))
    },
    read: (group) => entries.get(group)?.members.listed() ?? [],
    inFlight: (group, blade) => entries.get(group)?.members.inFlight(blade) ?? 0,
    onDrained(listener) {
      drainedListeners.push(listener)
    },
    takeReport: (group) => entries.get(group)?.members.takeReport() ?? { arrived: 0, refused: 0, members: [] },
    close(closed) {
      const servers = [adminServer, ...[...entries.values()].map(({ server }) => server)]
      closeServers(servers, clock, () => {
        for (const { members } of entries.values()) members.close()
        closed()
      })
    },
  }
}

function createEntry(options: ProxiedGroup, clock: Clock, onDrained: (blade: BladeId) => void): Entry {
  const members = createGroupMembers<MemberLinks>({
    clock,
    inFlightMax: options.inFlightMax ?? 64,
    checkIntervalMs: options.checkIntervalMs ?? 500,
    connect: (member, onBroken) => connectMember(options, clock, member, onBroken),
    onDrained,
  })
  return { options, members, server: createGroupServer(members, clock, { ...defaultGroupServerLimits, ...options }) }
}

function connectMember(options: ProxiedGroup, clock: Clock, member: Member, onBroken: () => void): MemberLinks {
  const parts = {
    clock,
    group: options.group,
    address: member.address,
    bootId: member.bootId,
    connectTimeoutMs: options.connectTimeoutMs ?? 1000,
    answerTimeoutMs: options.answerTimeoutMs ?? 30_000,
  }
  return createMemberLinks(parts, onBroken)
}

function publish({ options, members, server }: Entry) {
  const address = server.address()
  return {
    group: options.group,
    port: typeof address === 'object' && address ? address.port : options.port,
    members: members.listed().map((member) => ({ ...member, inFlight: members.inFlight(member.blade) })),
  }
}

function listenersOf(
  entries: ReadonlyMap<GroupId, Entry>,
  adminServer: Server,
  admin: ProxyBalancerOptions['admin'],
): readonly Listener[] {
  const groups = [...entries].map(([name, { server, options }]) => ({
    name,
    server,
    host: options.host,
    port: options.port,
  }))
  return [{ name: 'admin', server: adminServer, ...(admin ?? { host: '127.0.0.1', port: 0 }) }, ...groups]
}

function closeServers(servers: readonly Server[], clock: Clock, closed: () => void): void {
  let open = servers.length
  const grace = clock.setTimer(closeGraceMs, () => {
    for (const server of servers) server.closeAllConnections()
  })
  for (const server of servers) {
    server.close(() => {
      open -= 1
      if (open > 0) return
      grace.cancel()
      closed()
    })
    server.closeIdleConnections()
  }
}
