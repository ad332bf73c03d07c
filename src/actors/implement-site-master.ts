import { holdingCap } from '../accounts/spend-guard.ts'
import { weigh } from '../decision/plan.ts'
import type { PlanInput } from '../decision/plan-input.ts'
import { emptyPlanMemory } from '../decision/plan-memory.ts'
import type { PlannedMove, PlanResult } from '../decision/plan-result.ts'
import type { BladeEvent } from '../machines/blade-machine.ts'
import type { MoveInput } from '../machines/move-machine.ts'
import { type SiteMasterContext, type SiteMasterEvent, siteMasterMachine } from '../machines/site-master-machine.ts'
import type { BladeId, DecisionId, MoveId } from '../protocol/ids.ts'
import type { Placement } from '../protocol/messages.ts'
import { adoptedMembers } from './adopted-members.ts'
import { priced } from './advised-prices.ts'
import { AgreedRoles } from './agreed-levels.ts'
import { type Agreed, noteAgreed, noteFileTerms } from './agreements.ts'
import { designateAll } from './designate.ts'
import type { Effects } from './effects.ts'
import { GroupLists } from './group-lists.ts'
import { noteInitialised } from './initialised-roles.ts'
import { noteSeat, withSeats } from './master-seats.ts'
import { heed } from './operator-words.ts'
import { bladePath, masterPath, movePath } from './paths.ts'
import { planInput } from './plan-picture.ts'
import { noteQuarantines, resumeQuarantines } from './quarantines.ts'
import { noteRedundancy } from './redundancy.ts'
import { noteFileRules } from './rule-versions.ts'
import { SiteLoans } from './site-loans.ts'
import type { SiteMasterParts } from './site-master-parts.ts'
import { brakeOf } from './site-memory.ts'
import { SiteUsage } from './site-usage.ts'
import { acceptLosses, noteBrake } from './storm-alarm.ts'

/** A decision that is checked and waits for the master's next event. */
export interface OperatorDecision {
  readonly input: PlanInput
  readonly moves: readonly (PlannedMove & { readonly move: MoveId })[]
}

export interface SiteMasterActor {
  readonly machine: ReturnType<typeof provideMachine>
  /** The picture as the next weighing would see it. */
  planInput(now: number): PlanInput
  /** The move's id; it is dispatched with the master's next event. */
  decide(input: PlanInput, planned: PlannedMove, now: number): { decision: DecisionId; move: MoveId }
  /** The move's cell is done; from now on only the blade's own cell says whether the blade is free. */
  moveEnded(blade: BladeId, move: MoveId): void
  /** Its number; it is written down with the master's next event. */
  agree(agreed: Agreed): number
}

const recoveryAgainMs = 20
/** From being decided to being known to its blade takes an fsync; this is far above. */
const reservedMs = 2_000
/** Boards that do not answer by then are adopted when they do. */
const recoveryMaxMs = 3_000

export function implementSiteMaster(effects: Effects, parts: SiteMasterParts): SiteMasterActor {
  const actor = new Leading(effects, parts)
  return {
    machine: provideMachine(effects, parts, actor),
    planInput: (now) => actor.picture(now),
    decide: (input, planned, now) => actor.decide(input, planned, now),
    moveEnded: (blade, move) => actor.moveEnded(blade, move),
    agree: (agreed) => actor.agree(agreed),
  }
}

