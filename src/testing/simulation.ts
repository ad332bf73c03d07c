// A whole site in one process on a virtual clock: the same masters, agents, balancer and machines as in processes, on simulated ports.
// All chance comes from the seed; the same seed and the same calls give the same trace, byte for byte (promise 8).
import { violations } from '../../models/site-invariants.ts'
import type { Observation } from '../actors/actor-system.ts'
import { defaultRules } from '../decision/default-rules.ts'
import type { OpenLoopLoad } from '../drivers/load/open-loop-load.ts'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import { InvariantError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Answer } from '../ports/result.ts'
import type { Store } from '../ports/store.ts'
import type { BladeId, GroupId, NodeId, SiteId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { agentsOf, bladesOf, groupsOf, mastersOf } from '../runtime/farm-layout.ts'
import type { FarmStatus } from '../runtime/farm-status.ts'
import { runAgent } from '../runtime/run-agent.ts'
import { runBalancer } from '../runtime/run-balancer.ts'
import { loadNode, runLoad } from '../runtime/run-load.ts'
import { runMaster } from '../runtime/run-master.ts'
import type { Running, RunningMaster } from '../runtime/run-options.ts'
import { balancerNode } from '../runtime/site-book-of.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { joinTransports } from './join-transports.ts'
import { mortalClock } from './mortal-clock.ts'
import type { SimulatedImage } from './simulated-board.ts'
import { createSimulatedDisk, type SimulatedDisk } from './simulated-disk.ts'
import { createSimulatedHardware, type SimulatedHardware, type SimulatedTimings } from './simulated-hardware.ts'
import { createSimulatedLoad } from './simulated-load.ts'
import { createSimulatedLoadBalancer, type SimulatedLoadBalancer } from './simulated-load-balancer.ts'
import { createSimulatedNetwork, type SimulatedNetwork } from './simulated-network.ts'
import { createTraceLog } from './trace-log.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly config: FarmConfig
  /** Requests by account at the start; it goes to the account's first group. */
  readonly load?: Readonly<Record<string, number>>
  /** Images that are not healthy or have other digests; what is not named boots well. */
  readonly images?: Readonly<Record<string, SimulatedImage>>
  readonly timings?: Partial<SimulatedTimings>
  /** A site among others: their clock, its master's name there (unique over all of them), and the network of masters and coordinator. */
  readonly among?: {
    readonly clock: VirtualClock
    readonly masterNode: NodeId
    readonly network: SimulatedNetwork
    readonly coordinator: { readonly site: SiteId; readonly node: NodeId }
  }
  /** Default: the rules of the house. */
  readonly rules?: string
}

export interface Simulation {
  readonly clock: VirtualClock
  readonly network: SimulatedNetwork
  readonly hardware: SimulatedHardware
  readonly balancer: SimulatedLoadBalancer
  readonly load: OpenLoopLoad
  /** The one that runs; throws while none does. */
  master(): RunningMaster
  /** Undefined while no master runs. */
  status(): FarmStatus | undefined
  disk(node: NodeId): SimulatedDisk
  /** Virtual time passes. */
  runFor(ms: number): void
  /** Until it is so, checked at each timer; false when it was not within the time. */
  runUntil(isSo: () => boolean, withinMs: number): boolean
  /**
   * Its process dies where it stands. Its disk keeps what was synced. Of a master the other one hears soon, as from a launcher that sees
   * it end; unnoticed, its whole machine is gone.
   */
  crash(node: NodeId, how?: { readonly isNoticed?: boolean }): void
  /** A new life of a crashed node. */
  restart(node: NodeId): void
  /** One line an event of any node, JSON. */
  trace(): readonly string[]
  /** Promises that did not hold, each once, with the time. */
  violations(): readonly string[]
}

/** Until a launcher has seen a process end, and said so. */
const noticeMs = 20
/** Until it has started one again. */
const restartMs = 300

interface Node {
  readonly disk: SimulatedDisk
  incarnation: number
  running: Running | undefined
  die: () => void
}

