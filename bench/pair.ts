// How fast the pair's steps are walked at random, laws looked at after each. `node bench/pair.ts [--quick]` prints JSON:
//   stepsPerSecond   of one core                                                    goal: at least 1,000,000
//   takeovers, carriedOut   what happened in them: steps in which nothing happens would be cheap
import { cpus, loadavg } from 'node:os'
import { sound } from '../test/model/pair/reducers.ts'
import { walkOne } from '../test/model/pair/walker.ts'

const durationMs = process.argv.includes('--quick') ? 3_000 : 15_000
const warmUpSeeds = 100
const firstSeed = 1_000_000
const loadBefore = loadavg()[0] ?? 0

for (let seed = 0; seed < warmUpSeeds; seed += 1) walkOne(seed, sound)
const startMs = performance.now()
const total = { walks: 0, steps: 0, takeovers: 0, carriedOut: 0, violations: 0 }
while (performance.now() - startMs < durationMs) {
  const { steps, won, carriedOut, violation } = walkOne(firstSeed + total.walks, sound)
  total.walks += 1
  total.steps += steps
  total.takeovers += won
  total.carriedOut += carriedOut
  if (violation !== null) total.violations += 1
}
const seconds = (performance.now() - startMs) / 1_000
console.log(
  JSON.stringify({
    machine: { cores: cpus().length, model: cpus()[0]?.model, node: process.version, loadavgBefore: loadBefore },
    stepsPerSecond: Math.round(total.steps / seconds),
    goalStepsPerSecond: 1_000_000,
    ...total,
  }),
)
if (total.violations > 0) process.exitCode = 1
