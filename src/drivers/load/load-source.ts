// The demo's load source: open-loop GET requests over a bounded number of connections an account. What finds no connection free waits,
// and waits from its due time. Beyond the bound on waiting it has failed.
import { type Dispatcher, Pool } from 'undici'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import { createOpenLoopLoad, type OpenLoopLoad } from './open-loop-load.ts'

export interface LoadSourceOptions {
  readonly clock: Clock
  readonly random: Random
  readonly accounts: readonly LoadedAccount[]
  /** Connections an account. Lower: a slow group is seen as waiting here; higher: as waiting there. Default 64. */
  readonly connectionsMax?: number
  /** Requests that wait for a connection, an account. Default 10,000. */
  readonly waitingMax?: number
  /** From being sent to the head of the answer. Default 10,000. */
  readonly answerTimeoutMs?: number
}

export interface LoadedAccount {
  readonly account: string
  /** The group's balanced port, `http://127.0.0.1:8080`. */
  readonly origin: string
  /** Default `/`. */
  readonly path?: string
  readonly ratePerSecond: number
}

type Finished = (outcome: 'ok' | 'refused' | 'failed') => void

export interface LoadSource extends Omit<OpenLoopLoad, 'stop'> {
  /** Ends all connections; requests in flight count as failed. */
  stop(): void
}

export function createLoadSource(options: LoadSourceOptions): LoadSource {
  const { connectionsMax = 64, waitingMax = 10_000, answerTimeoutMs = 10_000 } = options
  const timeouts = { headersTimeout: answerTimeoutMs, bodyTimeout: answerTimeoutMs }
  const targets = new Map(
    options.accounts.map(({ account, origin, path = '/' }) => {
      const pool = new Pool(origin, { connections: connectionsMax, pipelining: 1, allowH2: false, ...timeouts })
      return [account, { pool, path }]
    }),
  )

  function submit(account: string, finished: Finished): void {
    const target = targets.get(account)
    if (!target || target.pool.stats.queued >= waitingMax) finished('failed')
    else target.pool.dispatch({ method: 'GET', path: target.path }, outcomeReader(finished))
  }

  const load = createOpenLoopLoad({ ...options, submit })
  return {
    ...load,
    stop() {
      load.stop()
      for (const { pool } of targets.values()) void pool.destroy()
    },
  }
}

function outcomeReader(finished: Finished): Dispatcher.DispatchHandler {
  let status = 0
  return {
    // Undici refuses a handler without it.
    onRequestStart() {},
    onResponseStart(_controller, statusCode) {
      status = statusCode
    },
    onResponseData() {},
    onResponseEnd() {
      finished(outcomeOf(status))
    },
    onResponseError() {
      finished('failed')
    },
  }
}

function outcomeOf(status: number): 'ok' | 'refused' | 'failed' {
  if (status === 503) return 'refused'
  return status >= 200 && status < 400 ? 'ok' : 'failed'
}
