// What operators ask of a site master. What changes something is answered when it is in the journal, here and with whoever may lead
// next: the master's own cell says so, as the last effect of the event that did it. What is refused, or only looked at, is answered at once.
// A command that is repeated, because its answer was lost, finds what it did the first time and does nothing else.

import type { Agreed } from '../actors/agreements.ts'
import type { PublicEvent } from '../actors/effects.ts'
import type { SiteMasterActor } from '../actors/implement-site-master.ts'
import type { MasterPair } from '../actors/master-pair.ts'
import { bladePath, masterPath } from '../actors/paths.ts'
import { type BookGroup, bookBlade, bookGroup } from '../actors/site-book.ts'
import type { SiteMemory } from '../actors/site-memory.ts'
import { checkOperatorMove } from '../decision/operator-move.ts'
import type { ErrorCode } from '../errors.ts'
import type { MoveContext } from '../machines/move-machine.ts'
import type { OperatorWord, SiteMasterContext, SiteMasterEvent } from '../machines/site-master-machine.ts'
import type { Answer, Result } from '../ports/result.ts'
import type { BladeId, RoleId } from '../protocol/ids.ts'
import type { Placement } from '../protocol/messages.ts'
import { createAccountControl } from './account-control.ts'
import type { AccountRecords } from './account-records.ts'
import type { FarmControl, FarmEvent, MasterRole, MoveAnswer } from './farm-control.ts'
import { brakeOf, type MasterStatusParts, statusOf } from './master-status.ts'
import { createPendingAnswers } from './pending-answers.ts'

export interface MasterControlParts extends MasterStatusParts {
  readonly leading: SiteMasterActor
  readonly accounts: AccountRecords
  readonly memory: SiteMemory
  readonly pair: Pick<MasterPair, 'redundancy' | 'isBarred' | 'isLeading' | 'voters' | 'peer' | 'hasAcceptedLoss'>
  readonly listeners: Set<(event: PublicEvent) => void>
}

export interface MasterControl extends FarmControl {
  /** What a request asked is committed. */
  answered(request: number): void
  /** The master's machine is in this state from now on. */
  changed(state: string): void
  /** It will not know of anything that waits. */
  lost(why: string): void
}

interface DispatchHow {
  readonly isDry: boolean
  /** Its blade, in the same breath. */
  readonly cordons: boolean
}

type Refusal = Extract<Result<never>, { ok: false }>

