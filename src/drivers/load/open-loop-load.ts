// Open-loop load: requests fall due by a Poisson process, whether or not earlier ones have been answered, as many independent people
// would send them. Latency counts from the moment a request was *due*: when this process, its connections or the balancer lag behind,
// the wait is part of the answer's time (a closed loop would politely send less and measure a fine latency of nothing).
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import { emptyHistogram, recordLatency } from '../../protocol/latency-histogram.ts'
import type { MessageOf } from '../../protocol/messages.ts'

export interface OpenLoopLoad {
  /** From now on; 0 stops. False for an unknown account or a rate that is none. */
  setRate(account: string, ratePerSecond: number): boolean
  /** Totals since the start, so that a lost report loses nothing. Latency is that of the requests answered `ok`. */
  report(): MessageOf<'load.report'>
  /** Sends nothing more. Requests in flight still count. */
  stop(): void
}

export interface OpenLoopParts {
  readonly clock: Clock
  readonly random: Random
  readonly accounts: readonly { readonly account: string; readonly ratePerSecond: number }[]
  /** Finishes exactly once. */
  submit(account: string, finished: (outcome: 'ok' | 'refused' | 'failed') => void): void
}

type AccountTotals = MessageOf<'load.report'>['accounts'][number]

interface Arrivals {
  readonly totals: AccountTotals
  setRate(ratePerSecond: number): void
}

/** A due time this near counts as reached: the sum of a time and a difference of times need not be the time meant. */
const nearMs = 0.001

export function createOpenLoopLoad(parts: OpenLoopParts): OpenLoopLoad {
  const accounts = new Map(
    parts.accounts.map(({ account }) => [account, createArrivals(parts, account, parts.random.fork(account))]),
  )

  function setRate(account: string, ratePerSecond: number): boolean {
    const arrivals = accounts.get(account)
    if (!arrivals || !Number.isFinite(ratePerSecond) || ratePerSecond < 0) return false
    arrivals.setRate(ratePerSecond)
    return true
  }

  for (const { account, ratePerSecond } of parts.accounts) setRate(account, ratePerSecond)
  return {
    setRate,
    report: () => ({
      type: 'load.report',
      at: parts.clock.now(),
      accounts: [...accounts.values()].map(({ totals }) => structuredClone(totals)),
    }),
    stop() {
      for (const arrivals of accounts.values()) arrivals.setRate(0)
    },
  }
}

function createArrivals({ clock, submit }: OpenLoopParts, account: string, random: Random): Arrivals {
  const totals = { account, ratePerSecond: 0, sent: 0, ok: 0, failed: 0, refused: 0, latency: emptyHistogram() }
  let dueMs = 0
  let timer: Timer | undefined

  const drawGapMs = () => (-Math.log(1 - random.next()) * 1000) / totals.ratePerSecond

  function send(sentDueMs: number): void {
    totals.sent += 1
    submit(account, (outcome) => {
      totals[outcome] += 1
      if (outcome === 'ok') recordLatency(totals.latency, clock.monotonic() - sentDueMs)
    })
  }

  function sendDue(): void {
    const reachedMs = clock.monotonic() + nearMs
    while (dueMs <= reachedMs) {
      send(dueMs)
      dueMs += drawGapMs()
    }
    waitForNext()
  }

  function waitForNext(): void {
    timer = clock.setTimer(Math.max(0, dueMs - clock.monotonic()), sendDue)
  }

  return {
    totals,
    setRate(ratePerSecond) {
      timer?.cancel()
      totals.ratePerSecond = ratePerSecond
      if (ratePerSecond === 0) return
      // The process has no memory: drawing anew at a change is the same process at the new rate.
      dueMs = clock.monotonic() + drawGapMs()
      waitForNext()
    },
  }
}
