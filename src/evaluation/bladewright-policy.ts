// The decision functions of this project, as they run in a farm: each account's predictor, fuzzy inference and hold-downs, then the site
// master's weighing. Only their measurements are made up: response times follow from how full the joined blades are.

import { defaultRules } from '../decision/default-rules.ts'
import { createDemandWatch, type DemandWatch, observe, outlookAt } from '../decision/forecast/demand-watch.ts'
import type { Outlook } from '../decision/forecast/outlook.ts'
import { parseRules } from '../decision/fuzzy-rules.ts'
import { decideLocally } from '../decision/local-decision.ts'
import {
  defaultLocalDecisionConfig,
  emptyLocalDecision,
  type LocalDecisionConfig,
  type LocalDecisionState,
} from '../decision/local-decision-state.ts'
import { weigh } from '../decision/plan.ts'
import type { PlanBlade, PlanLimits, PlanRole, StandingWish } from '../decision/plan-input.ts'
import { emptyPlanMemory, type PlanMemory } from '../decision/plan-memory.ts'
import {
  addReport,
  createPredictor,
  type Prediction,
  type PredictorConfig,
  type PredictorState,
  predict,
} from '../decision/predict.ts'
import { InvariantError } from '../errors.ts'
import { emptyHistogram, recordLatency } from '../protocol/latency-histogram.ts'
import type { MessageOf } from '../protocol/messages.ts'
import type { EvaluatedBlade, Policy, World } from './world.ts'

export interface BladewrightSettings {
  readonly predictor: PredictorConfig
  readonly local: LocalDecisionConfig
  readonly limits: PlanLimits
}

const minuteMs = 60_000

/** A tick is a minute and a boot four: what the demonstration has in seconds is in minutes here. A blade may be full: that is what is counted. */
export const usualSettings: BladewrightSettings = {
  predictor: { windowMs: minuteMs, reportsMin: 1, levelTimeMs: minuteMs, trendTimeMs: 20 * minuteMs },
  local: {
    ...{ targetUtilisation: 0.8, offerUtilisation: 0.7, wishMin: 0.25 },
    ...{
      requestHoldMs: 0,
      offerHoldMs: 15 * minuteMs,
      slowHoldMs: 30 * minuteMs,
      budget: defaultLocalDecisionConfig.budget,
    },
  },
  limits: {
    ...{ concurrentBootsMax: 1_000_000, concurrentMovesMax: 1_000_000, minResidenceMs: 15 * minuteMs },
    reclaimBackoff: { firstMs: minuteMs, maxMs: 60 * minuteMs, forgetMs: 10 * minuteMs },
    ...{ moveCostMs: 6 * minuteMs, horizonMs: 60 * minuteMs },
    stormBrake: { lostMax: 1_000_000, lostShareMax: 1, windowMs: minuteMs },
  },
}

/** Requests a second that a full blade serves, and what one takes without waiting: a scale, and no more. */
const ratePerBlade = 100
const serviceMs = 50
const responseLimitMs = 250
const role = 'front'
const boardType = 'server'

interface Mind {
  predictor: PredictorState
  demand: DemandWatch
  decision: LocalDecisionState
  /** Demand is constant for some ticks, and so is the outlook then. */
  outlook: { readonly bin: number; readonly demand: number; readonly outlook: Outlook | undefined } | null
  prediction: { readonly members: number; readonly demand: number; readonly prediction: Prediction } | null
}

export function bladewrightPolicy({ predictor, local, limits }: BladewrightSettings = usualSettings): Policy {
  const parsed = parseRules(defaultRules)
  if (!parsed.ok) throw new InvariantError('INVARIANT_BROKEN', 'the rules of the house are none')
  const { rules } = parsed
  const minds = new Map<number, Mind>()
  let memory: PlanMemory = emptyPlanMemory
  const pictures = new Map<EvaluatedBlade, PlanBlade>()
  const byId = new Map<string, EvaluatedBlade>()

  function think(world: World, account: number): StandingWish {
    const mind = minds.get(account) ?? {
      predictor: createPredictor(predictor),
      demand: createDemandWatch(),
      decision: emptyLocalDecision,
      outlook: null,
      prediction: null,
    }
    minds.set(account, mind)
    const { nowMs } = world
    const { coldSeconds } = world.options.terms
    const bootMs = 500 * (coldSeconds[0] + coldSeconds[1])
    const held = world.held(account)
    // Every policy knows the demand of the tick that begins.
    mind.demand = observe(mind.demand, world.demand(account), world.options.tickMs, nowMs + world.options.tickMs)
    const prediction = predictionOn(mind, world, account, bootMs)
    const input = {
      ...{
        prediction,
        outlook: outlookOn(mind, world.demand(account), nowMs),
        binMs: mind.demand.config.binMs,
        bootMs,
      },
      ...{ balances: {}, rules, config: local, responseLimitMs, ratePerBlade, priority: 0.5, held },
    }
    const { state, verdict, desired, wish, reasons } = decideLocally(mind.decision, input, nowMs)
    mind.decision = state
    return { kind: verdict.kind, desired, wish, reasons: verdict.kind === 'steady' ? [] : reasons(), at: nowMs }
  }

  /** Made anew only when the blade has changed. */
  function pictureOf(blade: EvaluatedBlade, groups: readonly string[]): PlanBlade {
    const known = pictures.get(blade)
    const lifecycle = lifecycles[blade.state]
    const group = groups[blade.account] ?? null
    if (known?.lifecycle === lifecycle && known.group === group && known.since === blade.sinceMs) return known
    const picture = planBlade(blade, group)
    pictures.set(blade, picture)
    byId.set(blade.id, blade)
    return picture
  }

  return {
    name: 'bladewright',
    decide(world) {
      const { accounts, terms } = world.options
      const { committed } = terms
      const roles = accounts.map(
        (_, account): PlanRole => ({
          ...{ group: groupOf(account), role, boardTypes: [boardType], committed, initial: committed },
          ...{ max: world.options.blades, warm: 0, priority: 0.5, operatorHeld: false, initialised: true },
          wish: think(world, account),
        }),
      )
      const isStill = roles.every(({ wish }, account) => wish?.kind === 'steady' && world.held(account) >= committed)
      // Nobody wants anything: the plan would be empty.
      if (isStill) return
      const groups = roles.map(({ group }) => group)
      const blades = shown(world, roles).map((blade) => pictureOf(blade, groups))
      const result = weigh({ blades, roles, limits, memory, decidedIndex: world.tick }, world.nowMs)
      memory = result.memory
      for (const { blade: id, from, to } of result.moves) {
        const blade = byId.get(id)
        const account = to.kind === 'group' ? groups.indexOf(to.group) : -1
        // A warm one for what is asked of it now; a blade for later has the time to boot.
        if (from === null && account >= 0)
          world.grant(account, world.held(account) < world.demand(account) ? 'warm' : 'cold')
        else if (blade && to.kind !== 'warm') world.move(blade, account)
      }
    },
  }
}

