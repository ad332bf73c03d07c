// The actor of one move: asks boards and groups for its steps, keeps the journal, and says what happened.
import { errorTable, InvariantError } from '../errors.ts'
import type { BladeEvent } from '../machines/blade-machine.ts'
import { type MoveContext, type MoveEvent, moveMachine } from '../machines/move-machine.ts'
import type { Random } from '../ports/random.ts'
import { formatAddress } from '../protocol/address.ts'
import type { BoardOperation, BoardResult, BoardStep, MoveStep } from '../protocol/board.ts'
import type { GroupId, NodeId } from '../protocol/ids.ts'
import type { Effects } from './effects.ts'
import { answeredEntry, endedEntry, intentEntry, type MoveOutcome, rollbackEntry } from './move-journal.ts'
import { bladePath, boardPath, groupPath } from './paths.ts'
import { type BookRole, bookBlade, bookRole, type SiteBook } from './site-book.ts'
import type { SitePicture } from './site-picture.ts'

export interface MoveParts {
  readonly book: SiteBook
  readonly picture: SitePicture
  /** For the jitter of retries. */
  readonly random: Random
  /** To be echoed by a command to a board of this agent (P11). */
  nonceOf(agent: NodeId): number
  /**
   * Of the newest durable record. The order of a command: between two commands to one board there is the record of the first, so it
   * rises; and a master whose journal ends below what a board obeyed has lost its memory.
   */
  journalIndex(): number
}

/** A question or an answer may be lost with a session; the same attempt is asked for again, and answered from its record. */
const askAgainMs = 1_000
const retryFirstMs = 100
const retryMaxMs = 5_000
/** What the agent needs to say that a boot took too long before its master stops waiting. */
const answerMarginMs = 500