export function createSimulation(options: SimulationOptions): Simulation {
  const { seed, config } = options
  const { among } = options
  const masterNodes = among ? [among.masterNode] : mastersOf(config)
  const isMaster = (node: NodeId) => masterNodes.includes(node)
  const clock = among?.clock ?? createVirtualClock()
  const random = createSeededRandom(seed)
  const traced = createTraceLog(clock, (event, { blade }) => {
    if (event === 'blade.changed') checkPool(String(blade))
  })
  const nodes = new Map<NodeId, Node>()
  const found = new Set<string>()
  const groups = groupsOf(config)
  const network = createSimulatedNetwork({
    clock,
    random: random.fork('network'),
    linked: (a, b) => isMaster(a) || isMaster(b),
    isRelay: isMaster,
  })
  const images = imagesOf(config, options.images ?? {})
  const hardware = createSimulatedHardware({
    clock,
    random: random.fork('hardware'),
    blades: bladesOf(config),
    images,
    volumes: volumesOf(config),
    ...(options.timings && { timings: options.timings }),
  })
  const stores = new Map<NodeId, Store>()
  const balancer = createSimulatedLoadBalancer({
    clock,
    server: hardware.server,
    groups: groups.map(({ group }) => group),
  })
  const load = createSimulatedLoad({
    clock,
    random: random.fork('load'),
    accounts: config.accounts.flatMap(({ id: account, groups: [first] }) =>
      first ? [{ account, group: `${account}/${first.id}`, ratePerSecond: options.load?.[account] ?? 0 }] : [],
    ),
    balancer,
  })
  const masters = new Map<NodeId, RunningMaster>()

  // — processes ———————————————————————————————————————————————————————————————————————————————

  interface Ports {
    readonly clock: Clock
    readonly random: Random
    readonly disk: SimulatedDisk
  }

  function begin(node: NodeId, run: (node: Node, ports: Ports) => void): void {
    const disk = nodes.get(node)?.disk ?? createSimulatedDisk({ clock, random: random.fork(`disk ${node}`) })
    const incarnation = (nodes.get(node)?.incarnation ?? 0) + 1
    const mortal = mortalClock(clock)
    const life: Node = { disk, incarnation, running: undefined, die: mortal.die }
    nodes.set(node, life)
    run(life, { clock: mortal.clock, random: random.fork(`${node} ${incarnation}`), disk })
  }

  function portsOf(node: NodeId, { incarnation }: Node, { clock: own, random: chance, disk }: Ports) {
    const log = traced.log(node)
    const transport = network.attach(node, incarnation)
    return { clock: own, random: chance, log, transport, disk }
  }

  const starters = new Map<NodeId, (life: Node, ports: Ports) => void>([
    ...masterNodes.map((node) => [node, startMaster(node)] as const),
    [balancerNode, startBalancer],
    ...agentsOf(config).map(({ node }) => [node, startAgent(node)] as const),
  ])

  function startMaster(node: NodeId): (life: Node, ports: Ports) => void {
    return (life, ports) => {
      const store = stores.get(node) ?? createMemoryStore()
      stores.set(node, store)
      const imageDigests = Object.fromEntries(Object.entries(images).map(([name, { digest }]) => [name, digest]))
      const own = portsOf(node, life, ports)
      const outside = among?.network.attach(node, life.incarnation)
      const transport = outside ? joinTransports(own.transport, outside) : own.transport
      runMaster(
        {
          site: config.site.id,
          node,
          masters: masterNodes,
          incarnation: life.incarnation,
          ...(among && { coordinator: among.coordinator }),
          ports: { ...own, transport, store },
          config,
          rules: options.rules ?? defaultRules,
          imageDigests,
          processes: () => [],
          observe,
          ended: () => endMaster(node, life),
        },
        running(life, (started) => {
          masters.set(node, started)
        }),
      )
    }
  }

  /** As a launcher does: the process ends, and is started again a little later. */
  function endMaster(node: NodeId, life: Node): void {
    clock.setTimer(0, () => {
      if (nodes.get(node) !== life || life.running === undefined) return
      crash(node)
      clock.setTimer(restartMs, () => {
        if (nodes.get(node) === life) restart(node)
      })
    })
  }

  /** The one that leads, else one that runs. */
  function leadingMaster(): RunningMaster | undefined {
    const all = [...masters.values()]
    return all.find((one) => one.role().state === 'leading') ?? all[0]
  }

  function startBalancer(life: Node, ports: Ports): void {
    const all = { ...portsOf(balancerNode, life, ports), loadBalancer: balancer }
    const names = groups.map(({ group }) => group)
    const common = { site: config.site.id, node: balancerNode, incarnation: life.incarnation }
    runBalancer({ ...common, groups: names, ports: all }, running(life))
  }

  function startAgent(node: NodeId): (life: Node, ports: Ports) => void {
    const blades = agentsOf(config).find((agent) => agent.node === node)?.blades ?? []
    return (life, ports) => {
      const boards = blades.map(({ blade }) => ({
        blade,
        board: hardware.board(blade),
        network: hardware.networkSwitch,
        storage: hardware.storageSwitch,
      }))
      const common = { site: config.site.id, node, incarnation: life.incarnation, observe }
      runAgent({ ...common, boards, leaseMs: config.masters.leaseMs, ports: portsOf(node, life, ports) }, running(life))
    }
  }

  function running<R extends Running>(life: Node, started: (one: R) => void = () => {}): Answer<R> {
    return (result) => {
      if (!result.ok) throw new InvariantError('INVARIANT_BROKEN', `did not start: ${result.code} ${result.detail}`)
      life.running = result.value
      started(result.value)
    }
  }

  // — invariants ——————————————————————————————————————————————————————————————————————————————

  function observe(_observation: Observation): void {
    const moves = traced.openMoves()
    const blades = bladesOf(config).map(({ blade }) => ({ blade, places: placesOf(blade) }))
    for (const sentence of violations({ blades, moves })) found.add(sentence)
  }

  /** Promise 2, from inside the blade: what its master holds to be scrubbed and in nobody's hands has no trace of anybody. */
  function checkPool(blade: string): void {
    const leading = [...masters.values()].find((one) => one.role().state === 'leading')
    const known = leading?.status().blades.find((one) => one.blade === blade)
    if (known?.lifecycle !== 'cold' || !known.hasReceipt || known.move !== null) return
    for (const group of hardware.contents(blade).groups) found.add(`${blade} is in the pool with traces of ${group}`)
  }

  function placesOf(blade: BladeId): { place: string; group: GroupId }[] {
    const { image, memory, logs, volumes, network: onNetwork } = hardware.contents(blade)
    const places = [
      { place: 'image', group: image },
      { place: 'memory', group: memory },
      { place: 'logs', group: logs },
      ...volumes.map(({ volume, group }) => ({ place: `volume ${volume}`, group })),
      { place: 'networks', group: onNetwork },
      ...groups
        .filter(({ group }) => balancer.read(group).some((member) => member.blade === blade))
        .map(({ group }) => ({ place: 'members', group })),
    ]
    return places.flatMap(({ place, group }) => (group === null ? [] : [{ place, group }]))
  }

  // — deaths ————————————————————————————————————————————————————————————————————————————————————

  function crash(node: NodeId, { isNoticed = true }: { isNoticed?: boolean } = {}): void {
    const life = nodes.get(node)
    if (!life) throw new InvariantError('INVARIANT_BROKEN', 'no such node', node)
    life.die()
    life.running = undefined
    network.detach(node)
    if (isMaster(node)) among?.network.detach(node)
    life.disk.crash()
    for (const { blade } of agentsOf(config).find((agent) => agent.node === node)?.blades ?? [])
      hardware.loseAgent(blade)
    if (!masters.delete(node) || !isNoticed) return
    clock.setTimer(noticeMs, () => {
      for (const other of masters.values()) other.peerExited(node, life.incarnation)
    })
  }

  function restart(node: NodeId): void {
    const start = starters.get(node)
    if (!start) throw new InvariantError('INVARIANT_BROKEN', 'no such node', node)
    begin(node, start)
  }

  for (const [node, start] of starters) begin(node, start)
  begin(loadNode, (life, ports) => {
    life.running = runLoad({ site: config.site.id, node: loadNode, ports: portsOf(loadNode, life, ports), load })
  })

  return {
    clock,
    network,
    hardware,
    balancer,
    load,
    master() {
      const master = leadingMaster()
      if (!master) throw new InvariantError('INVARIANT_BROKEN', 'no master runs')
      return master
    },
    status: () => leadingMaster()?.status(),
    disk(node) {
      const life = nodes.get(node)
      if (!life) throw new InvariantError('INVARIANT_BROKEN', 'no such node', node)
      return life.disk
    },
    runFor: (ms) => clock.advanceBy(ms),
    runUntil(isSo, withinMs) {
      const untilMs = clock.monotonic() + withinMs
      while (!isSo()) {
        if (clock.monotonic() >= untilMs || !clock.runNext()) return false
      }
      return true
    },
    crash,
    restart,
    trace: traced.lines,
    violations: () => [...found],
  }
}

function imagesOf(config: FarmConfig, given: Readonly<Record<string, SimulatedImage>>): Record<string, SimulatedImage> {
  const names = groupsOf(config).flatMap(({ roles }) => roles.map(({ image }) => image))
  const digest = (index: number) => `sha256:${String(index + 1).padStart(64, '0')}`
  return Object.fromEntries([...new Set(names)].map((name, index) => [name, given[name] ?? { digest: digest(index) }]))
}

function volumesOf(config: FarmConfig): Record<GroupId, string[]> {
  return Object.fromEntries(
    groupsOf(config).map(({ group, roles }) => [group, roles.flatMap(({ volumes }) => [...volumes])]),
  )
}
