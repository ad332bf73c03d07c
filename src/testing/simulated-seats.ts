// Site masters that run on blades of the simulated farm: whose server dies or is switched off, dies with it, unnoticed by any launcher;
// who is placed on another blade begins there with an empty disk. This is the part of whoever installs and launches site masters.
import type { BladeId, NodeId } from '../protocol/ids.ts'
import type { SimulatedHardware } from './simulated-hardware.ts'
import type { SimulatedProcesses } from './simulated-processes.ts'

export interface SimulatedSeats {
  /** Before a life of the node begins: its server is on. */
  begins(node: NodeId): void
  /** Something on the blade is another than before. */
  changed(blade: BladeId): void
  /** A site master said so, after it was durable. */
  placed(node: NodeId, blade: BladeId): void
}

export function createSimulatedSeats(
  first: Readonly<Record<NodeId, BladeId>>,
  hardware: () => Pick<SimulatedHardware, 'contents' | 'install'>,
  processes: () => Pick<SimulatedProcesses, 'crash' | 'restart' | 'disk'>,
): SimulatedSeats {
  const places = new Map(Object.entries(first))
  return {
    begins(node) {
      const blade = places.get(node)
      if (blade !== undefined) hardware().install(blade)
    },
    changed(blade) {
      for (const [node, place] of places)
        if (place === blade && hardware().contents(blade).power === 'off') processes().crash(node, false)
    },
    placed(node, blade) {
      if (places.get(node) === blade) return
      processes().crash(node, false)
      processes().disk(node).replaceDisk()
      places.set(node, blade)
      processes().restart(node)
    },
  }
}