/** While there is an outlook, the same measurements need not be read again. */
function predictionOn(mind: Mind, world: World, account: number, bootMs: number): Prediction {
  const [demand, members, { nowMs }] = [world.demand(account), world.joined(account), world]
  const known = mind.prediction
  if (mind.outlook?.outlook && known?.demand === demand && known.members === members) return known.prediction
  mind.predictor = addReport(mind.predictor, reportOf(world, account, members), bootMs, nowMs)
  const prediction = predict(mind.predictor, { members, ratePerBlade, responseLimitMs, bootMs }, nowMs)
  mind.prediction = { demand, members, prediction }
  return prediction
}

function outlookOn(mind: Mind, demand: number, nowMs: number): Outlook | undefined {
  const bin = Math.floor(nowMs / mind.demand.config.binMs)
  if (mind.outlook?.bin !== bin || mind.outlook.demand !== demand)
    mind.outlook = { bin, demand, outlook: outlookAt(mind.demand, demand, nowMs) }
  return mind.outlook.outlook
}

/** Of the account by its place: names of files may be anything. */
function groupOf(account: number): string {
  return `a${account}/web`
}

/** All that somebody has or had, and of the pool as many as are asked for: one there is as good as another. */
function shown(world: World, roles: readonly PlanRole[]): EvaluatedBlade[] {
  const asked = (role: PlanRole, account: number) =>
    Math.max(role.wish?.kind === 'request' ? role.wish.desired : 0, role.committed) - world.held(account)
  let pool = roles.reduce((sum, role, account) => sum + Math.max(0, asked(role, account)), 0)
  return world.blades.filter((blade) => {
    if (blade.account >= 0 || blade.state === 'leaving') return true
    pool -= 1
    return pool >= 0
  })
}

const lifecycles = {
  cold: 'cold',
  warming: 'cold',
  warm: 'cold',
  joining: 'booting',
  joined: 'joined',
  leaving: 'scrubbing',
} as const

function planBlade(blade: EvaluatedBlade, group: string | null): PlanBlade {
  const to = group === null ? ({ kind: 'cold' } as const) : ({ kind: 'group', group, role } as const)
  const isUnderWay = blade.state === 'joining' || blade.state === 'leaving'
  return {
    ...{ blade: blade.id, boardType, cabinet: blade.id.slice(0, 3), lifecycle: lifecycles[blade.state], group },
    ...{ role: group === null ? null : role, preparedFor: null, cordoned: false, hasReceipt: true },
    ...{ inMove: isUnderWay ? { move: `mv-${blade.id}`, to } : null, since: blade.sinceMs, reachable: true },
  }
}

/** A minute of requests at the joined blades: those above capacity are refused, the others wait as in a queue that is so full. */
function reportOf(world: World, account: number, members: number): MessageOf<'balancer.report'> {
  const { nowMs } = world
  const periodMs = world.options.tickMs
  const capacity = members * ratePerBlade
  const rate = world.demand(account) * ratePerBlade
  const arrived = Math.round((rate * periodMs) / 1_000)
  const served = Math.min(arrived, Math.floor((capacity * periodMs) / 1_000))
  const load = capacity === 0 ? 1 : Math.min(0.98, rate / capacity)
  const latency = emptyHistogram()
  const waitMs = capacity === 0 ? 0 : ((load / (1 - load)) * 1_000) / capacity
  recordLatency(latency, serviceMs + waitMs)
  const late = load * Math.exp((-(1 - load) * (responseLimitMs - serviceMs) * capacity) / 1_000)
  latency.counts = latency.counts.map((count) => Math.round(count * served * (1 - late)))
  latency.counts[latency.counts.length - 1] = (latency.counts.at(-1) ?? 0) + Math.round(served * late)
  latency.sumMs = served * (serviceMs + waitMs)
  const version = { epoch: 1, index: 1 }
  const member = { blade: 'c01-s01', inFlight: 0, completed: served, refused: 0, failed: 0, latency }
  return {
    ...{ type: 'balancer.report', group: groupOf(account), at: nowMs, periodMs },
    ...{ refused: arrived - served, arrived, version, members: [member] },
  }
}
