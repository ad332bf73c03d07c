// Who holds which blade, by what the journal says was done (R33). Two meters:
//   allocated   from the first step that gives the blade to the account (boot pointers set, or, of a warm one, volumes attached) until it is
//               disconnected: an account pays neither for its blade's way out and scrub nor for what is kept warm for it
//   serving     from its join until its drain begins
// A blade that failed is nobody's from the decision that replaces or retires it.
import type { LedgerEntry } from './ledger-records.ts'

/** `shop/web/front` */
export type ItemKey = string

export interface Holding {
  readonly item: ItemKey
  readonly isServing: boolean
}

interface OpenMove {
  readonly blade: string
  /** Null to the pool, or warm. */
  readonly to: ItemKey | null
}

export interface HoldingsState {
  readonly blades: readonly (readonly [blade: string, item: ItemKey, isServing: boolean])[]
  readonly moves: readonly (readonly [move: string, blade: string, to: ItemKey | null])[]
}

export type Change = (blade: string, before: Holding | undefined, after: Holding | undefined) => void

/** Steps that give a blade away, and those after which it is nobody's. */
const givingSteps: ReadonlySet<string> = new Set(['setPointers', 'attachVolumes'])
const freeingSteps: ReadonlySet<string> = new Set(['disconnect', 'powerOff', 'scrub'])
const stoppingSteps: ReadonlySet<string> = new Set(['drain', 'unjoin', 'disconnect', 'powerOff'])

export class Holdings {
  private readonly blades: Map<string, Holding>
  private readonly moves: Map<string, OpenMove>
  private readonly change: Change

  constructor(state: HoldingsState, change: Change) {
    this.blades = new Map(state.blades.map(([blade, item, isServing]) => [blade, { item, isServing }]))
    this.moves = new Map(state.moves.map(([move, blade, to]) => [move, { blade, to }]))
    this.change = change
  }

  state(): HoldingsState {
    return {
      blades: [...this.blades].map(([blade, { item, isServing }]) => [blade, item, isServing] as const),
      moves: [...this.moves].map(([move, { blade, to }]) => [move, blade, to] as const),
    }
  }

  of(blade: string): Holding | undefined {
    return this.blades.get(blade)
  }

  all(): ReadonlyMap<string, Holding> {
    return this.blades
  }

  take(entry: LedgerEntry): void {
    switch (entry.type) {
      case 'decision.made':
        for (const { move, blade, to, cause } of entry.moves) {
          this.moves.set(move, { blade, to: to.kind === 'group' ? `${to.group}/${to.role}` : null })
          if (cause === 'retire' || cause === 'repair') this.set(blade, undefined)
        }
        break
      case 'move.intent':
        if (stoppingSteps.has(entry.step)) this.stopServing(this.moves.get(entry.move)?.blade)
        break
      case 'move.answered':
        if (entry.result.outcome === 'done') this.did(entry.step, this.moves.get(entry.move))
        break
      case 'move.ended': {
        const move = this.moves.get(entry.move)
        if (move !== undefined && entry.outcome !== 'done') this.set(move.blade, undefined)
        this.moves.delete(entry.move)
        break
      }
      case 'epoch.began':
        if (entry.lostAfter !== null) this.moves.clear()
        break
      case 'allocation.found': {
        const { blade, place } = entry
        this.set(blade, place === null ? undefined : { item: `${place.group}/${place.role}`, isServing: true })
        break
      }
      default:
        break
    }
  }

  private did(step: string, move: OpenMove | undefined): void {
    if (move === undefined) return
    const { blade, to } = move
    if (freeingSteps.has(step)) this.set(blade, undefined)
    else if (to !== null && givingSteps.has(step)) this.set(blade, { item: to, isServing: false })
    else if (to !== null && step === 'join') this.set(blade, { item: to, isServing: true })
  }

  private stopServing(blade: string | undefined): void {
    const held = blade === undefined ? undefined : this.blades.get(blade)
    if (blade !== undefined && held !== undefined) this.set(blade, { ...held, isServing: false })
  }

  private set(blade: string, after: Holding | undefined): void {
    const before = this.blades.get(blade)
    if (before?.item === after?.item && before?.isServing === after?.isServing) return
    if (after === undefined) this.blades.delete(blade)
    else this.blades.set(blade, after)
    this.change(blade, before, after)
  }
}
