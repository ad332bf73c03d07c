// A site's side of loans between sites (R50). As borrower: a role that has been turned down for a while is asked for at the global
// coordinator, and given back when it is short no longer. As lender: a group of another site, whose images and data are here too, is
// served with blades of our own pool until they are wanted back; then they are drained and scrubbed like any other.
import type { PlanInput } from '../decision/plan-input.ts'
import type { PlannedMove, TurnedDown } from '../decision/plan-result.ts'
import { rollbackSteps, stepsOf } from '../decision/steps.ts'
import type { Address } from '../protocol/address.ts'
import type { BladeId, GroupId, RoleId } from '../protocol/ids.ts'
import type { MessageOf, Placement } from '../protocol/messages.ts'
import type { Effects } from './effects.ts'
import type { SiteBook } from './site-book.ts'

type LoanMessage =
  | MessageOf<'loan.lend'>
  | MessageOf<'loan.lent'>
  | MessageOf<'loan.refused'>
  | MessageOf<'loan.return'>
  | MessageOf<'loan.returned'>

interface Borrowed {
  readonly loan: string
  readonly group: GroupId
  readonly role: RoleId
  readonly count: number
  readonly state: 'asked' | 'lent' | 'returning'
  /** When it was asked for, or last needed. */
  readonly at: number
}

export interface Lent {
  readonly loan: string
  readonly group: GroupId
  readonly role: RoleId
  readonly blades: readonly BladeId[]
  readonly isReturning: boolean
}

/** A shortage must last so long before another site is asked… */
const borrowAfterMs = 2_000
/** …and be over for so long before its blades are given back. */
const returnAfterMs = 5_000
const reportEveryMs = 1_000
/** A loan that was refused or returned is not asked for again at once. */
const askAgainMs = 10_000

export interface SiteLoansParts {
  readonly book: SiteBook
  /** Null without a global coordinator. */
  readonly coordinator: Address | null
}

export class SiteLoans {
  private readonly effects: Effects
  private readonly parts: SiteLoansParts
  private reportedAt = Number.NEGATIVE_INFINITY
  private numbered = 0
  private readonly shortSince = new Map<string, number>()
  private readonly borrowed = new Map<string, Borrowed>()
  private readonly lent = new Map<string, Lent>()
  private readonly refusedAt = new Map<string, number>()

  constructor(effects: Effects, parts: SiteLoansParts) {
    this.effects = effects
    this.parts = parts
  }

  /** What was lent by whoever led before. */
  adopt(lent: readonly Lent[]): void {
    for (const loan of lent) this.lent.set(loan.loan, loan)
  }

  /** Blades that serve another site's group: the plan leaves them there. */
  isLent(blade: BladeId): boolean {
    return [...this.lent.values()].some(({ blades }) => blades.includes(blade))
  }

  /**
   * At each tick: what the plan could not give is asked for elsewhere, what is back is told. Returns moves to dispatch.
   * @param turnedDown null in a storm: nothing is asked for and nothing is given back.
   */
  tick(input: PlanInput, turnedDown: readonly TurnedDown[] | null, now: number): PlannedMove[] {
    if (this.parts.coordinator === null) return []
    this.report(input, now)
    if (turnedDown === null) return []
    this.borrow(turnedDown, now)
    return this.giveBack(input)
  }

  /** What the coordinator says. Returns moves to dispatch. */
  served(message: LoanMessage, input: PlanInput): PlannedMove[] {
    switch (message.type) {
      case 'loan.lend':
        return this.lend(message, input)
      case 'loan.return': {
        const lent = this.lent.get(message.loan)
        if (lent) this.remember({ ...lent, isReturning: true })
        // Of what it never lent it has everything back.
        else this.say({ type: 'loan.returned', loan: message.loan, site: this.parts.book.site, blades: [] })
        return []
      }
      case 'loan.lent': {
        const loan = this.borrowed.get(message.loan)
        if (loan?.state === 'asked') this.borrowed.set(message.loan, { ...loan, state: 'lent', at: this.effects.now })
        this.effects.publish({ at: this.effects.now, ...message })
        return []
      }
      case 'loan.refused':
      case 'loan.returned': {
        const loan = this.borrowed.get(message.loan)
        if (loan) this.refusedAt.set(keyOf(loan), this.effects.now)
        this.borrowed.delete(message.loan)
        this.effects.publish({ at: this.effects.now, ...message })
        return []
      }
      default:
        return message satisfies never
    }
  }

  // — borrower ————————————————————————————————————————————————————————————————————————————————

