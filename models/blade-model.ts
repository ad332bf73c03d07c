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
  readonly role: string | null
  readonly preparedFor: string | null
  readonly move: string | null
  readonly moveSince: number
  /** When it got its present assignment. */
  readonly since: number
  /** What its board said last. */
  readonly hasReceipt: boolean
  readonly failures: readonly number[]
  readonly isCordoned: boolean
  readonly isReachable: boolean
  /** Why nobody may choose it. */
  readonly distrust: string | null
  /** What the last event made it ask for, and whom it is about. */
  readonly said: readonly string[]
}

export interface Seen {
  readonly power: 'on' | 'off'
  readonly lost: boolean
  readonly identified: boolean
  readonly connected: boolean
  readonly group: string | null
  readonly role: string | null
  readonly hasReceipt: boolean
}

type To = { kind: 'group' | 'warm'; group: string; role: string } | { kind: 'cold' }
export type BladeModelEvent =
  | { type: 'blade.seen'; finding: Seen; at: number }
  | { type: 'blade.heartbeat.missed' }
  | { type: 'blade.move.began'; move: string; to: To; at: number }
  | { type: 'blade.step.began'; move: string; step: string }
  | {
      type: 'blade.move.ended'
      move: string
      outcome: 'done' | 'rolledBack' | 'quarantined'
      to: To
      reason: string | null
      at: number
    }
  | { type: 'blade.cordon' }
  | { type: 'blade.uncordon' }
  | { type: 'blade.release' }
  | { type: 'blade.distrust'; why: string; at: number }

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
    role: null,
    preparedFor: null,
    move: null,
    moveSince: 0,
    since: 0,
    hasReceipt: false,
    failures: [],
    isCordoned: false,
    isReachable: false,
    distrust: null,
    said: [],
  } as BladeModel,

  step(before: BladeModel, event: BladeModelEvent): BladeModel {
    const blade: BladeModel = { ...before, said: [] }
    switch (event.type) {
      case 'blade.heartbeat.missed':
        return changed({ ...blade, isReachable: false })
      case 'blade.cordon':
        return changed({ ...blade, isCordoned: true })
      case 'blade.uncordon':
        return changed({ ...blade, isCordoned: false })
      case 'blade.distrust':
        if (blade.life === 'quarantined') return blade
        return blade.life === 'unknown'
          ? { ...blade, distrust: event.why }
          : enter({ ...blade, distrust: event.why }, 'quarantined')
      case 'blade.release':
        if (blade.life !== 'quarantined' || blade.move !== null) return blade
        return enter({ ...blade, ...nobody, failures: [], distrust: null }, 'failed')
      case 'blade.seen': {
        const { hasReceipt } = event.finding
        return see({ ...blade, hasReceipt, isReachable: true, said: ['awaitHeartbeat'] }, event.finding, event.at)
      }
      case 'blade.move.began':
        if (blade.move !== null || blade.life === 'quarantined') return blade
        return changed({ ...blade, move: event.move, moveSince: event.at })
      case 'blade.step.began': {
        const phase = phases[event.step]
        if (event.move !== blade.move || phase === undefined || blade.life === 'quarantined') return blade
        return blade.life === 'failed' && phase === 'draining' ? blade : enter(blade, phase)
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
    'who is in quarantine is distrusted for a reason, and nobody else is who is known': ({
      life,
      distrust,
    }: BladeModel) => life === 'unknown' || (life === 'quarantined') === (distrust !== null),
    'a failure is told before the change': ({ said }: BladeModel) =>
      said.every((one, index) => !one.startsWith('reportFailure') || said[index + 1]?.startsWith('reportChange')),
  },
}

const nobody = { group: null, role: null, preparedFor: null }

function changed(blade: BladeModel): BladeModel {
  const { group, preparedFor, move } = blade
  return { ...blade, said: [...blade.said, `reportChange ${group} ${preparedFor} ${move}`] }
}

/** Who comes to be of no use is told to its group; every other change to whoever looks. */
function enter(blade: BladeModel, life: Life): BladeModel {
  const { group, move, distrust } = blade
  const isLoss = life === 'failed' || life === 'quarantined'
  const loss = isLoss ? [`reportFailure ${group} ${move} ${distrust}`] : []
  return changed({ ...blade, life, said: [...blade.said, ...loss] })
}

function recent(failures: readonly number[], at: number): readonly number[] {
  return failures.filter((time) => at - time < forgottenAfterMs)
}

function see(blade: BladeModel, seen: Seen, at: number): BladeModel {
  if (blade.life === 'unknown') return meet(blade, seen, at)
  const isLost = seen.lost || (seen.power === 'off' && blade.move === null)
  if (!watched.includes(blade.life) || !isLost) return blade
  const failures = [...recent(blade.failures, at), at].slice(-failuresMax)
  if (failures.length < failuresMax) return enter({ ...blade, failures }, 'failed')
  return enter({ ...blade, failures, distrust: 'failed 3 times in 5 minutes' }, 'quarantined')
}

function meet(blade: BladeModel, seen: Seen, at: number): BladeModel {
  const { group, role } = seen
  if (blade.distrust !== null) return enter({ ...blade, group, role, since: at }, 'quarantined')
  if (seen.lost)
    return enter({ ...blade, group, role, since: at, failures: [...blade.failures, at].slice(-failuresMax) }, 'failed')
  if (seen.power === 'off') return enter(blade, 'cold')
  if (!seen.identified) return blade
  if (seen.connected) return enter({ ...blade, group, role, since: at }, 'joined')
  return enter({ ...blade, group: null, role, preparedFor: group, since: at }, 'warm')
}

function end(blade: BladeModel, event: Extract<BladeModelEvent, { type: 'blade.move.ended' }>): BladeModel {
  if (blade.life === 'quarantined') return { ...blade, move: null }
  const { outcome, to, at } = event
  const free: BladeModel = { ...blade, ...nobody, move: null, since: at }
  const distrust = event.reason ?? 'the move found no way out'
  if (outcome === 'quarantined') return enter({ ...free, distrust }, 'quarantined')
  if (outcome === 'rolledBack') {
    const before = recent(blade.failures, at)
    const failures = before.some((time) => time >= blade.moveSince) ? before : [...before, at].slice(-failuresMax)
    if (failures.length < failuresMax) return enter({ ...free, failures }, 'cold')
    return enter({ ...free, failures, distrust }, 'quarantined')
  }
  if (to.kind === 'cold') return enter(free, 'cold')
  const { group, role } = to
  return to.kind === 'warm'
    ? enter({ ...free, role, preparedFor: group }, 'warm')
    : enter({ ...free, group, role }, 'joined')
}