export function implementMove(effects: Effects, { book, picture, random, nonceOf, journalIndex }: MoveParts) {
  function askGroup(context: MoveContext, step: 'drain' | 'unjoin', group: GroupId): void {
    const { move, blade, attempt } = context
    effects.send(groupPath(group), { type: `group.member.${step}`, move, blade, attempt }, { lane: 'control' })
  }

  function askJoin(context: MoveContext): void {
    const { move, blade, attempt, to, evidence } = context
    const receipt = evidence.receipt ?? picture.statusOf(blade)?.receipt ?? null
    const { identity, address } = evidence
    if (to.kind !== 'group' || identity === null || address === null) {
      fail(context, 'RECEIPT_MISSING', 'nothing proves what this blade booted and where it answers')
      return
    }
    const { bootId, imageDigest } = identity
    const proof = { role: to.role, address, bootId, imageDigest, receipt }
    effects.send(
      groupPath(to.group),
      { type: 'group.member.join', move, blade, attempt, ...proof },
      { lane: 'control' },
    )
  }

  /**
   * When its step begins a command gets the index that its intent is about to have, or a lower one; asked for again it gets that of what is
   * there by then, the intent included. So the next step's is always above both, whichever of them the board took.
   */
  function askBoard(context: MoveContext, step: BoardStep, isAgain: boolean): void {
    const { move, blade, attempt } = context
    const agent = bookBlade(book, blade)?.agent
    const operation = operationFor(context, step)
    if (agent === undefined || operation === undefined) {
      fail(context, 'BOARD_STEP_REFUSED', `${step} has no meaning for ${blade}`)
      return
    }
    const id = { move, step, attempt }
    const command = {
      type: 'board.command',
      id,
      order: { epoch: picture.epoch, index: journalIndex() + (isAgain ? 0 : 1) },
      nonce: nonceOf(agent),
      operation,
    } as const
    effects.send(formatAddress(book.site, agent, boardPath(blade)), command, { lane: 'control' })
  }

  function fail(context: MoveContext, code: keyof typeof errorTable, detail: string): void {
    const result: BoardResult = { outcome: 'failed', code, detail, retriable: false }
    const { move, attempt } = context
    effects.tell(effects.path, {
      type: 'move.step.answered',
      move,
      step: stepOf(context),
      attempt,
      result,
    } as MoveEvent)
  }

  function operationFor({ to }: MoveContext, step: BoardStep): BoardOperation | undefined {
    const role: BookRole | undefined = to.kind === 'cold' ? undefined : bookRole(book, to.group, to.role)
    switch (step) {
      case 'setPointers':
        return role && { step, pointers: role.pointers }
      case 'attachVolumes':
        return role && { step, group: role.pointers.group, volumes: [...role.volumes] }
      case 'connectNetwork':
        return role && { step, group: role.pointers.group, networks: [...role.networks] }
      case 'boot':
        return { step, withinMs: Math.max(1, book.deadlinesMs.boot - answerMarginMs) }
      default:
        return { step }
    }
  }

  return moveMachine.provide({
    actions: {
      journalIntent({ context }) {
        effects.journal(intentEntry(context))
        const { move, blade, attempt, rollingBack } = context
        const step = stepOf(context)
        effects.tell(bladePath(blade), { type: 'blade.step.began', move, step } as BladeEvent)
        effects.publish({
          type: 'move.step.began',
          at: effects.now,
          move,
          blade,
          step,
          attempt,
          isRollback: rollingBack,
        })
      },
      journalAnswer({ context, event }) {
        const result = resultOf(event)
        effects.journal(answeredEntry(context, result))
        const { move, blade, attempt, to } = context
        const step = stepOf(context)
        const said = result.outcome === 'failed' ? result.code : result.outcome
        effects.publish({ type: 'move.step.ended', at: effects.now, move, blade, step, attempt, to, result: said })
      },
      journalRollback({ context }) {
        effects.journal(rollbackEntry(context))
        const { move, blade, trouble } = context
        effects.publish({ type: 'move.rollback.began', at: effects.now, move, blade, trouble })
      },
      journalEnd({ context }) {
        effects.journal(endedEntry(context, outcomeOf(context)))
      },
      performStep({ context, event }) {
        const step = stepOf(context)
        const { from, to, evidence } = context
        if (step === 'join') askJoin(context)
        else if (step === 'drain' || step === 'unjoin') {
          // Once it was connected for its new group, that is the one that may list it.
          const isNew = to.kind === 'group' && (from === null || (evidence.address !== null && step === 'unjoin'))
          const group = isNew ? to.group : from
          if (group === null) fail(context, 'BOARD_STEP_REFUSED', `${step} without a group`)
          else askGroup(context, step, group)
        } else askBoard(context, step, event.type === 'move.ask.due')
      },
      startStepTimer({ context }) {
        const step = stepOf(context)
        const event = { type: 'move.step.timedOut', step, attempt: context.attempt } as MoveEvent
        effects.setTimer('step', book.deadlinesMs[step], event)
      },
      cancelStepTimer() {
        effects.cancelTimer('step')
      },
      startAskTimer() {
        effects.setTimer('ask', askAgainMs, { type: 'move.ask.due' })
      },
      startRetryTimer({ context }) {
        const waitMs = Math.min(retryMaxMs, retryFirstMs * 2 ** (context.attempt - 1))
        effects.setTimer('retry', waitMs * (0.75 + 0.5 * random.next()), { type: 'move.retry.due' })
      },
      reportEnd({ context }) {
        const { move, blade, from, to, cause, trouble, decidedAt } = context
        const outcome = outcomeOf(context)
        effects.tell(bladePath(blade), { type: 'blade.move.ended', move, outcome, to, reason: trouble } as BladeEvent)
        effects.publish({
          type: 'move.ended',
          at: effects.now,
          move,
          blade,
          from,
          to,
          cause,
          outcome,
          trouble,
          decidedAt,
        })
      },
    },
  })
}

function stepOf({ move, steps, index }: MoveContext): MoveStep {
  const step = steps[index]
  if (step === undefined) throw new InvariantError('INVARIANT_BROKEN', `step ${index} of ${steps.length}`, move)
  return step
}

function resultOf(event: MoveEvent): BoardResult {
  if (event.type === 'move.step.answered') return event.result
  return { outcome: 'failed', code: 'STEP_TIMED_OUT', detail: errorTable.STEP_TIMED_OUT.what, retriable: true }
}

function outcomeOf({ index, steps, rollingBack }: MoveContext): MoveOutcome {
  if (index < steps.length) return 'quarantined'
  return rollingBack ? 'rolledBack' : 'done'
}
