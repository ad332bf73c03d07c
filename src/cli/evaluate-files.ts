// `bladewright evaluate`: traces from files, progress on standard error, a table or JSON.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import { ConfigError } from '../errors.ts'
import { evaluateTraces, policies } from '../evaluation/evaluate-traces.ts'
import type { Summary } from '../evaluation/score.ts'
import { parseTrace, type Trace } from '../evaluation/trace.ts'
import { print } from './client-for.ts'
import type { CommandInput } from './command.ts'
import { table } from './status-lines.ts'

export async function evaluateFiles(input: CommandInput): Promise<number> {
  const files = input.texts('trace')
  if (files.length === 0) throw new ConfigError('COMMAND_INVALID', 'whose demand? --trace FILE, once for each account')
  const seed = numberOf(input, 'seed', 0, 2 ** 32 - 1) ?? 1
  const [blades, share, perBlade] = [
    numberOf(input, 'blades', 1, 10_000),
    numberOf(input, 'share', 0.01, 10),
    numberOf(input, 'per-blade', 1e-9, 1e12),
  ]
  const chosen = input.text('policy') ?? 'all'
  const evaluation = evaluateTraces({
    traces: files.map(readTrace),
    policies: chosen === 'all' ? Object.keys(policies) : chosen.split(','),
    random: () => createSeededRandom(seed),
    progress: (policy) => process.stderr.write(`${policy} …\n`),
    ...(blades !== undefined && { blades }),
    ...(share !== undefined && { share }),
    ...(perBlade !== undefined && { perBlade }),
  })
  print(input, { ...evaluation, seed, traces: files.map((file) => basename(file)) }, () => {
    const { farm } = evaluation
    return [
      `${files.length} accounts, ${farm.days.toFixed(1)} days, ${farm.blades} blades (${farm.warm} of the pool kept warm; all accounts together needed ${farm.pooledPeak} at most), committed ${farm.committed} each`,
      '',
      ...table(
        heads,
        Object.entries(evaluation.policies).map(([name, summary]) => [name, ...cells(summary)]),
      ),
    ]
  })
  return 0
}

const heads = [
  'policy',
  'server-hours',
  'unserved',
  'moves/h',
  'below committed',
  'short of',
  'idle',
  'time short',
  'time idle',
]

function cells({ serverHours, unservedShare, movesPerHour, committedViolationMinutes, ...more }: Summary): string[] {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`
  return [
    ...[
      serverHours.toFixed(0),
      percent(unservedShare),
      movesPerHour.toFixed(2),
      `${committedViolationMinutes.toFixed(0)} min`,
    ],
    ...[
      more.accuracyUnder.toFixed(2),
      more.accuracyOver.toFixed(2),
      percent(more.timeshareUnder),
      percent(more.timeshareOver),
    ],
  ]
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

function numberOf(input: CommandInput, name: string, min: number, max: number): number | undefined {
  const text = input.text(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && value >= min && value <= max) return value
  throw new ConfigError('COMMAND_INVALID', `--${name} ${text}: a number from ${min} to ${max}`)
}
