// Who knows the future: as many as are needed from now until a blade that is asked for then would have joined. No policy that does not know it
// serves as much with fewer server-hours.
import { reach } from './target.ts'
import type { Policy } from './world.ts'

export function clairvoyantPolicy(): Policy {
  const waiting: number[] = []
  return {
    name: 'clairvoyant',
    decide(world) {
      const { accounts, tickMs, terms, ticks } = world.options
      const ahead = Math.ceil(((terms.coldSeconds[1] + terms.leavingSeconds[1]) * 1_000) / tickMs) + 1
      const targets = accounts.map((account) => {
        let most = 0
        for (let tick = world.tick; tick < Math.min(ticks, world.tick + ahead); tick += 1)
          most = Math.max(most, account.demand(tick))
        return Math.ceil(most - 1e-9)
      })
      reach(world, waiting, targets)
    },
  }
}
