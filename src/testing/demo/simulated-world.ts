// The demonstration's world in simulation.
import type { Simulation } from '../simulation.ts'
import type { DemoWorld } from './demo-world.ts'

export function simulatedWorld(simulation: Simulation, groups: readonly string[]): DemoWorld {
  const { clock, hardware, balancer, load } = simulation
  return {
    clock,
    subscribe: (listener) => simulation.master().subscribe(listener),
    status: (answer) => answer({ ok: true, value: simulation.master().status() }),
    explain(move, answer) {
      const found = simulation.master().explain(move)
      if (!found.ok) answer(found)
      else if (found.value.kind === 'move') answer({ ok: true, value: found.value })
      else answer({ ok: false, code: 'RECORD_UNKNOWN', detail: move })
    },
    kill: ({ blade }) => hardware.kill(blade),
    setRate: (account, rate) => load.setRate(account, rate),
    load: (answer) => answer({ ok: true, value: load.report() }),
    lists: (answer) =>
      answer({
        ok: true,
        value: groups.map((group) => ({ group, blades: balancer.read(group).map(({ blade }) => blade) })),
      }),
  }
}
