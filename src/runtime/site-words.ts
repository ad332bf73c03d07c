// What the processes of a site say to each other when everything happens at once, as the messages themselves: their sizes on the wire follow.
import { boardPath, decisionPath, gatePath, groupPath, leasesPath, masterPath } from '../actors/paths.ts'
import { type Address, formatAddress, leaderNode } from '../protocol/address.ts'
import type { Lane } from '../protocol/envelope.ts'
import type { NodeId } from '../protocol/ids.ts'
import { emptyHistogram } from '../protocol/latency-histogram.ts'
import type { Message } from '../protocol/messages.ts'
import type { FarmConfig } from './farm-config-schema.ts'
import { type AgentPlace, agentsOf, bladesOf, type GroupPlace, groupsOf, mastersOf } from './farm-layout.ts'
import { defaultReportPeriodMs } from './run-balancer.ts'
import { balancerNode, boardHeartbeatMs } from './site-book-of.ts'

export interface Said {
  /** For a person: `lease`, `boards`. */
  readonly what: string
  readonly from: NodeId
  readonly to: NodeId
  readonly lane: Lane
  readonly periodMs: number
  readonly deadlineMs: number
  /** Nothing happens, and yet it is said. */
  readonly isAtRest: boolean
  /** Sent together: those of all boards of an agent, say. */
  readonly messages: readonly { readonly from: Address; readonly to: Address; readonly body: Message }[]
}

/** As long as a number gets in years. */
const large = 2 ** 20
const order = { epoch: 2 ** 12, index: large }
const incarnation = 2 ** 12
const digest = `sha256:${'0'.repeat(64)}`
const move = 'mv-000042'
/** A master says its state this often (actors/master-pair.ts). */
const pairStateMs = 100
const commandMs = 250
const wishMs = 1_000
const statusDeadlineMs = 500
/** Of a member whose answers take between 4 ms and 40 ms. */
const bucketsOfMember = 20

interface Site {
  readonly config: FarmConfig
  readonly masters: readonly NodeId[]
  readonly agents: readonly AgentPlace[]
  /** It leads; the other one only asks for the lease too. */
  readonly leader: NodeId
}

export function wordsOf(config: FarmConfig): readonly Said[] {
  const masters = mastersOf(config)
  const site: Site = { config, masters, agents: agentsOf(config), leader: masters[0] ?? leaderNode }
  const groups = groupsOf(config)
  return [
    ...masters.flatMap((master) => site.agents.flatMap((agent) => leaseWords(site, master, agent))),
    ...site.agents.map((agent) => boardWords(site, agent)),
    ...masters.flatMap((master) => pairWords(site, master)),
    ...groups.flatMap((group) => [...reportWords(site, group), ...wishWords(site, group)]),
    ...moveWords(site, groups[0]),
  ]
}

function at({ config }: Site, node: NodeId, path: string): Address {
  return formatAddress(config.site.id, node, path)
}

/** With the life of who sends. */
function of({ config }: Site, node: NodeId, path: string): Address {
  return formatAddress(config.site.id, node, path, incarnation)
}

function leaseWords(site: Site, master: NodeId, { node, blades }: AgentPlace): readonly Said[] {
  const { leaseMs } = site.config.masters
  const members = bladesOf(site.config).map(({ blade }) => blade)
  const voters = { version: 2, members: members.slice(0, 9), former: null }
  const { epoch } = order
  const vote = { outcome: 'granted', promised: epoch, heldMs: 0, mark: null, voters, lastOrder: order } as const
  const ask: Message = {
    ...{ type: 'lease.ask', master, epoch, round: large, releases: 0, leaseMs, mark: null, voters },
    acceptsLoss: false,
  }
  const answer: Message = {
    ...{ type: 'lease.answered', epoch, round: large, nonce: large * large },
    boards: blades.map(({ blade }) => ({ board: blade, ...vote })),
  }
  // Before it is asked for again.
  const how = {
    what: 'lease',
    lane: 'control',
    periodMs: leaseMs / 5,
    deadlineMs: leaseMs / 5,
    isAtRest: true,
  } as const
  const [here, there] = [leasesPath, leasesPath]
  return [
    {
      ...how,
      from: master,
      to: node,
      messages: [{ from: of(site, master, here), to: at(site, node, there), body: ask }],
    },
    {
      ...how,
      from: node,
      to: master,
      messages: [{ from: of(site, node, there), to: at(site, master, here), body: answer }],
    },
  ]
}

function boardWords(site: Site, { node, blades }: AgentPlace): Said {
  return {
    ...{ what: 'boards', from: node, to: site.leader, lane: 'status', periodMs: boardHeartbeatMs },
    ...{ deadlineMs: statusDeadlineMs, isAtRest: true },
    messages: blades.map(({ blade }) => ({
      from: of(site, node, boardPath(blade)),
      to: at(site, leaderNode, boardPath(blade)),
      body: { type: 'board.alive', blade, digest: 2 ** 50, cpuPerMille: 1_000, memoryKiB: large },
    })),
  }
}