export function createMasterControl(parts: MasterControlParts): MasterControl {
  const { system, book, leading, records, listeners, options, pair } = parts
  const { clock } = options.ports
  const pending = createPendingAnswers(clock)
  /** Answered by a state of the master, not by a record. */
  const handovers = new Set<number>()
  const adoptions = new Set<number>()

  const state = () => String(system.snapshot(masterPath)?.value ?? 'starting')
  const tellMaster = (event: SiteMasterEvent) => system.tell(masterPath, event)

  function refusal(blade?: BladeId): Refusal | undefined {
    if (state() !== 'leading') return no('NOT_LEADING', `${options.node} is ${state()}`)
    if (blade !== undefined && !bookBlade(book, blade)) return no('BLADE_UNKNOWN', blade)
    return undefined
  }

  function operate(operation: OperatorWord, subject: string, on: boolean, answer: Answer<void>): void {
    const request = pending.ask(answer, () => undefined)
    tellMaster({ type: 'master.operate', operation, subject, on, request })
  }

  function role(): MasterRole {
    const context = system.snapshot(masterPath)?.context as SiteMasterContext | undefined
    return { node: options.node, state: state(), epoch: context?.epoch ?? 0, holdsLease: pair.isLeading() }
  }

  function lose(why: string): void {
    if (state() === 'resigned') for (const request of handovers) pending.done(request)
    pending.lose(why)
  }

  // — moves ———————————————————————————————————————————————————————————————————————————————————

  function dispatch(blade: BladeId, to: Placement, how: DispatchHow, answer: Answer<MoveAnswer>): void {
    const now = clock.now()
    const input = leading.planInput(now)
    const known = how.isDry ? undefined : underWay(blade, to)
    const checked = checkOperatorMove(input, blade, to, now)
    if (known !== undefined) settle(blade, known, how, answer)
    else if (!checked.ok) answer(checked)
    else if (how.isDry || checked.move.steps.length === 0)
      settle(blade, { ...checked.move, warnings: checked.warnings, move: null }, how, answer)
    else {
      const { decision, move } = leading.decide(input, checked.move, now)
      const request = pending.ask(answer, () => ({ ...checked.move, warnings: checked.warnings, move }))
      tellMaster({ type: 'master.dispatch', decision, cordon: how.cordons ? blade : null, request })
    }
  }

  /** There is nothing to move. */
  function settle(
    blade: BladeId,
    value: MoveAnswer,
    { isDry, cordons }: DispatchHow,
    answer: Answer<MoveAnswer>,
  ): void {
    if (isDry || !cordons) answer({ ok: true, value })
    else operate('cordon', blade, true, (done) => answer(done.ok ? { ok: true, value } : done))
  }

  /** An operator's move of this blade to this place: its cell exists once its decision is committed. */
  function underWay(blade: BladeId, to: Placement): MoveAnswer | undefined {
    for (const path of system.paths('moves/')) {
      const context = system.snapshot(path)?.context as MoveContext | undefined
      if (context?.blade !== blade || context.cause !== 'operator' || context.rollingBack) continue
      if (!isSamePlace(context.to, to)) continue
      const { move, from, cause, steps, rollback } = context
      const record = records.find(move)
      const why = record?.kind === 'move' ? record.why : []
      return { move, blade, from, to, cause, steps, rollback, why, warnings: [`it is under way as ${move} already`] }
    }
    return undefined
  }

  function agree(agreed: Agreed, answer: Answer<void>): void {
    const request = pending.ask(answer, () => undefined)
    tellMaster({ type: 'master.agree', agreement: leading.agree(agreed), request })
  }
  const accountParts = {
    ...{ book, accounts: parts.accounts, clock },
    get memory() {
      return parts.memory
    },
  }

  return {
    ...createAccountControl(accountParts, refusal, agree),
    role,
    status: () => statusOf(parts, state()),
    explain(id) {
      const record = records.find(id)
      return record ? { ok: true, value: record } : no('RECORD_UNKNOWN', id)
    },
    move(blade, group, { role: wanted, dryRun = false }, answer) {
      const refused = refusal(blade)
      if (refused) return answer(refused)
      const found = bookGroup(book, group)
      if (!found)
        return answer(no('GROUP_UNKNOWN', `${group}; there are ${book.groups.map((one) => one.group).join(', ')}`))
      const chosen = roleIn(found, wanted)
      if (!chosen.ok) return answer(chosen)
      dispatch(blade, { kind: 'group', group, role: chosen.value }, { isDry: dryRun, cordons: false }, answer)
    },
    drain(blade, { dryRun = false }, answer) {
      const refused = refusal(blade)
      if (refused) return answer(refused)
      dispatch(blade, { kind: 'cold' }, { isDry: dryRun, cordons: true }, answer)
    },
    cordon(blade, on, answer) {
      const refused = refusal(blade)
      if (refused) answer(refused)
      else operate('cordon', blade, on, answer)
    },
    release(blade, answer) {
      const lifecycle = system.snapshot(bladePath(blade))?.value
      const refused = refusal(blade)
      if (refused) answer(refused)
      else if (lifecycle === 'quarantined') operate('release', blade, true, answer)
      else answer(no('BLADE_UNSUITABLE', `${blade} is ${String(lifecycle)}, not quarantined`))
    },
    hold(group, on, answer) {
      const refused = refusal()
      if (refused) answer(refused)
      else if (bookGroup(book, group)) operate('hold', group, on, answer)
      else answer(no('GROUP_UNKNOWN', group))
    },
    unbrake(answer) {
      const refused = refusal()
      if (refused) return answer(refused)
      const lost = brakeOf(system)?.lost ?? []
      if (lost.length === 0) return answer(no('NO_STORM', `${options.node} replaces what is lost`))
      operate('unbrake', book.site, false, (done) => answer(done.ok ? { ok: true, value: { lost } } : done))
    },
    handover({ epoch }, answer) {
      const refused = refusal()
      if (refused) return answer(refused)
      const now = role()
      // Repeated: the one that led in that epoch has let go.
      if (epoch !== undefined && epoch < now.epoch) return answer({ ok: true, value: now })
      if (epoch !== undefined && epoch > now.epoch)
        return answer(no('NOT_LEADING', `${options.node} leads in epoch ${now.epoch}`))
      if (pair.redundancy() !== 'paired') return answer(no('NOT_PAIRED', `${options.node} is ${pair.redundancy()}`))
      handovers.add(pending.ask(answer, role))
      tellMaster({ type: 'master.resign', why: 'it handed over' })
    },
    adopt(answer) {
      // Repeated: it did.
      if (state() === 'leading' && pair.hasAcceptedLoss()) return answer({ ok: true, value: role() })
      if (!pair.isBarred()) return answer(no('LOSS_NOT_NEEDED', `${options.node} is ${state()}`))
      adoptions.add(pending.ask(answer, role))
      tellMaster({ type: 'master.lead', releases: 0, acceptsLoss: true })
    },
    subscribe(listener) {
      const hear = (event: PublicEvent) => {
        const { input: _input, ...rest } = event
        listener({ at: clock.now(), ...rest } as FarmEvent)
      }
      listeners.add(hear)
      return () => listeners.delete(hear)
    },
    answered: pending.done,
    changed(now) {
      if (now === 'leading') for (const request of adoptions) pending.done(request)
      if (now === 'resigned' || now === 'standby') lose(`${options.node} is ${now}`)
    },
    lost: lose,
  }
}

function roleIn({ group, roles }: BookGroup, wanted: RoleId | undefined): Result<RoleId> {
  const [only, ...others] = roles
  const chosen = wanted ?? (others.length === 0 ? only?.role : undefined)
  if (chosen !== undefined) return { ok: true, value: chosen }
  return no('GROUP_UNKNOWN', `${group} has several roles: say which of ${roles.map(({ role }) => role).join(', ')}`)
}

function isSamePlace(one: Placement, other: Placement): boolean {
  if (one.kind === 'cold' || other.kind === 'cold') return one.kind === other.kind
  return one.kind === other.kind && one.group === other.group && one.role === other.role
}

function no(code: ErrorCode, detail: string): Refusal {
  return { ok: false, code, detail }
}
