// Who is not trusted outlasts the leader that saw why: it follows the blades' cells at each tick and journals the changes, and the next
// one begins with what was journaled. What has come to be less than a tick before a crash is lost, and so are the failures that count
// towards a quarantine.
import type { AnyMachineSnapshot } from 'xstate'
import { z } from 'zod'
import type { BladeContext, BladeEvent } from '../machines/blade-machine.ts'
import type { MoveEvent, MoveInput } from '../machines/move-machine.ts'
import { type BladeId, bladeId } from '../protocol/ids.ts'
import type { Effects, JournalEntry } from './effects.ts'
import { bladePath, movePath } from './paths.ts'

/** `why` not; null when it is again. */
export const bladeTrusted = z.object({ type: z.literal('blade.trusted'), blade: bladeId, why: z.string().nullable() })

/** Blades in quarantine, and why. */
export type Quarantines = Map<BladeId, string>

interface Cells {
  snapshot(path: string): AnyMachineSnapshot | undefined
}

export function noteTrust(quarantines: Quarantines, blade: BladeId, why: string | null): void {
  if (why === null) quarantines.delete(blade)
  else quarantines.set(blade, why)
}

export function noteQuarantines(
  effects: Effects,
  quarantines: Quarantines,
  blades: readonly { readonly blade: BladeId }[],
  cells: Cells,
): void {
  for (const { blade } of blades) {
    const why = whyDistrusted(blade, cells)
    if (why === (quarantines.get(blade) ?? null)) continue
    noteTrust(quarantines, blade, why)
    effects.journal({ type: 'blade.trusted', blade, why })
  }
}

/** When the groups are back, and the moves that were under way: those of such blades are given up. */
export function resumeQuarantines(effects: Effects, quarantines: Quarantines, openMoves: readonly MoveInput[]): void {
  for (const [blade, why] of quarantines)
    effects.tell(bladePath(blade), { type: 'blade.distrust', why, at: effects.now } as BladeEvent)
  for (const { blade, move } of openMoves) {
    const why = quarantines.get(blade)
    if (why !== undefined) effects.tell(movePath(move), { type: 'move.cancel', why } as MoveEvent)
  }
}

export function foldedQuarantines(quarantines: Quarantines): readonly JournalEntry[] {
  return [...quarantines].map(([blade, why]) => ({ type: 'blade.trusted', blade, why }))
}

function whyDistrusted(blade: BladeId, cells: Cells): string | null {
  const context = cells.snapshot(bladePath(blade))?.context as BladeContext | undefined
  return context?.quarantineReason ?? null
}
