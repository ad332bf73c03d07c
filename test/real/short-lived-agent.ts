// An agent that works one blade round and round until it is killed: `node short-lived-agent.ts <farm>`.
import { writeSync } from 'node:fs'
import { bootShop, identityOf, okOf, scrubbed } from '../contract/hardware-bench.ts'
import { makeProcessBench } from '../contract/process-bench.ts'

const [, , farm = ''] = process.argv
const bench = await makeProcessBench({ farm })
writeSync(1, 'ready\n')
for (let round = 0; ; round += 1) {
  await scrubbed(bench)
  const attach = bench.ask<void>((answer) => bench.storageSwitch().attach(bench.blade, 'shop/web', ['content'], answer))
  await okOf(attach)
  await bootShop(bench, `boot-${process.pid}-${round}`)
  await identityOf(bench)
}
