// The actor of one blade at its site master: tells its group and its move when it fails.
import { bladeMachine, type Finding } from '../machines/blade-machine.ts'
import type { GroupEvent } from '../machines/group-machine.ts'
import type { MoveEvent } from '../machines/move-machine.ts'
import type { BoardStatus } from '../protocol/board.ts'
import type { Effects } from './effects.ts'
import { groupPath, movePath } from './paths.ts'

export function implementBlade(effects: Effects) {
  return bladeMachine.provide({
    actions: {
      awaitHeartbeat({ context }) {
        effects.setTimer('heartbeat', context.heartbeatMs, { type: 'blade.heartbeat.missed' })
      },
      reportFailure({ context }) {
        const { blade, group, move, quarantineReason } = context
        if (group !== null) effects.tell(groupPath(group), { type: 'group.member.lost', blade } as GroupEvent)
        if (quarantineReason !== null && move !== null)
          effects.tell(movePath(move), { type: 'move.cancel', why: quarantineReason } as MoveEvent)
        const type = quarantineReason === null ? 'blade.failed' : 'blade.quarantined'
        effects.publish({ type, at: effects.now, blade, group, move, reason: quarantineReason })
      },
      reportChange({ context }) {
        const { blade, group, preparedFor, move } = context
        effects.publish({ type: 'blade.changed', at: effects.now, blade, group, preparedFor, move })
      },
    },
  })
}

/** What a status means for the blade machine. The board checked the identity; here it is read against the pointers once more. */
export function findingOf(status: BoardStatus): Finding {
  const { power, lost, identity, pointers, networks, volumes, receipt, formerGroup } = status
  const identified =
    identity !== null &&
    pointers !== null &&
    identity.imageDigest === pointers.imageDigest &&
    identity.group === pointers.group
  // Prepared for a group: its software ran, its data never came in.
  const isPrepared = power === 'on' && volumes.length === 0 && networks.length === 0
  return {
    power,
    lost,
    identified,
    connected: networks.length > 0 && status.address !== null,
    group: pointers?.group ?? null,
    role: pointers?.role ?? null,
    hasReceipt: receipt !== null && (formerGroup === null || isPrepared),
  }
}