  private borrow(turnedDown: readonly TurnedDown[], now: number): void {
    const short = new Set(turnedDown.map(keyOf))
    for (const key of this.shortSince.keys()) if (!short.has(key)) this.shortSince.delete(key)
    for (const wanted of turnedDown) {
      const key = keyOf(wanted)
      const since = this.shortSince.get(key) ?? now
      this.shortSince.set(key, since)
      const isKnown = [...this.borrowed.values()].some((loan) => keyOf(loan) === key)
      const isTooSoon = now - (this.refusedAt.get(key) ?? Number.NEGATIVE_INFINITY) < askAgainMs
      if (now - since >= borrowAfterMs && !isKnown && !isTooSoon) this.ask(wanted, now)
    }
    for (const loan of this.borrowed.values()) {
      if (short.has(keyOf(loan))) this.borrowed.set(loan.loan, { ...loan, at: now })
      else if (loan.state === 'lent' && now - loan.at >= returnAfterMs) {
        this.borrowed.set(loan.loan, { ...loan, state: 'returning' })
        this.say({ type: 'loan.return', loan: loan.loan })
      }
    }
  }

  private ask({ group, role, count }: TurnedDown, now: number): void {
    const { site } = this.parts.book
    this.numbered += 1
    const loan = `${site}-${Math.floor(now)}-${this.numbered}`
    this.borrowed.set(loan, { loan, group, role, count, state: 'asked', at: now })
    this.say({ type: 'loan.request', loan, site, group, role, count })
    this.effects.publish({ type: 'loan.requested', at: now, loan, group, role, count })
  }

  // — lender ——————————————————————————————————————————————————————————————————————————————————

  private report(input: PlanInput, now: number): void {
    if (now - this.reportedAt < reportEveryMs) return
    this.reportedAt = now
    const { site, longitude, groups } = this.parts.book
    const names = groups.map(({ group }) => group)
    this.say({ type: 'site.reported', site, longitude, spare: spareOf(input).length, groups: names })
  }

  private lend({ loan, group, role, count }: MessageOf<'loan.lend'>, input: PlanInput): PlannedMove[] {
    const { site, groups } = this.parts.book
    const known = this.lent.get(loan)
    const isOurs = groups.some((one) => one.group === group && one.roles.some(({ role: name }) => name === role))
    const isStorm = input.memory.brake.since !== null
    const spare = known || !isOurs || isStorm ? [] : spareOf(input).slice(0, count)
    if (known) this.say({ type: 'loan.lent', loan, site, blades: [...known.blades] })
    else if (spare.length === 0) {
      const free = isStorm ? 'too much looks lost here' : 'no blade is free any more'
      const text = isOurs ? free : `${group} has no images and data here`
      this.say({ type: 'loan.refused', loan, reasons: [{ code: 'NOTHING_SPARE', text, numbers: {} }] })
    } else {
      const blades = spare.map(({ blade }) => blade)
      this.remember({ loan, group, role, blades, isReturning: false })
      this.say({ type: 'loan.lent', loan, site, blades })
    }
    return spare.map((blade) => moveOf(blade, { kind: 'group', group, role }, `${loan}: another site borrows it`))
  }

  /** Durable before it is told: a lent blade is not forgotten with the master that lent it. */
  private remember(lent: Lent): void {
    this.lent.set(lent.loan, lent)
    this.effects.journal({ type: 'loan.kept', ...lent })
  }

  private giveBack(input: PlanInput): PlannedMove[] {
    const moves: PlannedMove[] = []
    for (const lent of this.lent.values()) {
      if (!lent.isReturning) continue
      const still = input.blades.filter(({ blade, inMove, lifecycle }) => {
        return lent.blades.includes(blade) && (inMove !== null || lifecycle !== 'cold')
      })
      if (still.length === 0) {
        this.lent.delete(lent.loan)
        this.effects.journal({ type: 'loan.closed', loan: lent.loan })
        this.say({ type: 'loan.returned', loan: lent.loan, site: this.parts.book.site, blades: [...lent.blades] })
        continue
      }
      const free = still.filter(
        ({ inMove, reachable, lifecycle }) => inMove === null && reachable && lifecycle !== 'quarantined',
      )
      moves.push(...free.map((blade) => moveOf(blade, { kind: 'cold' }, `${lent.loan}: it is given back`)))
    }
    return moves
  }

  private say(message: Parameters<Effects['send']>[1]): void {
    if (this.parts.coordinator !== null) this.effects.send(this.parts.coordinator, message)
  }
}

/** Cold, clean and in nobody's hands. */
function spareOf(input: PlanInput): PlanInput['blades'] {
  return input.blades.filter(
    ({ lifecycle, inMove, cordoned, reachable, carries = null }) =>
      lifecycle === 'cold' && inMove === null && !cordoned && reachable && carries === null,
  )
}

function moveOf(blade: PlanInput['blades'][number], to: Placement, text: string): PlannedMove {
  const { group, role, lifecycle, hasReceipt } = blade
  const steps = {
    from: group === null ? 'cold' : 'group',
    group,
    role,
    to,
    hasReceipt,
    lost: lifecycle === 'failed',
  } as const
  return {
    blade: blade.blade,
    from: group,
    fromRole: role,
    to,
    cause: 'loan',
    steps: stepsOf(steps),
    rollback: rollbackSteps(steps),
    why: [{ code: 'LOAN', text, numbers: {} }],
  }
}

function keyOf({ group, role }: { readonly group: GroupId; readonly role: RoleId }): string {
  return `${group}/${role}`
}
