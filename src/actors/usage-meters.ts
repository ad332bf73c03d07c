// What accounts used, as it is written down for bills and recommendations (R33, R34): what the balancer counted and the boards said since the
// last time, by the names of measures that agreements use.
import type { UsageMeasured } from '../accounts/ledger-records.ts'
import { addHistogram, emptyHistogram, type LatencyHistogram, quantileMs } from '../protocol/latency-histogram.ts'
import type { MessageOf } from '../protocol/messages.ts'

type Report = MessageOf<'balancer.report'>
export type Measures = UsageMeasured['groups'][number]['measures']

interface Counted {
  arrived: number
  completed: number
  refused: number
  failed: number
  /** Requests in flight, by time. */
  inFlightMs: number
  periodMs: number
  readonly latency: LatencyHistogram
}

export class UsageMeters {
  private readonly groups = new Map<string, Counted>()

  note({ group, periodMs, arrived, refused, members }: Report): void {
    const counted = this.groups.get(group) ?? fresh()
    this.groups.set(group, counted)
    counted.arrived += arrived
    counted.refused += refused
    counted.periodMs += periodMs
    for (const member of members) {
      counted.completed += member.completed
      counted.refused += member.refused
      counted.failed += member.failed
      counted.inFlightMs += member.inFlight * periodMs
      addHistogram(counted.latency, member.latency)
    }
  }

  /** Since the last time; empty when nothing was reported, for then nobody knows. */
  take(group: string): Measures {
    const counted = this.groups.get(group)
    this.groups.delete(group)
    if (counted === undefined || counted.periodMs === 0) return {}
    const { arrived, completed, refused, failed, inFlightMs, periodMs, latency } = counted
    const seconds = periodMs / 1000
    const all = Math.max(1, arrived)
    return {
      hits: arrived / seconds,
      transactions: completed / seconds,
      connections: inFlightMs / periodMs,
      refusedShare: refused / all,
      failedShare: failed / all,
      ...(completed > 0 && {
        responseP50Ms: quantileMs(latency, 0.5) ?? 0,
        responseP95Ms: quantileMs(latency, 0.95) ?? 0,
        responseP99Ms: quantileMs(latency, 0.99) ?? 0,
      }),
    }
  }
}

function fresh(): Counted {
  return { arrived: 0, completed: 0, refused: 0, failed: 0, inFlightMs: 0, periodMs: 0, latency: emptyHistogram() }
}
