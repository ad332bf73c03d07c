// The master plan: weighs all requests and offers with what is committed, what there is, and what is on its way (R31). Pure and
// deterministic: the same picture gives the same plan.
//
// Passes, each counting what those before it promised:
//   0 failures     a failed blade is replaced (and retired), or where nothing is to be had, rebooted in place
//   1 commitments  every role reaches its committed level, then its level of the start
//     then a site master that lost its server gets another one (plan-seat.ts)
//   2 requests     by priority, from the pool, then from what others have above their commitment
//   3 offers       blades that a role can spare go scrubbed to the cold pool
//   4 refill       blades are warmed, when nobody waits for one
// In a storm (storm-brake.ts) none of them: what each role is short of is turned down, and that is all.
// A blade gets at most one move a plan, and none while it is in one. A batch keeps within concurrent boots and moves; what did not
// fit is weighed again, with fresh numbers, next time.
import { fillCommitments } from './plan-commitments.ts'
import { memoryOf, type PlanDraft, startDraft } from './plan-draft.ts'
import { replaceFailures, retireFailed } from './plan-failures.ts'
import type { PlanInput } from './plan-input.ts'
import { giveOffers } from './plan-offers.ts'
import { refillWarm } from './plan-refill.ts'
import { serveRequests } from './plan-requests.ts'
import type { PlanResult } from './plan-result.ts'
import { seatMaster } from './plan-seat.ts'
import { holdStill } from './plan-storm.ts'

export function weigh(input: PlanInput, now: number): PlanResult {
  const draft = startDraft(input, now)
  if (draft.brake.since !== null) return resultOf(holdStill(draft))
  replaceFailures(draft)
  fillCommitments(draft)
  seatMaster(draft)
  serveRequests(draft)
  giveOffers(draft)
  retireFailed(draft)
  refillWarm(draft)
  return resultOf(draft)
}

function resultOf(draft: PlanDraft): PlanResult {
  const { moves, turnedDown, reasons, input, seat } = draft
  return { moves, turnedDown, reasons, memory: memoryOf(draft), seat, decidedIndex: input.decidedIndex }
}