function provideMachine(effects: Effects, parts: SiteMasterParts, actor: Leading) {
  const { book, pair } = parts

  /** Last of a flush: what was journaled before is durable then, here and with whoever may lead next. */
  function answer(request: number): void {
    effects.call('answer', () => parts.answered(request))
  }

  return siteMasterMachine.provide({
    actions: {
      campaign({ event }) {
        if (event.type !== 'master.lead') return
        const { releases, acceptsLoss } = event
        effects.call('campaign', () => pair.campaign(releases, acceptsLoss))
      },
      stopCampaign() {
        effects.call('stopCampaign', () => pair.letGo('it stands by'))
      },
      recover({ context }) {
        actor.recover(context)
      },
      cancelRecoveryTimer() {
        effects.cancelTimer('recovery')
      },
      weigh({ context }) {
        actor.weigh(context)
      },
      dispatch({ event }) {
        if (event.type !== 'master.dispatch') return
        const { decision, cordon, request } = event
        if (cordon !== null) heed(effects, parts.memory, 'cordon', cordon, true)
        actor.dispatchDecided(decision)
        answer(request)
      },
      operate({ context, event }) {
        if (event.type !== 'master.operate') return
        const { operation, subject, on, request } = event
        if (operation === 'unbrake') acceptLosses(effects, parts.memory, context)
        else heed(effects, parts.memory, operation, subject, on)
        answer(request)
      },
      agree({ event }) {
        if (event.type !== 'master.agree') return
        actor.noteAgreed(event.agreement)
        answer(event.request)
      },
      serveLoan({ event }) {
        if (event.type.startsWith('loan.')) actor.serveLoan(event as Parameters<Leading['serveLoan']>[0])
      },
      startTickTimer() {
        effects.setTimer('tick', book.tickMs, { type: 'master.tick.due' })
      },
      cancelTickTimer() {
        effects.cancelTimer('tick')
      },
      letGo({ context }) {
        effects.call('letGo', () => pair.letGo(context.why ?? 'it resigned'))
        actor.letGo()
      },
      reportState({ context: { epoch, why } }, params) {
        const { state } = params as { readonly state: string }
        effects.publish({ type: 'master.changed', at: effects.now, state, epoch, why })
      },
    },
  })
}

/** What a leadership does and remembers between its events. */
class Leading {
  private readonly effects: Effects
  private readonly parts: SiteMasterParts
  private readonly loans: SiteLoans
  private readonly lists: GroupLists
  private readonly usage: SiteUsage
  private readonly agreed = new AgreedRoles()
  private readonly agreements = new Map<number, Agreed>()
  private recoverySince: number | undefined
  private planMemory: SiteMasterContext['memory'] | undefined
  private readonly reserved = new Map<BladeId, Reservation>()
  private readonly decided = new Map<DecisionId, OperatorDecision>()
  /** Of the last record without moves: an unchanged shortage is recorded once. */
  private lastShortage = ''

  constructor(effects: Effects, parts: SiteMasterParts) {
    this.effects = effects
    this.parts = parts
    this.loans = new SiteLoans(effects, parts)
    this.lists = new GroupLists(effects, parts)
    this.usage = new SiteUsage(effects, parts)
  }

  // — recovering ——————————————————————————————————————————————————————————————————————————————

  recover(context: SiteMasterContext): void {
    const { effects, parts } = this
    const now = effects.now
    this.recoverySince ??= now
    const since = this.recoverySince
    parts.picture.epoch = context.epoch
    const isPolled = this.lists.poll(since) || now - since >= recoveryMaxMs
    if (isPolled && parts.pair.isSettled()) {
      this.adopt(context, since)
      return
    }
    effects.setTimer('recovery', recoveryAgainMs, { type: 'master.recovery.due' })
  }

  private adopt({ epoch }: SiteMasterContext, since: number): void {
    const { effects, parts } = this
    const { book, memory } = parts
    noteFileTerms(effects, book, memory)
    noteFileRules(effects, memory.rules, book.rules)
    const found = this.lists.found(since)
    this.loans.adopt(memory.lent)
    for (const { group } of book.groups) {
      const members = adoptedMembers(group, found)
      effects.spawn('groups', parts.groupCell({ group, epoch, members, held: memory.held.has(group) }))
    }
    for (const blade of memory.cordoned) effects.tell(bladePath(blade), { type: 'blade.cordon' })
    for (const input of memory.openMoves) this.start(input)
    resumeQuarantines(effects, memory.quarantines, memory.openMoves)
    effects.tell(masterPath, { type: 'master.recovered' })
    const brake = brakeOf(memory.storm, effects.now)
    effects.tell(masterPath, { type: 'master.weighed', memory: { ...emptyPlanMemory, brake } } as SiteMasterEvent)
    const members = found.statuses.filter(({ networks }) => networks.length > 0).length
    effects.publish({ type: 'master.recovered', at: effects.now, epoch, resumed: memory.openMoves.length, members })
  }

