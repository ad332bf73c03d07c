// Carries a fault schedule out on a simulation. What several faults hold at once (two cuts of one link, two rates of loss) goes by the
// one that began last, and is healed when the last of them ends.
import type { NodeId } from '../protocol/ids.ts'
import { everyNode, type Fault, type FaultAct, type FaultSchedule, formatAct } from './fault.ts'
import { defaultCallMs } from './simulated-disk.ts'
import { noNetworkFaults } from './simulated-medium.ts'
import type { Simulation } from './simulation.ts'

export interface FaultInjector {
  /** Those of the past begin now. */
  plan(faults: FaultSchedule): void
  begin(fault: Fault): void
  /** The newest one that holds what this act would hold; what it says besides does not matter. */
  end(act: FaultAct): void
  /** Ends what is under way and forgets what is planned: processes run, links carry, disks and boards work, clocks are even. */
  recover(): void
}

/** Something of the simulation, which is as it should be (undefined) or as a fault wants it. */
interface Target {
  readonly name: string
  apply(act: FaultAct | undefined): void
}

const slowDiskMs = 20
const slowBoardFactor = 8
const slowServiceFactor = 4
/** Until it is seen whether a process with a damaged disk starts. */
const startSeenMs = 200

export function createFaultInjector(simulation: Simulation): FaultInjector {
  const { clock, network, hardware, load } = simulation
  /** By target, what holds it, newest last. */
  const held = new Map<string, { readonly target: Target; readonly acts: FaultAct[] }>()
  const rates = new Map(load.report().accounts.map(({ account, ratePerSecond }) => [account, ratePerSecond]))
  /** What was planned before does not begin any more. */
  let generation = 0

  function hold(act: FaultAct, target: Target): void {
    const holding = held.get(target.name) ?? { target, acts: [] }
    held.set(target.name, holding)
    holding.acts.push(act)
    target.apply(act)
  }

  function release(target: Target, isIt: (act: FaultAct) => boolean): void {
    const { acts } = held.get(target.name) ?? { acts: [] }
    const index = acts.findLastIndex(isIt)
    if (index < 0) return
    acts.splice(index, 1)
    if (acts.length === 0) held.delete(target.name)
    target.apply(acts.at(-1))
  }

  /** What lasts holds something; what does not is done here. */
  function targetsOf(act: FaultAct): readonly Target[] {
    switch (act.kind) {
      case 'crash':
        return [{ name: `process ${act.node}`, apply: (on) => setDown(act.node, on) }]
      case 'corrupt':
        return [{ name: `process ${act.node}`, apply: (on) => setCorrupt(act.node, on) }]
      case 'pause':
        return [{ name: `pause ${act.node}`, apply: (on) => simulation[on ? 'pause' : 'resume'](act.node) }]
      case 'cut':
        return waysOf(act).map(([from, to]) => ({ name: `cut ${from}>${to}`, apply: (on) => setCut(from, to, on) }))
      case 'cutChannel':
        return [{ name: `cut ${act.channel}`, apply: (on) => network[on ? 'cutChannel' : 'healChannel'](act.channel) }]
      case 'noise':
        return [{ name: `noise ${act.channel}`, apply: (on) => setNoise(act.channel, on) }]
      case 'lose':
      case 'repeat':
      case 'reorder':
      case 'delay':
        return [{ name: `${act.kind} ${act.between?.join(' ') ?? everyNode}`, apply: (on) => setLine(act, on) }]
      case 'disk':
        return [{ name: `disk ${act.node} ${act.fault}`, apply: (on) => setDisk(act, on !== undefined) }]
      case 'fault':
        return [{ name: `board ${act.blade} ${act.fault}`, apply: (on) => setBoard(act, on !== undefined) }]
      case 'drift':
        return [{ name: `drift ${act.node}`, apply: (on) => setDrift(act.node, on) }]
      case 'load':
        return [{ name: `load ${act.account}`, apply: (on) => setLoad(act.account, on) }]
      default:
        return []
    }
  }

  function happen(act: FaultAct): void {
    if (act.kind === 'jump') simulation.machineClock(act.node).jump(act.byMs)
    if (act.kind === 'kill') hardware.kill(act.blade)
    if (act.kind === 'handover' && simulation.status()) simulation.master().handover({}, () => {})
  }

  function setDrift(node: NodeId, act: FaultAct | undefined): void {
    simulation.machineClock(node).setDrift(act?.kind === 'drift' ? act.ratio : 0)
  }

  function setLoad(account: string, act: FaultAct | undefined): void {
    load.setRate(account, act?.kind === 'load' ? act.ratePerSecond : (rates.get(account) ?? 0))
  }

  function setDown(node: NodeId, act: FaultAct | undefined): void {
    if (act?.kind === 'crash') simulation.crash(node, { isNoticed: act.isNoticed })
    else if (act === undefined) simulation.restart(node)
  }

  /** When it refuses to start on what is left, an operator gives it an empty disk. */
  function setCorrupt(node: NodeId, act: FaultAct | undefined): void {
    if (act !== undefined) {
      simulation.crash(node)
      simulation.disk(node).corruptSomewhere()
      return
    }
    simulation.restart(node)
    clock.setTimer(startSeenMs, () => {
      if (simulation.isRunning(node)) return
      simulation.crash(node)
      simulation.disk(node).replaceDisk()
      simulation.restart(node)
    })
  }

  function waysOf({ from, to, isOneWay }: Extract<FaultAct, { kind: 'cut' }>): (readonly [NodeId, NodeId])[] {
    const expand = (node: NodeId) => (node === everyNode ? simulation.nodes() : [node])
    const there = expand(from).flatMap((a) => expand(to).flatMap((b) => (a === b ? [] : [[a, b] as const])))
    return isOneWay ? there : [...there, ...there.map(([a, b]) => [b, a] as const)]
  }

  function setCut(from: NodeId, to: NodeId, act: FaultAct | undefined): void {
    if (act) network.cut(from, to, 'aToB')
    else network.heal(from, to, 'aToB')
  }

  function setNoise(channel: string, act: FaultAct | undefined): void {
    network.setNoise(channel, act?.kind === 'noise' ? act.bitErrorRate : 0)
  }

  function setLine(
    { kind, between }: Extract<FaultAct, { kind: 'lose' | 'repeat' | 'reorder' | 'delay' }>,
    act: FaultAct | undefined,
  ): void {
    const ratio = act && 'ratio' in act ? act.ratio : 0
    const pair = between ?? undefined
    if (kind === 'lose') network.setFaults({ dropRatio: ratio }, pair)
    if (kind === 'repeat') network.setFaults({ duplicateRatio: ratio }, pair)
    if (kind === 'reorder') network.setFaults({ reorderRatio: ratio }, pair)
    if (kind === 'delay')
      network.setFaults({ delayMs: act?.kind === 'delay' ? [act.minMs, act.maxMs] : noNetworkFaults.delayMs }, pair)
  }

  function setDisk({ node, fault }: Extract<FaultAct, { kind: 'disk' }>, on: boolean): void {
    const disk = simulation.disk(node)
    if (fault === 'full') disk.fill(on)
    if (fault === 'failing') disk.failing(on)
    if (fault === 'forgetsSync') disk.forgetsSync(on)
    if (fault === 'slow') disk.slow(on ? slowDiskMs : defaultCallMs)
  }

  function setBoard({ blade, fault }: Extract<FaultAct, { kind: 'fault' }>, on: boolean): void {
    const { faults } = hardware
    if (fault === 'slow') faults.slow(blade, on ? slowBoardFactor : 1)
    else if (fault === 'slowService') faults.slowService(blade, on ? slowServiceFactor : 1)
    else faults[fault](blade, on)
  }

  function begin(fault: Fault): void {
    simulation.note('fault.began', { fault: formatAct(fault), forMs: fault.forMs })
    happen(fault)
    const targets = targetsOf(fault)
    for (const target of targets) hold(fault, target)
    if (fault.forMs === null) return
    clock.setTimer(fault.forMs, () => {
      if (!targets.some(({ name }) => held.get(name)?.acts.includes(fault))) return
      simulation.note('fault.ended', { fault: formatAct(fault) })
      for (const target of targets) release(target, (act) => act === fault)
    })
  }

  return {
    begin,
    end(act) {
      for (const target of targetsOf(act)) release(target, () => true)
    },
    plan(faults) {
      const planned = generation
      for (const fault of faults)
        clock.setTimer(Math.max(0, fault.atMs - clock.monotonic()), () => {
          if (planned === generation) begin(fault)
        })
    },
    recover() {
      generation += 1
      simulation.note('faults.healed', { under: [...held.keys()] })
      const all = [...held.values()]
      held.clear()
      for (const { target } of all) target.apply(undefined)
      for (const node of simulation.nodes()) {
        simulation.resume(node)
        simulation.restart(node)
      }
    },
  }
}
