// Whether a farm at rest keeps its site master while the machine is busy with other work: a takeover then is a false one.
// `node bench/idle.ts [--quick] [--minutes N] [--lease MS]` prints JSON (10 minutes; with --quick 1). As many processes that do nothing but
// compute as the machine has cores run beside the farm, at the same priority. Goal: no takeover.
import { spawn } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { calmed, makeFarmFolder, startFarmProcess } from '../test/real/farm-process.ts'

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, minutes: { type: 'string' }, lease: { type: 'string' } },
})
const minutes = Number(values.minutes ?? (values.quick === true ? 1 : 10))
const lookMs = 15_000

const began = loadavg()[0] ?? 0
const folder = makeFarmFolder((text) =>
  values.lease === undefined ? text : `${text}\nmasters: { leaseMs: ${values.lease} }\n`,
)
const farm = await startFarmProcess(folder)
const busy = cpus().map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
try {
  const first = (await calmed(farm)).master
  let last = first
  const until = performance.now() + minutes * 60_000
  while (performance.now() < until) {
    await sleep(Math.min(lookMs, until - performance.now()))
    last = (await farm.until(({ master }) => master.state === 'leading')).master
    process.stderr.write(
      `${Math.ceil((until - performance.now()) / 60_000)} min left: ${last.node} leads in epoch ${last.epoch}\n`,
    )
  }
  process.stdout.write(
    `${JSON.stringify({
      machine: { cores: cpus().length, model: cpus()[0]?.model, node: process.version, loadavgBefore: began },
      minutes,
      loadavg: loadavg()[0],
      takeovers: { goal: 0, epochsBegun: last.epoch - first.epoch, leaderAtFirst: first.node, leaderAtLast: last.node },
    })}\n`,
  )
} finally {
  for (const one of busy) one.kill('SIGKILL')
  await farm.stop()
  folder.remove()
}
