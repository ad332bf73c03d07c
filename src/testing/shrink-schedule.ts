// Makes a failing schedule short: takes away ever smaller pieces of it, as long as what is left still fails (delta debugging), then
// shortens what lasts long. What begins after the violation had no part in it and goes first. Every try is a whole run, so the number
// of tries is bounded; whatever was reached by then fails too.
import type { Fault, FaultSchedule } from './fault.ts'

export interface ShrinkOptions {
  /** Default 150. */
  readonly triesMax?: number
  /** After each try: how many there were, and how many faults are left. */
  tried?(tries: number, left: number): void
}

/** @param failsAtMs when the run with these faults breaks a promise; undefined when it does not */
export function shrinkSchedule(
  faults: FaultSchedule,
  failedAtMs: number,
  failsAtMs: (faults: FaultSchedule) => number | undefined,
  { triesMax = 150, tried }: ShrinkOptions = {},
): FaultSchedule {
  let best = faults.filter(({ atMs }) => atMs <= failedAtMs)
  let tries = 0

  function isTaken(candidate: FaultSchedule): boolean {
    if (tries >= triesMax) return false
    tries += 1
    const atMs = failsAtMs(candidate)
    if (atMs !== undefined) best = candidate.filter((fault) => fault.atMs <= atMs)
    tried?.(tries, best.length)
    return atMs !== undefined
  }

  // Without those after the violation it may, by chance, not fail any more: they are then part of it.
  if (best.length < faults.length && !isTaken(best)) best = [...faults]
  for (let size = Math.ceil(best.length / 2); size >= 1 && tries < triesMax; ) {
    if (!dropOnePiece(size)) size = size === 1 ? 0 : Math.ceil(size / 2)
  }
  for (let index = 0; index < best.length; index += 1) shorten(index)
  return best

  /** False when no piece of this size can be missed. */
  function dropOnePiece(size: number): boolean {
    for (let from = 0; from < best.length; from += size)
      if (isTaken([...best.slice(0, from), ...best.slice(from + size)])) return true
    return false
  }

  function shorten(index: number): void {
    for (;;) {
      const fault = best[index]
      if (!fault || fault.forMs === null || fault.forMs < 200) return
      const shorter: Fault = { ...fault, forMs: Math.round(fault.forMs / 2) }
      if (!isTaken(best.with(index, shorter))) return
    }
  }
}
