// The decisions of this project beside every online policy of `bladewright evaluate`, on traces: each trace of a steady rhythm alone, the flash
// crowds together, on farms of 0.6, 0.8 and 1.0 of what all together ever needed. Prints JSON; ratios below 1 are better than the peer. Demand
// that the farm has no blades for is left out of the ratios: nobody can serve it.
//   node bench/decisions.ts --traces DIR [--together PREFIX]   (files that begin with PREFIX are one farm's accounts; default Twitter)
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createSeededRandom } from '../src/drivers/seeded-random.ts'
import { evaluateTraces, policies } from '../src/evaluation/evaluate-traces.ts'
import { parseTrace } from '../src/evaluation/trace.ts'

const { traces: folder, together = 'Twitter' } = parseArgs({
  options: { traces: { type: 'string' }, together: { type: 'string' } },
}).values
if (folder === undefined) {
  process.stderr.write('usage: node bench/decisions.ts --traces DIR [--together PREFIX]\n')
  process.exit(2)
}
const online = ['hpa', 'kpa', 'quota'] as const
const shares = [0.6, 0.8, 1]
const files = readdirSync(folder).filter((file) => file.endsWith('.csv'))
const crowd = files.filter((file) => file.startsWith(together))
const sets = [
  ...files.filter((file) => !crowd.includes(file)).map((file) => [file]),
  ...(crowd.length > 0 ? [crowd] : []),
]
const results = sets.flatMap((set) => shares.map((share) => compare(set, share)))
process.stdout.write(`${JSON.stringify({ node: process.version, results }, null, 2)}\n`)

function compare(set: readonly string[], share: number): unknown {
  const traces = set.map((file) =>
    parseTrace(readFileSync(join(folder ?? '', file), 'utf8'), file, (time) =>
      Date.parse(`${time.replace(' ', 'T')}Z`),
    ),
  )
  const started = performance.now()
  const own = evaluateTraces({ traces, policies: ['bladewright'], share, random: () => createSeededRandom(1) })
  const seconds = (performance.now() - started) / 1_000
  const others = Object.keys(policies).filter((name) => name !== 'bladewright')
  const { policies: all, farm } = evaluateTraces({
    traces,
    policies: others,
    share,
    random: () => createSeededRandom(1),
  })
  const ours = own.policies.bladewright
  if (!ours) throw new Error('bladewright was not evaluated')
  const avoidable = (unserved: number) => Math.max(0, unserved - farm.unavoidableShare)
  const ratio = (one: number, other: number) => (other < 1e-7 ? null : Math.round((one / other) * 1_000) / 1_000)
  const beside = (name: string) => {
    const peer = all[name]
    return peer === undefined
      ? undefined
      : {
          unserved: ratio(avoidable(ours.unservedShare), avoidable(peer.unservedShare)),
          serverHours: ratio(ours.serverHours, peer.serverHours),
          moves: ratio(ours.movesPerHour, peer.movesPerHour),
          worstAccount: Math.max(
            ...ours.accounts.map(
              (account, i) => ratio(account.unservedShare, peer.accounts[i]?.unservedShare ?? 0) ?? 0,
            ),
          ),
        }
  }
  const best = [...online].sort((a, b) => (all[a]?.unservedShare ?? 1) - (all[b]?.unservedShare ?? 1))[0]
  return {
    ...{
      set: set.length === 1 ? set[0] : `${set.length} of ${together}`,
      share,
      blades: farm.blades,
      bestOnline: best,
    },
    beside: Object.fromEntries([...online, 'clairvoyant'].map((name) => [name, beside(name)])),
    figures: Object.fromEntries(
      Object.entries({ bladewright: ours, ...all }).map(([name, { accounts: _accounts, ...summary }]) => [
        name,
        summary,
      ]),
    ),
    accountMinutesPerSecond: Math.round((farm.days * 1_440 * set.length) / seconds),
  }
}
