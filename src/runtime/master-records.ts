// What a site master can be asked about afterwards: each move with its steps and times, each decision with its reasons. Projected
// from the journal into the store, by the one that leads and by the one that follows, so that `explain` knows after a takeover what it
// knew before. What a decision was made from is kept only where it was made. The newest are kept, so that no disk fills up.
import { type DecidedMove, moveEntry } from '../actors/move-journal.ts'
import { decisionMade } from '../actors/site-memory.ts'
import type { PlanInput } from '../decision/plan-input.ts'
import type { Store } from '../ports/store.ts'
import { type DecisionId, type MoveId, numberOf } from '../protocol/ids.ts'
import type { JournalRecord } from '../store/journal-record.ts'
import type { DecisionRecord, DecisionSummary, MoveRecord, StepRecord } from './farm-status.ts'

/** A decision's input is large; a move is some hundred bytes. */
const keptMax = { moves: 10_000, decisions: 10_000, inputs: 1_000 } as const
type Table = keyof typeof keptMax

const progressTable = 'progress'
const progressKey = 'projected'

type Weighed = Pick<DecisionRecord, 'input' | 'weighedAt'>

export interface MasterRecords {
  /** Index up to which the journal is in the store. */
  projected(): number
  /** The next ones that may be acted on. */
  project(records: readonly JournalRecord[]): void
  /** What a decision of this master was made from. */
  noteInput(decision: DecisionId, input: PlanInput, weighedAt: number): void
  find(id: string): MoveRecord | DecisionRecord | undefined
  /** Newest first. */
  decisions(limit: number): readonly DecisionSummary[]
}

/** @param also in the same transaction */
export function createMasterRecords(store: Store, also: (record: JournalRecord) => void = () => {}): MasterRecords {
  let projected = Number(store.get(progressTable, progressKey) ?? 0)

  function change(move: MoveId, next: (record: MoveRecord) => MoveRecord): void {
    const key = keyOf(numberOf(move))
    const record = store.get('moves', key) as MoveRecord | undefined
    if (record) store.put('moves', key, next(record))
  }

  function putNew(table: Table, id: string, record: unknown): void {
    store.put(table, keyOf(numberOf(id)), record)
    // Two: a store that held more shrinks to what is kept.
    for (const { key } of store.list(table, { limit: 2 }))
      if (key <= keyOf(numberOf(id) - keptMax[table])) store.delete(table, key)
  }

  function projectOne({ at, entry }: JournalRecord): void {
    if (entry.type === 'decision.made') {
      const { decision, decidedIndex, moves, wished, turnedDown, reasons } = decisionMade.parse(entry)
      const isActed = moves.length > 0
      const listed = [...moves, ...wished.map((one) => ({ ...one, move: null }))].map(
        ({ move, blade, from, to, cause, why }) => ({ move, blade, from, to, cause, why }),
      )
      const record = {
        kind: 'decision',
        decision,
        at,
        decidedIndex,
        isActed,
        moves: listed,
        turnedDown,
        reasons,
      } as const
      putNew('decisions', decision, record)
      for (const move of moves) putNew('moves', move.move, begun(move, decision))
      return
    }
    if (!entry.type.startsWith('move.')) return
    const parsed = moveEntry.parse(entry)
    switch (parsed.type) {
      case 'move.intent': {
        const { step, attempt, isRollback } = parsed
        const began: StepRecord = { step, attempt, isRollback, beganAt: at, endedAt: null, result: null }
        // A step that is taken up again after a takeover has begun already.
        const isIt = (one: StepRecord) => one.step === step && one.attempt === attempt && one.endedAt === null
        change(parsed.move, (record) =>
          record.steps.some(isIt) ? record : { ...record, steps: [...record.steps, began] },
        )
        break
      }
      case 'move.answered': {
        const { step, attempt, result } = parsed
        const said = result.outcome === 'failed' ? result.code : result.outcome
        const isIt = (one: StepRecord) => one.step === step && one.attempt === attempt && one.endedAt === null
        const end = (one: StepRecord) => (isIt(one) ? { ...one, endedAt: at, result: said } : one)
        change(parsed.move, (record) => ({ ...record, steps: record.steps.map(end) }))
        break
      }
      case 'move.ended': {
        const { outcome, trouble } = parsed
        const joinedAt = outcome === 'done' ? at : null
        change(parsed.move, (record) => ({ ...record, outcome, trouble, endedAt: at, joinedAt }))
        break
      }
      case 'move.rollback':
        break
      default:
        parsed satisfies never
    }
  }

  return {
    projected: () => projected,
    project(records) {
      const last = records.at(-1)
      if (last === undefined) return
      store.transaction(() => {
        for (const record of records) {
          projectOne(record)
          also(record)
        }
        store.put(progressTable, progressKey, last.index)
      })
      projected = last.index
    },
    noteInput(decision, input, weighedAt) {
      store.transaction(() => putNew('inputs', decision, { input, weighedAt }))
    },
    find(id) {
      const key = keyOf(numberOf(id))
      if (id.startsWith('mv-')) return store.get('moves', key) as MoveRecord | undefined
      const record = store.get('decisions', key) as Omit<DecisionRecord, keyof Weighed> | undefined
      const weighed = (store.get('inputs', key) ?? { input: null, weighedAt: null }) as Weighed
      return record && { ...record, ...weighed }
    },
    decisions(limit) {
      return store.list('decisions', { limit, reverse: true }).map(({ value }) => summaryOf(value as DecisionRecord))
    },
  }
}

function begun(
  { move, blade, from, fromRole, to, cause, decidedAt, why }: DecidedMove,
  decision: DecisionId,
): MoveRecord {
  const open = { joinedAt: null, endedAt: null, outcome: null, trouble: null, steps: [] }
  return { kind: 'move', move, decision, blade, from, fromRole, to, cause, decidedAt, why, ...open }
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
