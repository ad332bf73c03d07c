// `bladewright evaluate`: traces from files, progress on standard error, a table or JSON, and a picture.
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import { ConfigError } from '../errors.ts'
import { plotCourses } from '../evaluation/course-plot.ts'
import { type Evaluation, evaluateTraces, policies } from '../evaluation/evaluate-traces.ts'
import type { Summary } from '../evaluation/score.ts'
import { parseTrace, type Trace } from '../evaluation/trace.ts'
import { print } from './client-for.ts'
import type { CommandInput } from './command.ts'
import { termsFor } from './evaluation-terms.ts'
import { numberOption } from './number-option.ts'
import { table } from './status-lines.ts'

const plotPoints = 1_000
/** More lines than these are not told apart. */
const plotted = ['bladewright', 'hpa']

export async function evaluateFiles(input: CommandInput): Promise<number> {
  const files = input.texts('trace')
  if (files.length === 0) throw new ConfigError('COMMAND_INVALID', 'whose demand? --trace FILE, once for each account')
  const seed = numberOption(input, 'seed', 0, 2 ** 32 - 1) ?? 1
  const share = numberOption(input, 'share', 0.01, 10)
  const chosen = input.text('policy') ?? 'all'
  const plot = input.text('plot')
  const evaluation = evaluateTraces({
    ...{ traces: files.map(readTrace), terms: termsFor(input), random: () => createSeededRandom(seed) },
    policies: chosen === 'all' ? Object.keys(policies) : chosen.split(','),
    progress: showProgress,
    ...(share !== undefined && { share }),
    ...(plot !== undefined && { coursePoints: plotPoints }),
  })
  endProgress()
  if (plot !== undefined) writePlot(plot, files, evaluation)
  const { farm, policies: found } = evaluation
  print(input, { policies: found, farm, seed, traces: files.map((file) => basename(file)) }, () =>
    linesOf(files.length, evaluation),
  )
  return 0
}

function linesOf(accounts: number, { farm, policies: found }: Evaluation): string[] {
  const { terms } = farm
  return [
    `${accounts} accounts, ${farm.days.toFixed(1)} days, ${farm.blades} blades, ${farm.warm} of the pool kept warm; all accounts together needed ${farm.pooledPeak} at most`,
    `each is owed ${terms.committed} and guaranteed ${terms.expansion} more; boots ${terms.coldSeconds.join('-')} s cold, ${terms.warmSeconds.join('-')} s warm, ${terms.leavingSeconds.join('-')} s to leave`,
    ...(farm.unavoidableShare > 0
      ? [`${percent(farm.unavoidableShare)} of the demand is more than the farm has blades for`]
      : []),
    '',
    ...table(
      heads(terms.currency),
      Object.entries(found).map(([name, summary]) => [name, ...cells(summary)]),
    ),
  ]
}

function heads(currency: string): string[] {
  return [
    ...['policy', 'server-hours', 'unserved', 'moves/h', 'below committed', 'below guaranteed', 'refused'],
    ...['short of', 'idle', 'in headroom', currency],
  ]
}

function cells({ serverHours, unservedShare, movesPerHour, violationMinutes, ...more }: Summary): string[] {
  return [
    ...[serverHours.toFixed(0), percent(unservedShare, 3), movesPerHour.toFixed(2)],
    ...[`${violationMinutes.committed.toFixed(0)} min`, `${violationMinutes.expansion.toFixed(0)} min`],
    ...[String(more.refusedGuaranteed), more.accuracyUnder.toFixed(2), more.accuracyOver.toFixed(2)],
    ...[percent(more.headroomShare), (more.bill / 100).toFixed(2)],
  ]
}

function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`
}

function writePlot(file: string, files: readonly string[], { courses, farm }: Evaluation): void {
  const shown = Object.keys(courses).filter((name) => plotted.includes(name))
  const names = shown.length > 0 ? shown : Object.keys(courses).slice(0, plotted.length)
  const accounts = files.map((path) => basename(path))
  const chosen = Object.fromEntries(names.map((name) => [name, courses[name] ?? []]))
  try {
    writeFileSync(file, plotCourses({ accounts, courses: chosen, days: farm.days }))
  } catch (error) {
    throw new ConfigError('CONFIG_UNREADABLE', error instanceof Error ? error.message : String(error), file)
  }
}

/** One line that is written over on a terminal, a line a policy elsewhere. */
function showProgress(policy: string, done: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${policy} ${Math.round(100 * done)} %`)
  else if (done === 0) process.stderr.write(`${policy} …\n`)
}

function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

function readTrace(file: string): Trace {
  try {
    return parseTrace(readFileSync(file, 'utf8'), file, utcOf)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError('CONFIG_UNREADABLE', error instanceof Error ? error.message : String(error), file)
  }
}

/** As UTC, whatever the place of this machine. */
function utcOf(timestamp: string): number {
  return Date.parse(`${timestamp.replace(' ', 'T')}Z`)
}
