// Does a move survive failover with this driver? Finds the bug of port-switch-driver.ts; with `--mended`, that it is gone.
import { failoverModel, formatFailoverPath } from 'bladewright/testing/failover'
import fc from 'fast-check'
import { createPortSwitch } from './port-switch-driver.ts'

const knowsFrom = process.argv.includes('--mended') ? 'device' : 'memory'

const model = failoverModel({
  // In each life of each agent: what the driver had in memory is gone then.
  drivers: ({ below }) => ({ networkSwitch: createPortSwitch(below.networkSwitch, knowsFrom) }),
  // Where failures strike: in the steps that it has a part in, when it has acted and nobody has heard so.
  steps: ['disconnect', 'connectNetwork'],
  moments: ['acted'],
})

// Each failure there, and each way back from it.
const results = model.paths().map((path) => model.check(path))
const failed = results.filter(({ problem }) => problem !== null)
console.log(`${failed.length} of ${results.length} paths fail`)
for (const { path, problem } of failed) console.log(`  ${formatFailoverPath(path)}\n    ${problem}`)

// Several failures in one run, drawn at random; a run that fails is made as short as it gets.
const random = fc.check(model.property(), { seed: 1, numRuns: 10 })
const [shortest = []] = random.counterexample ?? []
console.log(random.failed ? `random run ${random.numRuns} fails; in short:` : `${random.numRuns} random runs pass`)
if (random.failed) console.log(`  ${formatFailoverPath(shortest)}\n    ${model.check(shortest).problem}`)

process.exitCode = failed.length > 0 || random.failed ? 1 : 0
