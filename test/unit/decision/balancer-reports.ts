// A small open-loop group to feed predictor and local decision with: members that serve `ratePerBlade` each, 40 ms a request and a
// queue of at most `queueMax` a member; what does not fit is refused. Fluid, so without chance unless `arrivals` scatters them.
import { emptyHistogram, recordLatency } from '../../../src/protocol/latency-histogram.ts'
import type { MessageOf } from '../../../src/protocol/messages.ts'

export type Report = MessageOf<'balancer.report'>

export const periodMs = 250

export interface Load {
  /** Requests that arrive in this period. */
  readonly arrived: number
  readonly members: number
  readonly ratePerBlade?: number
  readonly queueMax?: number
}

export function createGroupUnderLoad(): (at: number, load: Load) => Report {
  let queued = 0
  return (at, { arrived, members, ratePerBlade = 100, queueMax = 40 }) => {
    const served = Math.min(Math.round((members * ratePerBlade * periodMs) / 1000), queued + arrived)
    const waiting = queued + arrived - served
    const refused = Math.max(0, waiting - members * queueMax)
    queued = waiting - refused
    const waitMs = members === 0 ? 0 : (queued / (members * ratePerBlade)) * 1000
    return reportOf(at, { arrived, latencies: new Array(served).fill(40 + waitMs), refused })
  }
}

export function reportOf(
  at: number,
  { arrived, latencies, refused = 0 }: { arrived: number; latencies: readonly number[]; refused?: number },
): Report {
  const latency = emptyHistogram()
  for (const ms of latencies) recordLatency(latency, ms)
  const member = { blade: 'c01-s01', inFlight: 0, completed: latencies.length, refused, failed: 0, latency }
  return {
    type: 'balancer.report',
    group: 'shop/web',
    at,
    periodMs,
    refused: 0,
    arrived,
    version: { epoch: 1, index: 1 },
    members: [member],
  }
}
