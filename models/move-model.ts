// What a move is: a list of steps, done one after the other, each with so many attempts; when one fails for good, another list; when
// that fails too, nobody gets the blade.
export interface MoveModel {
  readonly state: 'step' | 'waiting' | 'done' | 'rolledBack' | 'quarantined'
  readonly isWayOut: boolean
  /** Steps left, the one in hand first. */
  readonly left: readonly string[]
  readonly attempt: number
  /** Commands that were given, `step/attempt`, in order; the same one may be given again while it has no answer. */
  readonly given: readonly string[]
}

export type MoveModelEvent =
  | {
      type: 'move.step.answered'
      move: string
      step: string
      attempt: number
      result:
        | { outcome: 'done' | 'running' | 'interrupted' }
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
  const give = (model: MoveModel): MoveModel => {
    const [step] = model.left
    if (step === undefined) return { ...model, state: model.isWayOut ? 'rolledBack' : 'done' }
    return { ...model, state: 'step', given: [...model.given, `${step}/${model.attempt}`] }
  }
  const firstAttempt = (isWayOut: boolean) => (isWayOut ? attemptMax + 1 : 1)
  const wayOut = (model: MoveModel) => give({ ...model, isWayOut: true, left: rollback, attempt: firstAttempt(true) })
  const trouble = (model: MoveModel, mayRetry: boolean): MoveModel => {
    const tried = model.attempt - firstAttempt(model.isWayOut) + 1
    if (mayRetry && tried < attemptMax) return { ...model, state: 'waiting' }
    return model.isWayOut ? { ...model, state: 'quarantined' } : wayOut(model)
  }

  return {
    initial: give({ state: 'step', isWayOut: false, left: steps, attempt: 1, given: [] }),
    step(model: MoveModel, event: MoveModelEvent): MoveModel {
      if (event.type === 'move.cancel') return model.isWayOut ? model : wayOut(model)
      if (event.type === 'move.retry.due')
        return model.state === 'waiting' ? give({ ...model, attempt: model.attempt + 1 }) : model
      if (model.state !== 'step') return model
      if (event.type === 'move.ask.due') return give(model)
      const isInHand = event.step === model.left[0] && event.attempt === model.attempt
      if (!isInHand) return model
      if (event.type === 'move.step.timedOut') return trouble(model, true)
      if (event.move !== move) return model
      const { result } = event
      if (result.outcome === 'done')
        return give({ ...model, left: model.left.slice(1), attempt: firstAttempt(model.isWayOut) })
      if (result.outcome === 'running') return model
      return trouble(model, result.outcome === 'failed' ? result.retriable : true)
    },
    invariants: {
      'a command is given again only while it is in hand': ({ given }: MoveModel) =>
        given.every((command, index) => given.slice(given.indexOf(command), index).every((one) => one === command)),
      'attempts are bounded': ({ attempt }: MoveModel) => attempt <= 2 * attemptMax,
      'what is done has nothing left': ({ state, left }: MoveModel) =>
        (state !== 'done' && state !== 'rolledBack') || left.length === 0,
    },
  }
}
