// The processes of a simulated site. Each runs on a machine of its own, whose disk and clock outlive it; a launcher starts again what
// ended by itself, as the real one does, and leaves alone what was crashed on purpose.
import { type ErrorCode, InvariantError } from '../errors.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Answer } from '../ports/result.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Running } from '../runtime/run-options.ts'
import { createMachineClock, createProcessLife, type MachineClock, type ProcessLife } from './process-life.ts'
import { createSimulatedDisk, type SimulatedDisk } from './simulated-disk.ts'

/** What a start gets: the life that begins, on its machine. */
export interface Life {
  readonly incarnation: number
  readonly process: ProcessLife
  readonly random: Random
  readonly disk: SimulatedDisk
  /** Its code says that it cannot go on. */
  readonly ends: (why: string) => void
  /** The answer of `runMaster` and its like. */
  begins<R extends Running>(started?: (running: R) => void): Answer<R>
}

export interface ProcessesParts {
  readonly clock: Clock
  readonly random: Random
  /** That life is over. */
  ended(node: NodeId, life: Life, isNoticed: boolean): void
  /** It did not start; the launcher tries again. */
  refused(node: NodeId, why: { readonly code: ErrorCode; readonly detail: string }): void
}

export interface SimulatedProcesses {
  /** Starts it too. */
  add(node: NodeId, start: (life: Life) => void): void
  nodes(): readonly NodeId[]
  crash(node: NodeId, isNoticed: boolean): void
  restart(node: NodeId): void
  pause(node: NodeId): void
  resume(node: NodeId): void
  isPaused(node: NodeId): boolean
  isRunning(node: NodeId): boolean
  /** Reaches the present life of the node, if there is one. */
  hear(node: NodeId, happening: () => void): void
  disk(node: NodeId): SimulatedDisk
  machineClock(node: NodeId): MachineClock
}

interface Machine {
  readonly start: (life: Life) => void
  readonly disk: SimulatedDisk
  readonly clock: MachineClock
  incarnation: number
  life: Life | undefined
  isRunning: boolean
  starting: Timer | undefined
}

/** Until a launcher has started again what ended. */
const restartMs = 300

export function createSimulatedProcesses({ clock, random, ended, refused }: ProcessesParts): SimulatedProcesses {
  const machines = new Map<NodeId, Machine>()

  function machineOf(node: NodeId): Machine {
    const found = machines.get(node)
    if (!found) throw new InvariantError('INVARIANT_BROKEN', 'no such node', node)
    return found
  }

  function begin(node: NodeId, machine: Machine): void {
    machine.incarnation += 1
    const { incarnation, disk } = machine
    const life: Life = {
      incarnation,
      process: createProcessLife(machine.clock),
      random: random.fork(`${node} ${incarnation}`),
      disk,
      ends: () => relaunch(node, life),
      begins: (started) => (result) => {
        if (machine.life !== life) return
        if (result.ok) {
          machine.isRunning = true
          started?.(result.value)
        } else {
          refused(node, result)
          relaunch(node, life)
        }
      },
    }
    machine.life = life
    machine.start(life)
  }

  /** It is in the middle of saying that it ends: it dies on the next turn. */
  function relaunch(node: NodeId, life: Life): void {
    const machine = machineOf(node)
    clock.setTimer(0, () => {
      if (machine.life !== life) return
      crash(node, true)
      machine.starting = clock.setTimer(restartMs, () => restart(node))
    })
  }

  function crash(node: NodeId, isNoticed: boolean): void {
    const machine = machineOf(node)
    const { life } = machine
    machine.starting?.cancel()
    machine.starting = undefined
    if (!life) return
    life.process.die()
    machine.life = undefined
    machine.isRunning = false
    machine.disk.crash()
    ended(node, life, isNoticed)
  }

  function restart(node: NodeId): void {
    const machine = machineOf(node)
    machine.starting?.cancel()
    machine.starting = undefined
    if (!machine.life) begin(node, machine)
  }

  return {
    add(node, start) {
      const machine: Machine = {
        start,
        disk: createSimulatedDisk({ clock, random: random.fork(`disk ${node}`) }),
        clock: createMachineClock(clock),
        incarnation: 0,
        life: undefined,
        isRunning: false,
        starting: undefined,
      }
      machines.set(node, machine)
      begin(node, machine)
    },
    nodes: () => [...machines.keys()],
    crash,
    restart,
    pause: (node) => machineOf(node).life?.process.pause(),
    resume: (node) => machineOf(node).life?.process.resume(),
    isPaused: (node) => machineOf(node).life?.process.isPaused ?? false,
    isRunning: (node) => machineOf(node).isRunning,
    hear: (node, happening) => machineOf(node).life?.process.hear(happening),
    disk: (node) => machineOf(node).disk,
    machineClock: (node) => machineOf(node).clock,
  }
}
