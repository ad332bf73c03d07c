// Designations and reports. In the machine under test the opinion comes with the report: `learn` takes it from there, for what is
// concluded from real reports is tested with decision/.
import { type AnyStateMachine, assign, type EventObject } from 'xstate'
import type { GivenOpinion, LocalDecisionModelEvent } from '../../models/local-decision-model.ts'
import { defaultRules } from '../../src/decision/default-rules.ts'
import { defaultLocalDecisionConfig } from '../../src/decision/local-decision-state.ts'

export function withGivenOpinions(machine: AnyStateMachine): AnyStateMachine {
  return machine.provide({
    actions: {
      learn: assign(({ context, event }: { context: object; event: { opinion?: GivenOpinion | null } }) => ({
        ...context,
        opinion: event.opinion ? { ...event.opinion, count: 1, wish: 0.5, reasons: [] } : null,
      })),
    },
  })
}

export function heardByDecision(event: LocalDecisionModelEvent): EventObject {
  if (event.type === 'report')
    return { type: 'balancer.report', group: event.group, opinion: event.opinion } as EventObject
  return {
    type: 'decision.designate',
    group: event.group,
    role: event.role,
    on: event.isOn,
    responseLimitMs: 250,
    ratePerBlade: 100,
    priority: 0.5,
    bootMs: 500,
    held: 2,
    rules: defaultRules,
    thresholds: defaultLocalDecisionConfig,
  } as EventObject
}