  letGo(): void {
    this.recoverySince = undefined
    this.reserved.clear()
    for (const prefix of ['moves/', 'groups/']) for (const path of this.parts.paths(prefix)) this.effects.stop(path)
  }

  // — weighing ————————————————————————————————————————————————————————————————————————————————

  picture(now: number): PlanInput {
    const { book, picture, snapshot, memory, journalIndex } = this.parts
    this.forgetSeen(now)
    const parts = {
      ...{ book, picture, snapshot, reserved: this.reserved, initialised: memory.initialised },
      levelsOf: (group: string, role: string) => this.agreed.levelsOf(memory.sla, group, role, now),
      capOf: (item: string, held: () => number) => holdingCap(this.parts.ledger, item, held, now) ?? null,
    }
    const context = snapshot(masterPath)?.context as SiteMasterContext
    const input = planInput(parts, this.planMemory ?? context.memory, journalIndex(), now)
    // What is lent is not the plan's to take.
    const blades = input.blades.map((blade) => (this.loans.isLent(blade.blade) ? { ...blade, base: true } : blade))
    return withSeats({ ...input, blades, stormRelease: memory.storm.release }, this.parts, now)
  }

  serveLoan(message: Parameters<SiteLoans['served']>[0]): void {
    const input = this.picture(this.effects.now)
    this.carryOut(input, this.loans.served(message, input))
  }

  /** Moves that somebody else decided, recorded as a decision of this master. */
  private carryOut(input: PlanInput, planned: readonly PlannedMove[]): void {
    if (planned.length === 0) return
    const { memory } = this.parts
    const moves = planned.map((one) => ({ ...one, move: memory.nextMove() }))
    this.decideOn(memory.nextDecision(), input, { turnedDown: [], reasons: [] }, moves)
  }

  weigh(context: SiteMasterContext): void {
    const { effects, parts } = this
    const now = effects.now
    const { peer } = parts.pair
    if (peer.peer !== null) noteRedundancy(effects, parts.memory, parts.pair.redundancy(), peer.silentMs())
    noteQuarantines(effects, parts.memory.quarantines, parts.book.blades, parts, parts.book.quarantine)
    if (!parts.pair.isBarrierOver()) return
    this.planMemory = context.memory
    const input = this.picture(now)
    noteInitialised(effects, parts, input)
    designateAll(effects, parts, input, now)
    this.lists.tidy()
    this.usage.tick(input, now)
    const result = weigh(input, now)
    effects.tell(masterPath, { type: 'master.weighed', memory: result.memory } as SiteMasterEvent)
    const taken = new Set(result.moves.map(({ blade }) => blade))
    const isStorm = result.memory.brake.since !== null
    if (this.isActing()) noteSeat(effects, parts.memory, result.seat)
    const isBrakeNews = noteBrake(effects, context.memory.brake, result)
    const loaned = this.loans
      .tick(input, isStorm ? null : result.turnedDown, now)
      .filter(({ blade }) => !taken.has(blade))
    this.carryOut(input, loaned)
    const isNews = isBrakeNews || result.seat !== null
    if (!this.isWorthRecording(result) && !isNews) return
    const { memory } = parts
    const acted = this.isActing() ? result.moves.map((planned) => ({ ...planned, move: memory.nextMove() })) : []
    this.decideOn(
      memory.nextDecision(),
      input,
      result,
      acted,
      this.isActing() ? [] : priced(result.moves, input, parts.ledger),
    )
  }

