// What a CAN bus carries and how late it is, in a simulation that is exact to the bit, beside what is computed.
// `node bench/can.ts [--quick]` prints JSON; `bladewright can bench` is the same. Goals: goodput 97 % of the limit of the same frames;
// no response above the analysis in 1,000,000 frames; a cabinet of 32 at rest loads its bus by 10 % at most. Exit code 1 when one is missed.
import { benchCan } from '../src/testing/can-bench.ts'

const result = benchCan(process.argv.includes('--quick'))
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
if (result.missed.length > 0) process.exitCode = 1
