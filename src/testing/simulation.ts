// A whole site in one process on a virtual clock: the same masters, agents, balancer and machines as in processes, on simulated ports.
// All chance comes from the seed; the same seed and the same calls give the same trace, byte for byte (promise 8).
// Every node is a process that can crash, stand still and begin anew, on a machine whose disk, links and clock can fail.
import { defaultRules } from '../decision/default-rules.ts'
import type { OpenLoopLoad } from '../drivers/load/open-loop-load.ts'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import { InvariantError } from '../errors.ts'
import type { LoadBalancer } from '../ports/load-balancer.ts'
import type { Store } from '../ports/store.ts'
import type { BladeId, GroupId, MoveId, NodeId, SiteId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { agentsOf, bladesOf, groupsOf, masterBladesOf, mastersOf } from '../runtime/farm-layout.ts'
import type { FarmStatus } from '../runtime/farm-status.ts'
import { runAgent } from '../runtime/run-agent.ts'
import { runBalancer } from '../runtime/run-balancer.ts'
import { loadNode, runLoad } from '../runtime/run-load.ts'
import { runMaster } from '../runtime/run-master.ts'
import type { RunningMaster } from '../runtime/run-options.ts'
import { balancerNode } from '../runtime/site-book-of.ts'
import { createMemoryStore } from '../store/memory-store.ts'
import { createCoarseLoad } from './coarse-load.ts'
import { heardBoard, heardDisk, heardLoadBalancer, heardNetworkSwitch, heardStorageSwitch } from './heard-ports.ts'
import { joinTransports } from './join-transports.ts'
import { createMessageNetwork } from './message-network.ts'
import type { AllDrivers, MakeDrivers } from './own-drivers.ts'
import type { MachineClock } from './process-life.ts'
import { createProgressStore } from './progress-store.ts'
import type { SimulatedImage } from './simulated-board.ts'
import { channelOptions, type SimulatedChannels } from './simulated-channels.ts'
import type { SimulatedDisk } from './simulated-disk.ts'
import { createSimulatedHardware, type SimulatedHardware, type SimulatedTimings } from './simulated-hardware.ts'
import { createSimulatedLoad } from './simulated-load.ts'
import { createSimulatedLoadBalancer, type SimulatedLoadBalancer } from './simulated-load-balancer.ts'
import { createSimulatedNetwork, type SimulatedNetwork } from './simulated-network.ts'
import { createSimulatedProcesses, type Life } from './simulated-processes.ts'
import { createSimulatedSeats } from './simulated-seats.ts'
import { createTraceLog } from './trace-log.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'
import { isInEffect, type Violation, watchPromises } from './watch-promises.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly config: FarmConfig
  /** Requests by account at the start; it goes to the account's first group. */
  readonly load?: Readonly<Record<string, number>>
  /** Images that are not healthy or have other digests; what is not named boots well. */
  readonly images?: Readonly<Record<string, SimulatedImage>>
  readonly timings?: Partial<SimulatedTimings>
  /**
   * `fine`, the default: the load request by request. `coarse`: by rates, and boards and balancer say half as often what is; nothing is
   * kept for `explain`. Some ten times faster, with the same decisions.
   */
  readonly grain?: 'fine' | 'coarse'
  /** Default: `datagrams` in the fine grain, `messages` in the coarse one. */
  readonly channels?: SimulatedChannels
  /** A site among others: their clock, its master's name there (unique over all of them), and the network of masters and coordinator. */
  readonly among?: {
    readonly clock: VirtualClock
    readonly masterNode: NodeId
    readonly network: SimulatedNetwork
    readonly coordinator: { readonly site: SiteId; readonly node: NodeId }
  }
  /** Default: the rules of the house. */
  readonly rules?: string
  /** In the place of simulated boards, switches and balancer. */
  readonly drivers?: MakeDrivers
}

export interface Simulation {
  readonly config: FarmConfig
  readonly clock: VirtualClock
  readonly network: SimulatedNetwork
  readonly hardware: SimulatedHardware
  readonly balancer: SimulatedLoadBalancer
  readonly load: OpenLoopLoad
  /** Masters, agents, balancer and load source. */
  nodes(): readonly NodeId[]
  /** The one that leads, else one that runs; throws while none does. */
  master(): RunningMaster
  /** Undefined while no master runs. */
  status(): FarmStatus | undefined
  disk(node: NodeId): SimulatedDisk
  /** Of the machine that the node's process runs on. */
  machineClock(node: NodeId): MachineClock
  /** Virtual time passes. */
  runFor(ms: number): void
  /** Until it is so, checked at each timer; false when it was not within the time. */
  runUntil(isSo: () => boolean, withinMs: number): boolean
  /**
   * Its process dies where it stands. Its disk keeps what was synced. Of a master the other one hears soon, as from a launcher that sees
   * it end; unnoticed, its whole machine is gone. It stays dead until it is restarted.
   */
  crash(node: NodeId, how?: { readonly isNoticed?: boolean }): void
  /** A new life of a crashed node. */
  restart(node: NodeId): void
  /** Its event loop stands still: timers and messages wait. */
  pause(node: NodeId): void
  resume(node: NodeId): void
  isRunning(node: NodeId): boolean
  /** Decided, and not ended, by what the masters may act on. */
  openMoves(): readonly MoveId[]
  /** Into the trace, as an event of the world around the farm. */
  note(event: string, fields: Readonly<Record<string, unknown>>): void
  /** One line an event of any node, JSON. */
  trace(): readonly string[]
  /** Promises that did not hold, each once. */
  violations(): readonly string[]
  /** With their times. */
  violationsFound(): readonly Violation[]
}

