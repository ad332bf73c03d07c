// What a site master can be asked about afterwards: each move with its steps and times, each decision with its reasons. Projected
// from public events into the store; `explain` reads it there. The newest are kept, so that no disk fills up.
import type { PublicEvent } from '../actors/effects.ts'
import type { PlanInput } from '../decision/plan-input.ts'
import type { PlannedMove, TurnedDown } from '../decision/plan-result.ts'
import type { Store } from '../ports/store.ts'
import type { MoveStep } from '../protocol/board.ts'
import { type DecisionId, type MoveId, numberOf } from '../protocol/ids.ts'
import type { Reason } from '../protocol/messages.ts'
import type { DecisionRecord, DecisionSummary, MoveRecord, StepRecord } from './farm-status.ts'

const tables = { moves: 'moves', decisions: 'decisions' } as const
/** A decision keeps all it was made from; a move some hundred bytes. */
const keptMax = { moves: 10_000, decisions: 1_000 } as const

interface DecisionMade extends PublicEvent {
  readonly at: number
  readonly decision: DecisionId
  readonly isActed: boolean
  readonly moves: readonly (PlannedMove & { readonly move: MoveId | null })[]
  readonly turnedDown: readonly TurnedDown[]
  readonly reasons: readonly Reason[]
  readonly input: PlanInput
}

interface StepEvent extends PublicEvent {
  readonly at: number
  readonly move: MoveId
  readonly step: MoveStep
  readonly attempt: number
  readonly isRollback?: boolean
  readonly result?: string
}

interface MoveEnded extends PublicEvent {
  readonly at: number
  readonly move: MoveId
  readonly outcome: MoveRecord['outcome']
  readonly trouble: string | null
}

export interface MasterRecords {
  note(event: PublicEvent): void
  find(id: string): MoveRecord | DecisionRecord | undefined
  /** Newest first. */
  decisions(limit: number): readonly DecisionSummary[]
}

export function createMasterRecords(store: Store): MasterRecords {
  function change(move: MoveId, next: (record: MoveRecord) => MoveRecord): void {
    const key = keyOf(numberOf(move))
    const record = store.get(tables.moves, key) as MoveRecord | undefined
    if (record) store.put(tables.moves, key, next(record))
  }

  function putNew(table: keyof typeof tables, id: string, record: unknown): void {
    store.put(table, keyOf(numberOf(id)), record)
    // Two: a store that held more shrinks to what is kept.
    for (const { key } of store.list(table, { limit: 2 }))
      if (key <= keyOf(numberOf(id) - keptMax[table])) store.delete(table, key)
  }

  function noteDecision(event: DecisionMade): void {
    const { at, decision, isActed, moves, turnedDown, reasons, input } = event
    const decidedIndex = input.decidedIndex
    const listed = moves.map(({ move, blade, from, to, cause, why }) => ({ move, blade, from, to, cause, why }))
    const record: DecisionRecord = {
      kind: 'decision',
      decision,
      at,
      decidedIndex,
      isActed,
      moves: listed,
      turnedDown,
      reasons,
      input,
    }
    putNew(tables.decisions, decision, record)
    for (const { move, blade, from, fromRole, to, cause, why } of moves) {
      if (move === null) continue
      const began: MoveRecord = {
        kind: 'move',
        move,
        decision,
        blade,
        from,
        fromRole,
        to,
        cause,
        decidedAt: at,
        joinedAt: null,
        endedAt: null,
        outcome: null,
        trouble: null,
        why,
        steps: [],
      }
      putNew(tables.moves, move, began)
    }
  }

  return {
    note(event) {
      switch (event.type) {
        case 'decision.made':
          store.transaction(() => noteDecision(event as DecisionMade))
          break
        case 'move.step.began': {
          const { move, step, attempt, isRollback = false, at } = event as StepEvent
          const began: StepRecord = { step, attempt, isRollback, beganAt: at, endedAt: null, result: null }
          change(move, (record) => ({ ...record, steps: [...record.steps, began] }))
          break
        }
        case 'move.step.ended': {
          const { move, step, attempt, at, result = 'done' } = event as StepEvent
          const isIt = (one: StepRecord) => one.step === step && one.attempt === attempt && one.endedAt === null
          const end = (one: StepRecord) => (isIt(one) ? { ...one, endedAt: at, result } : one)
          change(move, (record) => ({ ...record, steps: record.steps.map(end) }))
          break
        }
        case 'move.ended': {
          const { move, outcome, trouble, at } = event as MoveEnded
          const joinedAt = outcome === 'done' ? at : null
          change(move, (record) => ({ ...record, outcome, trouble, endedAt: at, joinedAt }))
          break
        }
        default:
      }
    },
    find(id) {
      const table = id.startsWith('mv-') ? tables.moves : tables.decisions
      return store.get(table, keyOf(numberOf(id))) as MoveRecord | DecisionRecord | undefined
    },
    decisions(limit) {
      return store
        .list(tables.decisions, { limit, reverse: true })
        .map(({ value }) => summaryOf(value as DecisionRecord))
    },
  }
}

/** In the order of the store's keys however many there have been. */
function keyOf(number: number): string {
  return String(Math.max(number, 0)).padStart(12, '0')
}

function summaryOf({ decision, at, moves, turnedDown, isActed }: DecisionRecord): DecisionSummary {
  const moved = moves.map(({ blade, to, cause, why }) => {
    const place = to.kind === 'cold' ? 'the pool' : to.kind === 'warm' ? `warm for ${to.group}` : to.group
    return `${blade} → ${place} (${cause}: ${why[0]?.text ?? ''})`
  })
  const refused = turnedDown.map(({ group, count, reason }) => `${group} gets ${count} fewer: ${reason.text}`)
  const text = [...moved, ...refused].join('; ')
  return {
    decision,
    at,
    text: isActed || moves.length === 0 ? text : `advised only: ${text}`,
    moves: moves.flatMap(({ move }) => move ?? []),
  }
}
