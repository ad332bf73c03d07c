// Carries a fault schedule out on a simulation. What several faults hold at once (two cuts of one link, two rates of loss) goes by the
// one that began last, and is healed when the last of them ends.
import type { NodeId } from '../protocol/ids.ts'
import { everyNode, type Fault, type FaultAct, type FaultSchedule } from './fault.ts'
import { defaultCallMs } from './simulated-disk.ts'
import { noNetworkFaults } from './simulated-network.ts'
import type { Simulation } from './simulation.ts'

export interface FaultInjector {
  /** Those of the past begin now. */
  plan(faults: FaultSchedule): void
  begin(fault: Fault): void
  /** Ends what is under way and forgets what is planned: processes run, links carry, disks and boards work, clocks are even. */
  recover(): void
}

/** Something of the simulation that is as it should be, or as the newest of these acts wants it. */
interface Held {
  readonly acts: FaultAct[]
  apply(act: FaultAct | undefined): void
}

const slowDiskMs = 20
const slowBoardFactor = 8
const slowServiceFactor = 4
/** Until it is seen whether a process with a damaged disk starts. */
const startSeenMs = 200

export function createFaultInjector(simulation: Simulation): FaultInjector {
  const { clock, network, hardware, load } = simulation
  const held = new Map<string, Held>()
  const rates = new Map(load.report().accounts.map(({ account, ratePerSecond }) => [account, ratePerSecond]))
  /** What was planned before does not begin any more. */
  let generation = 0

  function hold(act: FaultAct, name: string, apply: Held['apply']): () => void {
    const found: Held = held.get(name) ?? { acts: [], apply }
    held.set(name, found)
    found.acts.push(act)
    apply(act)
    return () => {
      const index = found.acts.indexOf(act)
      if (index < 0) return
      found.acts.splice(index, 1)
      if (found.acts.length === 0) held.delete(name)
      apply(found.acts.at(-1))
    }
  }

  /** @returns how it ends */
  function start(act: FaultAct): () => void {
    switch (act.kind) {
      case 'crash':
        return hold(act, `process ${act.node}`, (on) => setDown(act.node, on))
      case 'corrupt':
        return hold(act, `process ${act.node}`, (on) => setCorrupt(act.node, on))
      case 'pause':
        return hold(act, `pause ${act.node}`, (on) => (on ? simulation.pause(act.node) : simulation.resume(act.node)))
      case 'cut':
        return all(waysOf(act).map(([from, to]) => hold(act, `cut ${from}>${to}`, (on) => setCut(from, to, on))))
      case 'lose':
      case 'repeat':
      case 'reorder':
      case 'delay':
        return hold(act, `${act.kind} ${act.between?.join(' ') ?? everyNode}`, (on) => setLine(act, on))
      case 'disk':
        return hold(act, `disk ${act.node} ${act.fault}`, (on) => setDisk(act, on !== undefined))
      case 'fault':
        return hold(act, `board ${act.blade} ${act.fault}`, (on) => setBoard(act, on !== undefined))
      case 'drift':
        return hold(act, `drift ${act.node}`, (on) =>
          simulation.machineClock(act.node).setDrift(on?.kind === 'drift' ? on.ratio : 0),
        )
      case 'load':
        return hold(act, `load ${act.account}`, (on) =>
          load.setRate(act.account, on?.kind === 'load' ? on.ratePerSecond : (rates.get(act.account) ?? 0)),
        )
      case 'jump':
        simulation.machineClock(act.node).jump(act.byMs)
        return () => {}
      case 'kill':
        hardware.kill(act.blade)
        return () => {}
      case 'handover':
        handOver()
        return () => {}
      default:
        return act satisfies never
    }
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

  /** Refused while there is nobody to hand over to. */
  function handOver(): void {
    if (simulation.status()) simulation.master().handover()
  }

  function begin(fault: Fault): void {
    const end = start(fault)
    if (fault.forMs !== null) clock.setTimer(fault.forMs, end)
  }

  return {
    begin,
    plan(faults) {
      const planned = generation
      for (const fault of faults)
        clock.setTimer(Math.max(0, fault.atMs - clock.monotonic()), () => {
          if (planned === generation) begin(fault)
        })
    },
    recover() {
      generation += 1
      const all = [...held.values()]
      held.clear()
      for (const { acts, apply } of all) {
        acts.length = 0
        apply(undefined)
      }
      for (const node of simulation.nodes()) {
        simulation.resume(node)
        simulation.restart(node)
      }
    },
  }
}

function all(ends: readonly (() => void)[]): () => void {
  return () => {
    for (const end of ends) end()
  }
}
