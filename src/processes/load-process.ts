// The process of the demonstration's load source: one account, one stream of requests to its first group.

import { createLoadSource } from '../drivers/load/load-source.ts'
import { systemClock } from '../drivers/node/system-clock.ts'
import { groupsOf } from '../runtime/farm-layout.ts'
import { loadNode, runLoad } from '../runtime/run-load.ts'
import { linked } from './linked-process.ts'
import { beginProcess, type ProcessOptions } from './own-process.ts'

export function loadProcess(options: ProcessOptions): void {
  const own = beginProcess(options, loadNode, 'load')
  const { config } = own.directory
  const { transport, random } = linked(own)
  const first = new Map(
    groupsOf(config)
      .toReversed()
      .map(({ account, port }) => [account, port]),
  )
  const accounts = [...first].map(([account, port]) => ({
    account,
    origin: `http://127.0.0.1:${port}`,
    ratePerSecond: 0,
  }))
  const load = createLoadSource({ clock: systemClock, random: random.fork('arrivals'), accounts })
  own.runs(runLoad({ site: config.site.id, node: loadNode, ports: { transport }, load }))
}