  private isActing(): boolean {
    return this.parts.book.automation === 'act'
  }

  private isWorthRecording(result: PlanResult): boolean {
    const shortage = JSON.stringify([
      this.isActing() ? [] : result.moves.map(({ blade, to }) => [blade, to]),
      result.turnedDown.map(({ group, role, count, reason }) => [group, role, count, reason.code]),
    ])
    const isNew = shortage !== this.lastShortage
    this.lastShortage = shortage
    return (this.isActing() && result.moves.length > 0) || (isNew && shortage !== '[[],[]]')
  }

  /** Moves and reasons are durable in one piece, before anything is done: a takeover loses no move of a decision. */
  private decideOn(
    decision: DecisionId,
    input: PlanInput,
    { turnedDown, reasons }: Pick<PlanResult, 'turnedDown' | 'reasons'>,
    acted: readonly (PlannedMove & { move: MoveId })[],
    advised: readonly PlannedMove[] = [],
  ): void {
    const { effects } = this
    const at = effects.now
    const moves = acted.map((one) => ({ ...one, attemptMax: this.parts.book.attemptMax, decidedAt: at }))
    const wished = advised.map(({ blade, from, fromRole, to, cause, why }) => ({
      blade,
      from,
      fromRole,
      to,
      cause,
      why,
    }))
    const { decidedIndex } = input
    effects.journal({ type: 'decision.made', decision, decidedIndex, moves, wished, turnedDown, reasons })
    const all = [...moves, ...advised.map((one) => ({ ...one, move: null }))]
    effects.publish({
      type: 'decision.made',
      at,
      decision,
      isActed: moves.length > 0,
      moves: all,
      turnedDown,
      reasons,
      input,
    })
    for (const { why: _why, ...move } of moves) this.start(move)
  }

  // — dispatching —————————————————————————————————————————————————————————————————————————————

  decide(input: PlanInput, planned: PlannedMove, now: number): { decision: DecisionId; move: MoveId } {
    const decision = this.parts.memory.nextDecision()
    const move = this.parts.memory.nextMove()
    this.decided.set(decision, { input, moves: [{ ...planned, move }] })
    this.reserved.set(planned.blade, { move, to: planned.to, at: now })
    return { decision, move }
  }

  agree(agreed: Agreed): number {
    const number = this.agreements.size + 1
    this.agreements.set(number, agreed)
    return number
  }

  noteAgreed(number: number): void {
    const agreed = this.agreements.get(number)
    if (agreed !== undefined) noteAgreed(this.effects, this.parts.memory, agreed)
  }

  moveEnded(blade: BladeId, move: MoveId): void {
    if (this.reserved.get(blade)?.move === move) this.reserved.delete(blade)
  }

  dispatchDecided(decision: DecisionId): void {
    const made = this.decided.get(decision)
    this.decided.delete(decision)
    if (made === undefined) return
    this.decideOn(decision, made.input, { turnedDown: [], reasons: made.moves[0]?.why ?? [] }, made.moves)
  }

  private start(input: MoveInput): void {
    const { move, blade, to } = input
    this.reserved.set(blade, { move, to, at: this.effects.now })
    this.effects.tell(bladePath(blade), { type: 'blade.move.began', move, to } as BladeEvent)
    this.effects.spawn('moves', this.parts.moveCell(input))
  }

  /** A reservation bridges the time until the blade's own cell knows of its move; from then on that is what counts. */
  private forgetSeen(now: number): void {
    for (const [blade, { move, at }] of this.reserved) {
      const isSeen = this.parts.snapshot(bladePath(blade))?.context.move === move
      const isOver = now - at >= reservedMs && this.parts.snapshot(movePath(move)) === undefined
      if (isSeen || isOver) this.reserved.delete(blade)
    }
  }
}

interface Reservation {
  readonly move: MoveId
  readonly to: Placement
  readonly at: number
}
