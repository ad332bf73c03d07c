// Does what the forecast says come true as often as it says? For each trace, each bin is forecast from those before it, for several numbers of
// blades; what was said is put into tenths and compared with how often it came. Prints JSON.
//   node bench/calibration.ts --traces DIR
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createForecast, learnBin, outlookFrom } from '../src/decision/forecast/demand-forecast.ts'
import { above } from '../src/decision/forecast/outlook.ts'
import { parseTrace } from '../src/evaluation/trace.ts'

const dayMs = 86_400_000
const bladesOfMean = 6
const binsFirst = 24
const casesMin = 200

interface Tenth {
  said: number
  came: number
  cases: number
}

const { traces } = parseArgs({ options: { traces: { type: 'string' } } }).values
if (traces === undefined) {
  process.stderr.write('usage: node bench/calibration.ts --traces DIR (CSV files with the header timestamp,value)\n')
  process.exit(2)
}
const pooled = emptyTenths()
const byTrace = Object.fromEntries(
  readdirSync(traces)
    .filter((file) => file.endsWith('.csv'))
    .map((file) => {
      const tenths = emptyTenths()
      judge(file, [tenths, pooled])
      return [file, tableOf(tenths)]
    }),
)
process.stdout.write(
  `${JSON.stringify({ pooled: tableOf(pooled), worst: worstOf(pooled), casesMin, traces: byTrace }, null, 2)}\n`,
)

function judge(file: string, tables: readonly Tenth[][]): void {
  const text = readFileSync(join(traces ?? '', file), 'utf8')
  const { stepMs, values } = parseTrace(text, file, (time) => Date.parse(`${time.replace(' ', 'T')}Z`))
  const unit = values.reduce((sum, value) => sum + value, 0) / values.length / bladesOfMean
  let forecast = createForecast(Math.round(dayMs / stepMs))
  for (const [bin, value] of values.entries()) {
    const [demand, before] = [value / unit, (values[bin - 1] ?? 0) / unit]
    const outlook = bin > binsFirst ? outlookFrom(forecast, bin - 1, before) : undefined
    const levels = new Set(
      [before / 2, before, 1.5 * before, 3, 6, 9, 15].map((level) => Math.max(1, Math.ceil(level))),
    )
    for (const blades of outlook ? levels : []) note(tables, outlook ? above(outlook, blades) : 0, demand > blades)
    forecast = learnBin(forecast, bin, demand)
  }
}

function note(tables: readonly Tenth[][], said: number, came: boolean): void {
  for (const table of tables) {
    const tenth = table[Math.min(9, Math.floor(said * 10))]
    if (!tenth) continue
    tenth.said += said
    tenth.came += came ? 1 : 0
    tenth.cases += 1
  }
}

function emptyTenths(): Tenth[] {
  return Array.from({ length: 10 }, () => ({ said: 0, came: 0, cases: 0 }))
}

function tableOf(tenths: readonly Tenth[]): unknown[] {
  const round = (value: number) => Math.round(value * 1_000) / 1_000
  return tenths
    .filter(({ cases }) => cases >= casesMin)
    .map(({ said, came, cases }) => ({ said: round(said / cases), came: round(came / cases), cases }))
}

function worstOf(tenths: readonly Tenth[]): number {
  const known = tenths.filter(({ cases }) => cases >= casesMin)
  return Math.max(...known.map(({ said, came, cases }) => Math.abs(said - came) / cases))
}
