// What a site master may believe of one blade. Two stories meet: what its board reports, and what the move in hand does.
export type Life =
  | 'unknown'
  | 'cold'
  | 'warm'
  | 'booting'
  | 'joining'
  | 'joined'
  | 'draining'
  | 'scrubbing'
  | 'failed'
  | 'quarantined'

export interface BladeModel {
  readonly life: Life
  readonly group: string | null
  readonly preparedFor: string | null
  readonly move: string | null
  readonly moveSince: number
  readonly failures: readonly number[]
  readonly isCordoned: boolean
  readonly isReachable: boolean
}

export interface Seen {
  readonly power: 'on' | 'off'
  readonly lost: boolean
  readonly identified: boolean
  readonly connected: boolean
  readonly group: string | null
}

type To = { kind: 'group' | 'warm'; group: string; role: string } | { kind: 'cold' }
export type BladeModelEvent =
  | { type: 'blade.seen'; finding: Seen & { role: string | null; hasReceipt: boolean }; at: number }
  | { type: 'blade.heartbeat.missed' }
  | { type: 'blade.move.began'; move: string; to: To; at: number }
  | { type: 'blade.step.began'; move: string; step: string }
  | {
      type: 'blade.move.ended'
      move: string
      outcome: 'done' | 'rolledBack' | 'quarantined'
      to: To
      reason: null
      at: number
    }
  | { type: 'blade.cordon' }
  | { type: 'blade.uncordon' }
  | { type: 'blade.release' }

const failuresMax = 3
const forgottenAfterMs = 300_000
const phases: Readonly<Record<string, Life>> = {
  drain: 'draining',
  unjoin: 'draining',
  disconnect: 'draining',
  powerOff: 'draining',
  scrub: 'scrubbing',
  verifyScrub: 'scrubbing',
  setPointers: 'booting',
  attachVolumes: 'booting',
  powerOn: 'booting',
  boot: 'booting',
  verifyIdentity: 'booting',
  connectNetwork: 'joining',
  probe: 'joining',
  join: 'joining',
}
/** Where a blade that stops by itself is noticed: it is, or may be, running for somebody. */
const watched: readonly Life[] = ['warm', 'booting', 'joining', 'joined', 'draining']

export const bladeModel = {
  initial: {
    life: 'unknown',
    group: null,
    preparedFor: null,
    move: null,
    moveSince: 0,
    failures: [],
    isCordoned: false,
    isReachable: false,
  } as BladeModel,

  step(blade: BladeModel, event: BladeModelEvent): BladeModel {
    switch (event.type) {
      case 'blade.heartbeat.missed':
        return { ...blade, isReachable: false }
      case 'blade.cordon':
        return { ...blade, isCordoned: true }
      case 'blade.uncordon':
        return { ...blade, isCordoned: false }
      case 'blade.release':
        return blade.life === 'quarantined' && blade.move === null ? { ...blade, life: 'failed', failures: [] } : blade
      case 'blade.seen':
        return see({ ...blade, isReachable: true }, event.finding, event.at)
      case 'blade.move.began':
        if (blade.move !== null || blade.life === 'quarantined') return blade
        return { ...blade, move: event.move, moveSince: event.at }
      case 'blade.step.began': {
        const phase = phases[event.step]
        if (event.move !== blade.move || phase === undefined || blade.life === 'quarantined') return blade
        return blade.life === 'failed' && phase === 'draining' ? blade : { ...blade, life: phase }
      }
      case 'blade.move.ended':
        return event.move === blade.move ? end(blade, event) : blade
      default:
        return event satisfies never
    }
  },

  invariants: {
    'a member is of a group': ({ life, group }: BladeModel) => life !== 'joined' || group !== null,
    'a warm blade belongs to nobody': ({ life, group, preparedFor }: BladeModel) =>
      life !== 'warm' || (group === null && preparedFor !== null),
    'no more failures are kept than count': ({ failures }: BladeModel) => failures.length <= failuresMax,
  },
}

function recent(failures: readonly number[], at: number): readonly number[] {
  return failures.filter((time) => at - time < forgottenAfterMs)
}

function see(blade: BladeModel, seen: Seen, at: number): BladeModel {
  if (blade.life === 'unknown') return meet(blade, seen, at)
  const isLost = seen.lost || (seen.power === 'off' && blade.move === null)
  if (!watched.includes(blade.life) || !isLost) return blade
  const failures = [...recent(blade.failures, at), at].slice(-failuresMax)
  return { ...blade, failures, life: failures.length >= failuresMax ? 'quarantined' : 'failed' }
}

function meet(blade: BladeModel, seen: Seen, at: number): BladeModel {
  if (seen.lost)
    return { ...blade, life: 'failed', group: seen.group, failures: [...blade.failures, at].slice(-failuresMax) }
  if (seen.power === 'off') return { ...blade, life: 'cold' }
  if (!seen.identified) return blade
  if (seen.connected) return { ...blade, life: 'joined', group: seen.group }
  return { ...blade, life: 'warm', group: null, preparedFor: seen.group }
}

function end(blade: BladeModel, event: Extract<BladeModelEvent, { type: 'blade.move.ended' }>): BladeModel {
  const free = { ...blade, move: null }
  if (blade.life === 'quarantined') return free
  const nobody = { ...free, group: null, preparedFor: null }
  if (event.outcome === 'quarantined') return { ...nobody, life: 'quarantined' }
  if (event.outcome === 'rolledBack') {
    const before = recent(blade.failures, event.at)
    const failures = before.some((at) => at >= blade.moveSince) ? before : [...before, event.at].slice(-failuresMax)
    return { ...nobody, failures, life: failures.length >= failuresMax ? 'quarantined' : 'cold' }
  }
  if (event.to.kind === 'cold') return { ...nobody, life: 'cold' }
  if (event.to.kind === 'warm') return { ...nobody, life: 'warm', preparedFor: event.to.group }
  return { ...nobody, life: 'joined', group: event.to.group }
}
