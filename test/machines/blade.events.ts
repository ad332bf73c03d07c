// What can be said to a blade's machine: every kind of report, of step and of end, its own move's and another's.
import type { BladeModelEvent } from '../../models/blade-model.ts'

const at = 0
const off = {
  power: 'off',
  lost: false,
  identified: false,
  connected: false,
  group: null,
  role: null,
  hasReceipt: false,
} as const
const serving = {
  power: 'on',
  lost: false,
  identified: true,
  connected: true,
  group: 'shop/web',
  role: 'front',
  hasReceipt: true,
} as const
export const bladeFindings = {
  off,
  serving,
  warm: { ...serving, connected: false },
  unclear: { ...serving, identified: false, connected: false },
  lost: { ...off, lost: true, group: 'shop/web', role: 'front' },
} as const
const toGroup = { kind: 'group', group: 'news/web', role: 'front' } as const
const toWarm = { kind: 'warm', group: 'shop/web', role: 'front' } as const
const toCold = { kind: 'cold' } as const

export const seenEvents = Object.values(bladeFindings).map(
  (finding): BladeModelEvent => ({ type: 'blade.seen', finding, at }),
)
export const moveEvents: readonly BladeModelEvent[] = [
  { type: 'blade.move.began', move: 'mv-1', to: toGroup, at },
  { type: 'blade.move.began', move: 'mv-2', to: toCold, at },
  ...['drain', 'powerOff', 'scrub', 'verifyScrub', 'setPointers', 'boot', 'connectNetwork', 'join'].map(
    (step): BladeModelEvent => ({ type: 'blade.step.began', move: 'mv-1', step }),
  ),
  { type: 'blade.step.began', move: 'mv-2', step: 'drain' },
  ...[toGroup, toWarm, toCold].map(
    (to): BladeModelEvent => ({ type: 'blade.move.ended', move: 'mv-1', outcome: 'done', to, reason: null, at }),
  ),
  { type: 'blade.move.ended', move: 'mv-1', outcome: 'rolledBack', to: toGroup, reason: null, at },
  { type: 'blade.move.ended', move: 'mv-1', outcome: 'quarantined', to: toGroup, reason: null, at },
  {
    type: 'blade.move.ended',
    move: 'mv-1',
    outcome: 'quarantined',
    to: toWarm,
    reason: 'SCRUB_INCOMPLETE at verifyScrub',
    at,
  },
  { type: 'blade.move.ended', move: 'mv-2', outcome: 'done', to: toCold, reason: null, at },
]
export const operatorEvents: readonly BladeModelEvent[] = [
  { type: 'blade.heartbeat.missed' },
  { type: 'blade.cordon' },
  { type: 'blade.uncordon' },
  { type: 'blade.release' },
  { type: 'blade.distrust', why: 'it failed too often', at },
]
/** Few enough that chance strings together a blade that stops again and again, wherever it is. */
export const flappingEvents: readonly BladeModelEvent[] = [
  { type: 'blade.seen', finding: bladeFindings.lost, at },
  { type: 'blade.seen', finding: bladeFindings.serving, at },
  { type: 'blade.move.began', move: 'mv-1', to: toGroup, at },
  ...['drain', 'scrub', 'boot', 'join'].map(
    (step): BladeModelEvent => ({ type: 'blade.step.began', move: 'mv-1', step }),
  ),
  ...[toGroup, toWarm].map(
    (to): BladeModelEvent => ({ type: 'blade.move.ended', move: 'mv-1', outcome: 'done', to, reason: null, at }),
  ),
  { type: 'blade.move.ended', move: 'mv-1', outcome: 'rolledBack', to: toGroup, reason: null, at },
  { type: 'blade.move.ended', move: 'mv-2', outcome: 'done', to: toCold, reason: null, at },
  { type: 'blade.release' },
]
export const bladeEvents: readonly BladeModelEvent[] = [...seenEvents, ...moveEvents, ...operatorEvents]
export const bladeInput = { blade: 'c01-s01', boardType: 'process', cabinet: 'c01', heartbeatMs: 1000 }
