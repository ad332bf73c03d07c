// What cuts of channels do to a link that has three of them: random walks on the virtual clock, laws looked at on every message (test/model/transport).
// `node bench/link-cuts.ts [--quick]` prints JSON. Goal: over 10,000 cuts nothing is lost, doubled or overtaken (a walk that finds something throws).
import { parseArgs } from 'node:util'
import { type Walked, walkRedundant } from '../test/model/transport/redundant-walk.ts'
import { machine } from './in-turn.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean' } } })
const walks = values.quick ? 200 : 2_000
const startMs = performance.now()
const sum = { cuts: 0, sent: 0, delivered: 0, lost: 0 }
for (const keeps of [undefined, 'can0', 'can1', 'ws'] as const)
  for (let seed = 1; seed <= walks; seed += 1) {
    const walked: Walked = walkRedundant(seed, { steps: 120, ...(keeps && { keeps }) })
    for (const name of Object.keys(sum) as (keyof Walked)[]) sum[name] += walked[name]
  }
const { lost: sessionsEnded, ...counts } = sum
const wallMs = Math.round(performance.now() - startMs)
process.stdout.write(
  `${JSON.stringify({ bench: 'link-cuts', machine: machine(), walks: 4 * walks, ...counts, sessionsEnded, goalCuts: 10_000, broken: 0, wallMs })}\n`,
)