/** How often a board, and the balancer, say what is, where the grain is coarse: half as often as else. */
const coarsePeriodMs = 1_000
/** Until a launcher has seen a process end, and said so. */
const noticeMs = 20

export function createSimulation(options: SimulationOptions): Simulation {
  const { seed, config, among, grain = 'fine' } = options
  const masterNodes = among ? [among.masterNode] : mastersOf(config)
  const isMaster = (node: NodeId) => masterNodes.includes(node)
  const clock = among?.clock ?? createVirtualClock()
  const random = createSeededRandom(seed)
  const groups = groupsOf(config).map(({ group }) => group)
  const masters = new Map<NodeId, RunningMaster>()
  const stores = new Map<NodeId, Store>()

  const watch = watchPromises({
    nowMs: () => clock.monotonic(),
    broken: (promise) => traced.log('world').error('promise.broken', { promise }),
    contents: (blade) => hardware.contents(blade),
    memberOf: (blade) => groups.filter((group) => balancer.read(group).some((member) => member.blade === blade)),
    awakeMasters: () => [...masters].filter(([node]) => !processes.isPaused(node)),
  })
  const traced = createTraceLog(clock, watch.logged)

  // — the world —————————————————————————————————————————————————————————————————————————————————

  const networkOptions = {
    clock,
    random: random.fork('network'),
    linked: (a: NodeId, b: NodeId) => isMaster(a) || isMaster(b),
    isRelay: isMaster,
  }
  const channels = options.channels ?? (grain === 'fine' ? 'datagrams' : 'messages')
  const network =
    channels === 'messages'
      ? createMessageNetwork({ ...networkOptions, encodes: false })
      : createSimulatedNetwork({ ...networkOptions, ...channelOptions(channels, config, clock) })
  const images = imagesOf(config, options.images ?? {})
  const hardware = createSimulatedHardware({
    clock,
    random: random.fork('hardware'),
    blades: bladesOf(config),
    images,
    volumes: volumesOf(config),
    witness: {
      ...watch.witness,
      changed(blade) {
        watch.witness.changed(blade)
        seats.changed(blade)
      },
    },
    ...(options.timings && { timings: options.timings }),
  })
  const { balancer, load } = createTraffic()

  function createTraffic(): { balancer: SimulatedLoadBalancer; load: OpenLoopLoad } {
    const { server } = hardware
    const accounts = config.accounts.flatMap(({ id: account, groups: [first] }) =>
      first ? [{ account, group: `${account}/${first.id}`, ratePerSecond: options.load?.[account] ?? 0 }] : [],
    )
    if (grain === 'coarse') return createCoarseLoad({ clock, server, groups, accounts })
    const made = createSimulatedLoadBalancer({ clock, server, groups })
    return {
      balancer: made,
      load: createSimulatedLoad({ clock, random: random.fork('load'), accounts, balancer: made }),
    }
  }

  // — processes ———————————————————————————————————————————————————————————————————————————————

  const processes = createSimulatedProcesses({
    clock,
    random,
    ended(node, { incarnation }, isNoticed) {
      network.detach(node)
      if (isMaster(node)) among?.network.detach(node)
      for (const { blade } of bladesOfAgent(node)) hardware.loseAgent(blade)
      if (!masters.delete(node) || !isNoticed) return
      clock.setTimer(noticeMs, () => {
        for (const [other, master] of masters) processes.hear(other, () => master.peerExited(node, incarnation))
      })
    },
    refused: (node, { code, detail }) => traced.log(node).error('process.refused', { code, detail }),
  })

  const seats = createSimulatedSeats(
    masterBladesOf(config),
    () => hardware,
    () => processes,
  )

  const bladesOfAgent = (node: NodeId) => agentsOf(config).find((agent) => agent.node === node)?.blades ?? []

  function portsOf(node: NodeId, { incarnation, process, random: chance, disk }: Life) {
    const transport = network.attach(node, incarnation, process)
    return {
      clock: process.clock,
      random: chance,
      log: traced.log(node),
      transport,
      disk: heardDisk(disk, process.hear),
    }
  }

  function startMaster(node: NodeId) {
    return (life: Life) => {
      seats.begins(node)
      const store = stores.get(node) ?? (grain === 'coarse' ? createProgressStore() : createMemoryStore())
      stores.set(node, store)
      const imageDigests = Object.fromEntries(Object.entries(images).map(([name, { digest }]) => [name, digest]))
      const own = portsOf(node, life)
      const outside = among?.network.attach(node, life.incarnation, life.process)
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
          observeRecords: (records) => watch.recorded(node, records),
          ended: life.ends,
        },
        life.begins((started) => {
          masters.set(node, started)
          started.subscribe(({ type, master, blade }) => {
            if (type === 'master.placed') clock.setTimer(0, () => seats.placed(String(master), String(blade)))
          })
        }),
      )
    }
  }

  const kept = new Map<string, unknown>()

  function driversOf(node: NodeId, { process, random: chance }: Life): AllDrivers {
    const { clock: own, hear } = process
    const below: AllDrivers = {
      board: (blade) => heardBoard(hardware.board(blade), hear),
      networkSwitch: heardNetworkSwitch(hardware.networkSwitch, hear),
      storageSwitch: heardStorageSwitch(hardware.storageSwitch, hear),
      loadBalancer: heardLoadBalancer(watchedBalancer(), hear),
    }
    if (!options.drivers) return below
    const world = { node, clock: own, random: chance.fork('drivers'), log: traced.log(node), below, kept }
    return { ...below, ...options.drivers(world) }
  }

  function startBalancer(life: Life): void {
    const common = { site: config.site.id, node: balancerNode, incarnation: life.incarnation, ended: life.ends }
    const { loadBalancer } = driversOf(balancerNode, life)
    const period = grain === 'coarse' ? { reportPeriodMs: coarsePeriodMs } : {}
    runBalancer(
      { ...common, ...period, groups, ports: { ...portsOf(balancerNode, life), loadBalancer } },
      life.begins(),
    )
  }

  function watchedBalancer(): LoadBalancer {
    return {
      ...balancer,
      apply(group, members, answer) {
        balancer.apply(group, members, answer)
        for (const { blade } of members) if (bladeIds.has(blade)) watch.witness.changed(blade)
      },
    }
  }

  function startAgent(node: NodeId) {
    return (life: Life) => {
      const { board, networkSwitch: network, storageSwitch: storage } = driversOf(node, life)
      const boards = bladesOfAgent(node).map(({ blade }) => ({ blade, board: board(blade), network, storage }))
      const { site } = config
      const common = { site: site.id, node, incarnation: life.incarnation, ended: life.ends, observe: watch.observe }
      const beat = grain === 'coarse' ? { heartbeatMs: coarsePeriodMs } : {}
      runAgent({ ...common, ...beat, boards, ports: portsOf(node, life) }, life.begins())
    }
  }

  const bladeIds = new Set<BladeId>(bladesOf(config).map(({ blade }) => blade))
  for (const node of masterNodes) processes.add(node, startMaster(node))
  processes.add(balancerNode, startBalancer)
  for (const { node } of agentsOf(config)) processes.add(node, startAgent(node))
  processes.add(loadNode, (life) => {
    const running = runLoad({ site: config.site.id, node: loadNode, ports: portsOf(loadNode, life), load })
    life.begins()({ ok: true, value: running })
  })

  // — what can be done and seen ——————————————————————————————————————————————————————————————————

  function leadingMaster(): RunningMaster | undefined {
    const all = [...masters.values()]
    const leading = all.filter((one) => one.role().state === 'leading')
    // One that stands still may believe that it leads.
    return leading.sort((a, b) => b.role().epoch - a.role().epoch)[0] ?? all.find(isInEffect) ?? all[0]
  }

  return {
    config,
    clock,
    network,
    hardware,
    balancer,
    load,
    nodes: processes.nodes,
    master() {
      const master = leadingMaster()
      if (!master) throw new InvariantError('INVARIANT_BROKEN', 'no master runs')
      return master
    },
    status: () => leadingMaster()?.status(),
    disk: processes.disk,
    machineClock: processes.machineClock,
    runFor: (ms) => clock.advanceBy(ms),
    runUntil(isSo, withinMs) {
      const untilMs = clock.monotonic() + withinMs
      while (!isSo()) {
        if (clock.monotonic() >= untilMs || !clock.runNext()) return false
      }
      return true
    },
    crash: (node, { isNoticed = true } = {}) => processes.crash(node, isNoticed),
    restart: processes.restart,
    pause: processes.pause,
    resume: processes.resume,
    isRunning: processes.isRunning,
    openMoves: watch.openMoves,
    note: (event, fields) => traced.log('world').info(event, fields),
    trace: traced.lines,
    violations: () => watch.violations().map(({ sentence }) => sentence),
    violationsFound: watch.violations,
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
