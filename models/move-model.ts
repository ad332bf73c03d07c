// What a move is: a list of steps, done one after the other, each with so many attempts; when one fails for good, another list; when
// that fails too, nobody gets the blade. What it asks for is part of it: nothing is commanded that is not journalled first.
export interface MoveModel {
  readonly state: 'step' | 'waiting' | 'done' | 'rolledBack' | 'quarantined'
  readonly isWayOut: boolean
  /** Steps left, the one in hand first. */
  readonly left: readonly string[]
  readonly attempt: number
  /** The last word of what proves the blade's address, identity and scrub. */
  readonly evidence: Evidence
  readonly trouble: string | null
  /** Commands that were given, `step/attempt`, in order; the same one may be given again while it has no answer. */
  readonly given: readonly string[]
  /** What the last event made it ask for, with the command that it is about. */
  readonly said: readonly string[]
}

interface Evidence {
  readonly identity: unknown
  readonly address: unknown
  readonly receipt: unknown
}

export type MoveModelEvent =
  | {
      type: 'move.step.answered'
      move: string
      step: string
      attempt: number
      result:
        | ({ outcome: 'done' } & Partial<Evidence>)
        | { outcome: 'running' | 'interrupted' }
        | { outcome: 'failed'; code: string; detail: string; retriable: boolean }
    }
  | { type: 'move.step.timedOut'; step: string; attempt: number }
  | { type: 'move.ask.due' }
  | { type: 'move.retry.due' }
  | { type: 'move.cancel'; why: string }

export interface MoveOutline {
  readonly move: string
  readonly steps: readonly string[]
  readonly rollback: readonly string[]
  readonly attemptMax: number
}

export function moveModel({ move, steps, rollback, attemptMax }: MoveOutline) {
  const say = (model: MoveModel, ...said: string[]): MoveModel => ({ ...model, said: [...model.said, ...said] })
  const inHand = ({ left, attempt }: MoveModel) => `${left[0]}/${attempt}`
  const end = (model: MoveModel, state: MoveModel['state']) => say({ ...model, state }, 'journalEnd', 'reportEnd')
  const ask = (model: MoveModel): MoveModel =>
    say({ ...model, given: [...model.given, inHand(model)] }, `performStep ${inHand(model)}`)
  const begin = (model: MoveModel): MoveModel => {
    if (model.left.length === 0) return end(model, model.isWayOut ? 'rolledBack' : 'done')
    const asked = ask(say({ ...model, state: 'step' }, `journalIntent ${inHand(model)}`))
    return say(asked, `startStepTimer ${inHand(model)}`, 'startAskTimer')
  }
  const firstAttempt = (isWayOut: boolean) => (isWayOut ? attemptMax + 1 : 1)
  const wayOut = (model: MoveModel): MoveModel => {
    const turned = { ...model, isWayOut: true, left: rollback, attempt: firstAttempt(true) }
    return begin(say(turned, `journalRollback ${model.trouble}`))
  }
  const fail = (model: MoveModel, trouble: string, mayRetry: boolean): MoveModel => {
    const failed = { ...say(model, `journalAnswer ${inHand(model)}`), trouble }
    const tried = model.attempt - firstAttempt(model.isWayOut) + 1
    if (mayRetry && tried < attemptMax) return say({ ...failed, state: 'waiting' }, `startRetryTimer ${model.attempt}`)
    return model.isWayOut ? end(failed, 'quarantined') : wayOut(failed)
  }
  const advance = (model: MoveModel, { identity, address, receipt }: Partial<Evidence>): MoveModel => {
    const { evidence } = model
    return begin({
      ...say(model, `journalAnswer ${inHand(model)}`),
      left: model.left.slice(1),
      attempt: firstAttempt(model.isWayOut),
      evidence: {
        identity: identity ?? evidence.identity,
        address: address ?? evidence.address,
        receipt: receipt ?? evidence.receipt,
      },
    })
  }
  const fresh: MoveModel = {
    state: 'step',
    isWayOut: false,
    left: steps,
    attempt: 1,
    evidence: { identity: null, address: null, receipt: null },
    trouble: null,
    given: [],
    said: [],
  }

  return {
    initial: begin(fresh),
    step(before: MoveModel, event: MoveModelEvent): MoveModel {
      const model: MoveModel = { ...before, said: [] }
      const [step] = model.left
      const stopped = model.state === 'step' ? say(model, 'cancelStepTimer') : model
      if (event.type === 'move.cancel')
        return model.isWayOut ? model : wayOut({ ...stopped, trouble: `cancelled at ${step}: ${event.why}` })
      if (event.type === 'move.retry.due')
        return model.state === 'waiting' ? begin({ ...model, attempt: model.attempt + 1 }) : model
      if (model.state !== 'step') return model
      if (event.type === 'move.ask.due') return say(ask(model), 'startAskTimer')
      if (event.step !== step || event.attempt !== model.attempt) return model
      if (event.type === 'move.step.timedOut') return fail(model, `STEP_TIMED_OUT at ${step}`, true)
      if (event.move !== move || event.result.outcome === 'running') return model
      const { result } = event
      if (result.outcome === 'done') return advance(stopped, result)
      if (result.outcome === 'interrupted') return fail(stopped, `interrupted at ${step}`, true)
      if (result.outcome === 'failed')
        return fail(stopped, `${result.code} at ${step}: ${result.detail}`, result.retriable)
      return model
    },
    invariants: {
      'a command is given again only while it is in hand': ({ given }: MoveModel) =>
        given.every((command, index) => given.slice(given.indexOf(command), index).every((one) => one === command)),
      'attempts are bounded': ({ attempt }: MoveModel) => attempt <= 2 * attemptMax,
      'what is done has nothing left': ({ state, left }: MoveModel) =>
        (state !== 'done' && state !== 'rolledBack') || left.length === 0,
      'who takes the way out says why': ({ isWayOut, trouble }: MoveModel) => !isWayOut || trouble !== null,
    },
  }
}