function pairWords(site: Site, master: NodeId): readonly Said[] {
  const body: Message = {
    ...{ type: 'pair.state', master, stage: 'leading', epoch: order.epoch, released: 0, lastIndex: large },
    trouble: null,
  }
  return site.masters
    .filter((other) => other !== master)
    .map((other) => ({
      ...{ what: 'pair', from: master, to: other, lane: 'control', periodMs: pairStateMs },
      ...{ deadlineMs: pairStateMs, isAtRest: true },
      messages: [{ from: of(site, master, masterPath), to: at(site, other, masterPath), body }],
    }))
}

/** From the balancer to both masters, and from the leader on to where the decisions are made. */
function reportWords(site: Site, group: GroupPlace): readonly Said[] {
  const { leader, masters } = site
  const how = { what: 'report', lane: 'status', periodMs: defaultReportPeriodMs, deadlineMs: statusDeadlineMs } as const
  const body = reportOf(group)
  const from = of(site, balancerNode, gatePath)
  const decider = site.agents[0]?.node ?? leader
  return [
    ...masters.map((master) => ({
      ...{ ...how, from: balancerNode, to: master, isAtRest: true },
      messages: [{ from, to: at(site, master, groupPath(group.group)), body }],
    })),
    ...group.roles.map((role) => ({
      ...{ ...how, from: leader, to: decider, isAtRest: true },
      messages: [{ from, to: at(site, decider, decisionPath(group.group, role.id)), body }],
    })),
  ]
}

function reportOf({ group, roles }: GroupPlace): Message {
  const latency = emptyHistogram()
  latency.counts.fill(100, 0, bucketsOfMember)
  latency.sumMs = 1_234.5
  const counts = { inFlight: 200, completed: 200, refused: 0, failed: 0 }
  const count = roles.reduce((sum, { max }) => sum + max, 0)
  const bladeOf = (index: number) => `c01-s${String((index % 32) + 1).padStart(2, '0')}`
  return {
    ...{ type: 'balancer.report', group, at: 2 ** 41, periodMs: 500.5, refused: 0, arrived: large, version: order },
    members: Array.from({ length: count }, (_, index) => ({ blade: bladeOf(index), ...counts, latency })),
  }
}

function wishWords(site: Site, { group, roles }: GroupPlace): readonly Said[] {
  const node = site.agents[0]?.node ?? ''
  return roles.map(({ id: role }) => ({
    ...{
      what: 'wish',
      from: node,
      to: site.leader,
      lane: 'normal',
      periodMs: wishMs,
      deadlineMs: wishMs,
      isAtRest: false,
    },
    messages: [
      {
        from: of(site, node, decisionPath(group, role)),
        to: at(site, leaderNode, groupPath(group)),
        body: { type: 'group.demand.steady', group, role, wish: 0.125 },
      },
    ],
  }))
}

/** Of all that may run at once: the longest command, and the longest answer. */
function moveWords(site: Site, group: GroupPlace | undefined): readonly Said[] {
  const [role] = group?.roles ?? []
  if (!group || !role) return []
  const { leader, agents, config } = site
  const how = { lane: 'control', periodMs: commandMs, deadlineMs: commandMs, isAtRest: false } as const
  const { image, healthPath } = role
  const pointers = { group: group.group, role: role.id, image, imageDigest: digest, healthPath }
  const removed = ['image', 'logs', 'memory', 'volumes']
  return Array.from(
    { length: config.decisions.concurrentMovesMax },
    (_, index) => agents[index % agents.length],
  ).flatMap((agent): readonly Said[] => {
    const [blade] = agent?.blades ?? []
    if (!agent || !blade) return []
    const [master, board] = [masterPath, boardPath(blade.blade)]
    const command: Message = {
      ...{ type: 'board.command', id: { move, step: 'setPointers', attempt: 1 }, order, nonce: large * large },
      operation: { step: 'setPointers', pointers },
    }
    const receipt = {
      id: digest.slice(-32),
      blade: blade.blade,
      formerGroup: group.group,
      removed,
      digest,
      at: 2 ** 41,
    }
    const answer: Message = {
      ...{ type: 'board.answered', blade: blade.blade, id: { move, step: 'verifyScrub', attempt: 1 } },
      result: { outcome: 'done', receipt },
    }
    const [from, to] = [leader, agent.node]
    return [
      {
        ...how,
        what: 'command',
        from,
        to,
        messages: [{ from: of(site, from, master), to: at(site, to, board), body: command }],
      },
      {
        ...how,
        what: 'answer',
        from: to,
        to: from,
        messages: [{ from: of(site, to, board), to: at(site, from, master), body: answer }],
      },
    ]
  })
}
