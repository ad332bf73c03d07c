// uavcan.node.Heartbeat.1.0: every node says once a second or more often that it lives, and how it is.
//   uint32 uptime s | uint8 health | uint8 mode | uint8 vendor's status
import { zeroExtended } from './data-view.ts'

export const heartbeatSubject = 7509
/** Whoever was not heard for so long is offline. */
export const offlineAfterMs = 3000
/** The longest that the type allows. */
export const heartbeatPeriodMsMax = 1000
export const heartbeatBytes = 7

/** Nominal; advisory: something is not right, but all works; caution: degraded; warning: it cannot do what it is for. */
export const healths = ['nominal', 'advisory', 'caution', 'warning'] as const
export const modes = ['operational', 'initialization', 'maintenance', 'softwareUpdate'] as const

export interface HeartbeatStatus {
  readonly health: (typeof healths)[number]
  readonly mode: (typeof modes)[number]
  /** 0 to 255; what it means is the vendor's. */
  readonly vendorStatus: number
}

/** Of others: later versions of the type may have modes more. */
export interface Heartbeat extends Omit<HeartbeatStatus, 'mode'> {
  readonly uptimeSeconds: number
  readonly mode: HeartbeatStatus['mode'] | 'reserved'
}

export function encodeHeartbeat(uptimeSeconds: number, { health, mode, vendorStatus }: HeartbeatStatus): Uint8Array {
  const view = new DataView(new ArrayBuffer(heartbeatBytes))
  // It stays at its end rather than going back: that would look like a restart.
  view.setUint32(0, Math.min(uptimeSeconds, 0xffffffff), true)
  view.setUint8(4, healths.indexOf(health))
  view.setUint8(5, modes.indexOf(mode))
  view.setUint8(6, vendorStatus)
  return new Uint8Array(view.buffer)
}

export function decodeHeartbeat(payload: Uint8Array): Heartbeat {
  const view = zeroExtended(payload, heartbeatBytes)
  // Two and three bits; the rest is void and not looked at (Health.1.0, Mode.1.0).
  const health = healths[view.getUint8(4) & 3] ?? 'nominal'
  const mode = modes[view.getUint8(5) & 7] ?? 'reserved'
  return { uptimeSeconds: view.getUint32(0, true), health, mode, vendorStatus: view.getUint8(6) }
}
