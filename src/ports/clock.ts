/** Time. The only source of it in the core: the same clock drives a real process and a simulation. */
export interface Clock {
  /** Wall clock, ms since the epoch. May jump: use it for journals, never for deadlines. */
  now(): number
  /** Never goes back, ms from an arbitrary start: use it for deadlines and durations. */
  monotonic(): number
  /** Calls `fire` once, not before `delayMs` (≥ 0) have passed, never on the caller's stack. */
  setTimer(delayMs: number, fire: () => void): Timer
}

export interface Timer {
  /** After this, `fire` is never called. Harmless when it was. */
  cancel(): void
}
