// What a site master knows of the other one from its signs of life, and when it misses a leader. Suspicion is cheap: the boards refuse
// whoever asks too early, so a short silence is enough.
import type { Clock } from '../ports/clock.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { PairState } from '../protocol/pair.ts'

/** Signs of life go to the peer this often… */
export const beatMs = 100
/** …and a leader that is silent for so long is suspected. */
const suspectMs = 350
/** A master that has heard no leader since its start waits so long for one; by parity: the second longer than the first. */
const coldStartMs = [2_000, 300] as const

export class PeerWatch {
  private readonly clock: Clock
  private readonly parity: 0 | 1
  readonly peer: NodeId | null
  private readonly startedAt: number
  private life: number | undefined
  private state: PairState | undefined
  /** The epoch in which that life led last. */
  private ledEpoch = 0
  private heardAt = Number.NEGATIVE_INFINITY
  /** Why it ended, by its own last word. */
  private trouble: string | null = null
  private pausedUntil = Number.NEGATIVE_INFINITY

  /** @param peer null for a site master that is alone by configuration */
  constructor(peer: NodeId | null, parity: 0 | 1, clock: Clock) {
    this.peer = peer
    this.parity = parity
    this.clock = clock
    this.startedAt = clock.monotonic()
  }

  linkUp(life: number): void {
    if (life !== this.life) this.ledEpoch = 0
    this.life = life
    this.state = undefined
  }

  /** @returns the epoch that it has just let go; 0 when it has not */
  heard(state: PairState): number {
    const isNews = state.released > 0 && state.released === this.ledEpoch
    if (state.stage !== 'standby') this.ledEpoch = state.epoch
    else if (isNews) {
      // That life ends now: it will not follow.
      this.ledEpoch = 0
      this.life = undefined
    }
    this.trouble = state.trouble
    this.state = state
    this.heardAt = this.clock.monotonic()
    return isNews ? state.released : 0
  }

  /** @returns the epoch whose lease nobody holds any more; 0 when it held none, null when another life is meant */
  exited(life: number): number | null {
    if (life !== this.life) return null
    const epoch = this.ledEpoch
    this.life = undefined
    this.ledEpoch = 0
    this.state = undefined
    return epoch
  }

  isLeading(): boolean {
    return this.isHeard() && this.state?.stage === 'leading'
  }

  lastTrouble(): string | null {
    return this.trouble
  }

  isHeard(): boolean {
    return this.life !== undefined && this.clock.monotonic() - this.heardAt <= suspectMs
  }

  /** Since its last sign of life; infinite when there was none. */
  silentMs(): number {
    return this.clock.monotonic() - this.heardAt
  }

  /** No leader is missed for so long, whatever is heard. */
  pause(ms: number): void {
    this.pausedUntil = this.clock.monotonic() + ms
  }

  isLeaderMissed(): boolean {
    const now = this.clock.monotonic()
    if (now < this.pausedUntil) return false
    if (this.peer === null) return true
    if (this.state?.stage === 'leading') return now - this.heardAt > suspectMs
    return now - this.startedAt > coldStartMs[this.parity]
  }
}
