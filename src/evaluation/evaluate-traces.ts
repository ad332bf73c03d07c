// Traces, a farm's size and policies: what each would have done.
import { ConfigError } from '../errors.ts'
import type { Random } from '../ports/random.ts'
import { bladewrightPolicy } from './bladewright-policy.ts'
import { clairvoyantPolicy } from './clairvoyant-policy.ts'
import { hpaPolicy } from './hpa-policy.ts'
import { kpaPolicy } from './kpa-policy.ts'
import { quotaPolicy } from './quota-policy.ts'
import { type Summary, summarize } from './score.ts'
import { staticPolicy } from './static-policy.ts'
import type { Trace } from './trace.ts'
import { type EvaluatedAccount, evaluate, type Policy, type StepTimes, usualTimes } from './world.ts'

export const policies: Readonly<Record<string, () => Policy>> = {
  bladewright: () => bladewrightPolicy(),
  hpa: () => hpaPolicy(),
  kpa: () => kpaPolicy(),
  quota: () => quotaPolicy(),
  'static-max': () => staticPolicy('static-max', 1),
  'static-p99': () => staticPolicy('static-p99', 0.99),
  clairvoyant: clairvoyantPolicy,
}

export interface EvaluationPlan {
  readonly traces: readonly Trace[]
  readonly policies: readonly string[]
  /** Default: `share` of the most that all accounts together ever needed. */
  readonly blades?: number
  readonly share?: number
  /** Demand that one blade serves, in the unit of the traces. Default: each account's mean needs six. */
  readonly perBlade?: number
  readonly committed?: number
  readonly warm?: number
  readonly times?: StepTimes
  readonly random: () => Random
  readonly tickMs?: number
  readonly progress?: (policy: string) => void
}

export interface Evaluation {
  readonly farm: {
    readonly blades: number
    readonly warm: number
    readonly committed: number
    readonly pooledPeak: number
    readonly days: number
  }
  readonly policies: Readonly<Record<string, Summary>>
}

const bladesOfMean = 6
const tickMsUsual = 60_000

/** Throws ConfigError for what cannot be: no trace, an unknown policy, a trace that never asks for anything. */
export function evaluateTraces(plan: EvaluationPlan): Evaluation {
  const { tickMs = tickMsUsual, committed = 3, times = usualTimes, share = 1 } = plan
  if (plan.traces.length === 0) throw new ConfigError('COMMAND_INVALID', 'no trace was given')
  const accounts = plan.traces.map((trace) => accountOf(trace, plan.perBlade, committed, tickMs))
  const ticks = Math.floor(Math.min(...plan.traces.map(({ stepMs, values }) => stepMs * values.length)) / tickMs)
  const pooledPeak = Array.from({ length: ticks }).reduce<number>((most, _, tick) => {
    const need = accounts.reduce((sum, account) => sum + Math.ceil(account.demand(tick) - 1e-9), 0)
    return Math.max(most, need)
  }, 0)
  const blades = plan.blades ?? Math.max(accounts.length * committed, Math.ceil(share * pooledPeak))
  const warm = plan.warm ?? Math.max(1, Math.round(blades / 20))
  const summaries = plan.policies.map((name) => {
    const policy = Object.hasOwn(policies, name) ? policies[name]?.() : undefined
    if (!policy)
      throw new ConfigError('COMMAND_INVALID', `no policy ${name}; there are ${Object.keys(policies).join(', ')}`)
    plan.progress?.(name)
    return [
      name,
      summarize(evaluate(policy, { accounts, blades, ticks, tickMs, random: plan.random(), warm, times })),
    ] as const
  })
  const days = (ticks * tickMs) / 86_400_000
  return { farm: { blades, warm, committed, pooledPeak, days }, policies: Object.fromEntries(summaries) }
}

function accountOf(
  { name, stepMs, values }: Trace,
  perBlade: number | undefined,
  committed: number,
  tickMs: number,
): EvaluatedAccount {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const unit = perBlade ?? mean / bladesOfMean
  if (!(unit > 0)) throw new ConfigError('COMMAND_INVALID', 'this trace never asks for anything', name)
  return { name, committed, demand: (tick) => (values[Math.floor((tick * tickMs) / stepMs)] ?? 0) / unit }
}
