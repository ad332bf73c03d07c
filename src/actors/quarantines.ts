// Who is not trusted outlasts the leader that saw why: it follows the blades' cells at each tick and journals the changes, and the next
// one begins with what was journaled. What has come to be less than a tick before a crash is lost, and so are the failures that count
// towards a quarantine.
//
// A blade that flapped gets another chance, scrubbed as ever, after a time that doubles with each quarantine; one that was quarantined for
// something else, or because a scrub left data, waits for an operator.
import type { AnyMachineSnapshot } from 'xstate'
import { z } from 'zod'
import { type BladeContext, type BladeEvent, flapReason } from '../machines/blade-machine.ts'
import type { MoveEvent, MoveInput } from '../machines/move-machine.ts'
import { type BladeId, bladeId } from '../protocol/ids.ts'
import type { Effects, JournalEntry } from './effects.ts'
import { bladePath, movePath } from './paths.ts'

/** `why` not; null when it is again. */
export const bladeTrusted = z.object({
  type: z.literal('blade.trusted'),
  blade: bladeId,
  why: z.string().nullable(),
  times: z.number().int().nonnegative().default(0),
  until: z.number().nullable().default(null),
})

export interface Quarantine {
  /** Why it is not trusted; null when it is again. */
  readonly why: string | null
  /** How often in a row it flapped into quarantine. */
  readonly times: number
  /** When it gets another chance, or got it; null: when an operator says so. */
  readonly until: number | null
}

/** Blades in quarantine, and those that flapped before. */
export type Quarantines = Map<BladeId, Quarantine>

/** The first time out, doubling to `maxMs`; `forgetMs` after the last one it is counted anew. */
export interface QuarantineBackoff {
  readonly firstMs: number
  readonly maxMs: number
  readonly forgetMs: number
}

interface Cells {
  snapshot(path: string): AnyMachineSnapshot | undefined
}

export function noteTrust(quarantines: Quarantines, blade: BladeId, { why, times, until }: Quarantine): void {
  if (why === null && times === 0) quarantines.delete(blade)
  else quarantines.set(blade, { why, times, until })
}

export function noteQuarantines(
  effects: Effects,
  quarantines: Quarantines,
  blades: readonly { readonly blade: BladeId }[],
  cells: Cells,
  backoff: QuarantineBackoff,
): void {
  for (const { blade } of blades) {
    const why = whyDistrusted(blade, cells)
    const known = quarantines.get(blade)
    if (why === (known?.why ?? null)) {
      if (why === null || known === undefined || known.until === null || effects.now < known.until) continue
      // Its cell says at the next tick that it is trusted again.
      effects.tell(bladePath(blade), { type: 'blade.release' })
      effects.publish({ type: 'blade.released', at: effects.now, blade, times: known.times })
      continue
    }
    const next = why === null ? { ...trusted, ...known, why } : distrusted(why, known, effects.now, backoff)
    noteTrust(quarantines, blade, next)
    effects.journal({ type: 'blade.trusted', blade, ...next })
  }
}

const trusted: Quarantine = { why: null, times: 0, until: null }

function distrusted(why: string, before: Quarantine | undefined, now: number, backoff: QuarantineBackoff): Quarantine {
  const { times, until } = before ?? trusted
  if (why !== flapReason) return { why, times, until: null }
  const isForgotten = until === null || now - until > backoff.forgetMs
  const again = isForgotten ? 1 : times + 1
  return { why, times: again, until: now + Math.min(backoff.maxMs, backoff.firstMs * 2 ** (again - 1)) }
}

/** When the groups are back, and the moves that were under way: those of such blades are given up. */
export function resumeQuarantines(effects: Effects, quarantines: Quarantines, openMoves: readonly MoveInput[]): void {
  for (const [blade, { why }] of quarantines)
    if (why !== null) effects.tell(bladePath(blade), { type: 'blade.distrust', why, at: effects.now } as BladeEvent)
  for (const { blade, move } of openMoves) {
    const why = quarantines.get(blade)?.why
    if (why != null) effects.tell(movePath(move), { type: 'move.cancel', why } as MoveEvent)
  }
}

export function foldedQuarantines(quarantines: Quarantines): readonly JournalEntry[] {
  return [...quarantines].map(([blade, one]) => ({ type: 'blade.trusted', blade, ...one }))
}

function whyDistrusted(blade: BladeId, cells: Cells): string | null {
  const context = cells.snapshot(bladePath(blade))?.context as BladeContext | undefined
  return context?.quarantineReason ?? null
}
