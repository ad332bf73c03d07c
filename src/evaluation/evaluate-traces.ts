// Traces, a farm's terms and policies: what each would have done.
import { ConfigError } from '../errors.ts'
import type { Random } from '../ports/random.ts'
import { bladewrightPolicy } from './bladewright-policy.ts'
import { clairvoyantPolicy } from './clairvoyant-policy.ts'
import { type Course, createCourse } from './course.ts'
import { type FarmTerms, usualTerms } from './farm-terms.ts'
import { hpaPolicy } from './hpa-policy.ts'
import { kpaPolicy } from './kpa-policy.ts'
import { quotaPolicy } from './quota-policy.ts'
import { type Summary, summarize } from './score.ts'
import { staticPolicy } from './static-policy.ts'
import type { Trace } from './trace.ts'
import { type EvaluatedAccount, evaluate, type Policy } from './world.ts'

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
  /** Size of the farm where the terms name none: of the most that all accounts together ever needed. Default 1. */
  readonly share?: number
  readonly terms?: FarmTerms
  readonly random: () => Random
  readonly tickMs?: number
  /** @param done 0..1 of this policy's run */
  readonly progress?: (policy: string, done: number) => void
  /** How many points the course of each account has; default: none is kept. */
  readonly coursePoints?: number
}

export interface Evaluation {
  readonly farm: {
    readonly blades: number
    readonly warm: number
    readonly pooledPeak: number
    readonly days: number
    /** Of all demand: more than the farm has blades for, whoever decides. */
    readonly unavoidableShare: number
    readonly terms: FarmTerms
  }
  readonly policies: Readonly<Record<string, Summary>>
  /** By policy, then by account. */
  readonly courses: Readonly<Record<string, readonly Course[]>>
}

const bladesOfMean = 6
const tickMsUsual = 60_000
const progressSteps = 50

/** Throws ConfigError for what cannot be: no trace, an unknown policy, a trace that never asks for anything. */
export function evaluateTraces(plan: EvaluationPlan): Evaluation {
  const { traces, tickMs = tickMsUsual, terms = usualTerms, share = 1 } = plan
  if (traces.length === 0) throw new ConfigError('COMMAND_INVALID', 'no trace was given')
  const accounts = traces.map((trace) => accountOf(trace, terms.perBlade, tickMs))
  const ticks = Math.floor(Math.min(...traces.map(({ stepMs, values }) => stepMs * values.length)) / tickMs)
  const { pooledPeak, demandAbove } = pooled(accounts, ticks)
  const blades = terms.blades ?? Math.max(accounts.length * terms.committed, Math.ceil(share * pooledPeak))
  const warm = Math.min(blades, terms.warm ?? Math.max(1, Math.round(blades / 20)))
  const runs = plan.policies.map((name) => {
    const policy = Object.hasOwn(policies, name) ? policies[name]?.() : undefined
    if (!policy)
      throw new ConfigError('COMMAND_INVALID', `no policy ${name}; there are ${Object.keys(policies).join(', ')}`)
    const course = createCourse(accounts.length, ticks, plan.coursePoints ?? 0)
    const score = evaluate(policy, {
      ...{ accounts, blades, ticks, tickMs, random: plan.random(), warm, terms },
      watch(world) {
        course.note(world)
        if (world.tick % Math.ceil(ticks / progressSteps) === 0) plan.progress?.(name, world.tick / ticks)
      },
    })
    const names = accounts.map((account) => account.name)
    return { name, summary: summarize(score, terms, names), courses: course.ended() }
  })
  const days = (ticks * tickMs) / 86_400_000
  return {
    farm: { blades, warm, pooledPeak, days, unavoidableShare: demandAbove(blades), terms },
    policies: Object.fromEntries(runs.map(({ name, summary }) => [name, summary])),
    courses: Object.fromEntries(runs.map(({ name, courses }) => [name, courses])),
  }
}

function pooled(accounts: readonly EvaluatedAccount[], ticks: number) {
  const sums: number[] = []
  let pooledPeak = 0
  for (let tick = 0; tick < ticks; tick += 1) {
    let [sum, need] = [0, 0]
    for (const account of accounts) {
      sum += account.demand(tick)
      need += Math.ceil(account.demand(tick) - 1e-9)
    }
    sums.push(sum)
    pooledPeak = Math.max(pooledPeak, need)
  }
  const all = sums.reduce((total, sum) => total + sum, 0)
  const demandAbove = (blades: number) => sums.reduce((total, sum) => total + Math.max(0, sum - blades), 0) / all
  return { pooledPeak, demandAbove }
}

function accountOf({ name, stepMs, values }: Trace, perBlade: number | undefined, tickMs: number): EvaluatedAccount {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const unit = perBlade ?? mean / bladesOfMean
  if (!(unit > 0)) throw new ConfigError('COMMAND_INVALID', 'this trace never asks for anything', name)
  return { name, demand: (tick) => (values[Math.floor((tick * tickMs) / stepMs)] ?? 0) / unit }
}
