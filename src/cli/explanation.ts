// Why, in plain words and numbers.
import type { Placement, Reason } from '../protocol/messages.ts'
import type { DecisionRecord, MoveRecord, StepRecord } from '../runtime/farm-status.ts'

export function placeName(to: Placement): string {
  if (to.kind === 'cold') return 'the cold pool'
  return to.kind === 'warm' ? `warm for ${to.group}` : to.group
}

const causes: Record<MoveRecord['cause'], string> = {
  start: 'the site was starting and the group was below its level',
  failure: 'a blade of the group had failed',
  repair: 'it had failed and no other blade was free: it was booted in place',
  request: 'the group asked for blades',
  offer: 'the group offered it',
  refill: 'the pool keeps blades warm for the group',
  seat: 'a site master that lost its server is to run on it',
  retire: 'it had failed and was replaced: it goes back to the pool',
  loan: 'another site borrows it',
  operator: 'an operator said so',
}

export function explainMove(record: MoveRecord): string[] {
  const { move, blade, from, to, cause, decision, decidedAt, endedAt, outcome, trouble, why, steps } = record
  const took = endedAt === null ? 'under way' : `${ms(endedAt - decidedAt)} from decision to end`
  return [
    `${move}: ${blade} from ${from ?? 'the pool'} to ${placeName(to)}, because ${causes[cause]} (${cause}).`,
    `Decided ${iso(decidedAt)} in ${decision}; ${outcome ?? 'not ended'}; ${took}.`,
    ...(trouble === null ? [] : [`Trouble: ${trouble}.`]),
    '',
    'Why:',
    ...why.map(reasonLine),
    '',
    'Steps:',
    ...steps.map((step, index) => stepLine(step, timesBefore(steps, index))),
    ...(steps.length === 0 ? ['  none yet'] : []),
    ...overhead(record),
  ]
}

export function explainDecision(record: DecisionRecord): string[] {
  const { decision, at, decidedIndex, isActed, moves, turnedDown, reasons } = record
  return [
    `${decision}: ${iso(at)}, on what the journal held up to entry ${decidedIndex}.`,
    ...(isActed || moves.length === 0 ? [] : ['Advice only: nothing was moved.']),
    '',
    ...moves.flatMap(({ move, blade, from, to, cause, why }) => [
      `${move ?? 'advised'}: ${blade} from ${from ?? 'the pool'} to ${placeName(to)} (${cause})`,
      ...why.map(reasonLine),
    ]),
    ...turnedDown.flatMap(({ group, role, count, reason }) => [
      `Turned down: ${count} for ${group}/${role}`,
      reasonLine(reason),
    ]),
    ...(reasons.length > 0 ? ['', 'What was weighed:', ...reasons.map(reasonLine)] : []),
  ]
}

export function reasonLine({ code, text, numbers }: Reason): string {
  const said = Object.entries(numbers).map(([name, value]) => `${name} ${Math.round(value * 1000) / 1000}`)
  return `  ${text}${said.length === 0 ? '' : ` [${said.join(', ')}]`} (${code})`
}

/** How often this step was tried before, on the way in or on the way out. */
function timesBefore(steps: readonly StepRecord[], index: number): number {
  const one = steps[index]
  return steps.slice(0, index).filter(({ step, isRollback }) => step === one?.step && isRollback === one.isRollback)
    .length
}

function stepLine({ step, isRollback, beganAt, endedAt, result }: StepRecord, before: number): string {
  const time = endedAt === null ? 'running' : ms(endedAt - beganAt)
  const marks = [...(before > 0 ? [`attempt ${before + 1}`] : []), ...(isRollback ? ['way out'] : [])]
  const said = `  ${step.padEnd(15)} ${time.padStart(9)}  ${result ?? ''}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`
  return said.trimEnd()
}

/** What is ours of the time: all but boot, drain and scrub. */
function overhead({ decidedAt, joinedAt, steps }: MoveRecord): string[] {
  if (joinedAt === null) return []
  const theirs = steps
    .filter(({ step }) => ['boot', 'drain', 'scrub', 'verifyScrub'].includes(step))
    .reduce((sum, { beganAt, endedAt }) => sum + ((endedAt ?? beganAt) - beganAt), 0)
  return [`  without boot, drain and scrub: ${ms(joinedAt - decidedAt - theirs)}`]
}

function ms(value: number): string {
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
