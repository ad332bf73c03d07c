import type { TransportCounters } from '../ports/transport.ts'

/** All zero. */
export function createCounters(): TransportCounters {
  return {
    sent: 0,
    received: 0,
    refusedConnections: 0,
    otherVersion: 0,
    throttled: 0,
    malformed: 0,
    oversized: 0,
    unauthorized: 0,
    statusReplaced: 0,
    overflows: 0,
  }
}
