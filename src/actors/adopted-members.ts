// Who serves whom, as a master finds it when it begins to lead (R46). Read from the boards, which checked what booted; what a move
// under way has undone or not yet done is respected.
import type { MoveInput } from '../machines/move-machine.ts'
import type { BoardStatus } from '../protocol/board.ts'
import type { GroupId } from '../protocol/ids.ts'
import type { Member } from '../protocol/messages.ts'

export function adoptedMembers(
  group: GroupId,
  statuses: readonly BoardStatus[],
  openMoves: readonly MoveInput[],
): Member[] {
  return statuses
    .flatMap((status) => {
      const move = openMoves.find(({ blade }) => blade === status.blade)
      const state = stateOf(group, status, move)
      const { blade, address, identity } = status
      if (state === null || address === null || identity === null) return []
      return [{ blade, address, bootId: identity.bootId, state }]
    })
    .sort((a, b) => (a.blade < b.blade ? -1 : 1))
}

/** Null when it is no member. */
function stateOf(group: GroupId, status: BoardStatus, move: MoveInput | undefined): Member['state'] | null {
  const { power, identity, networks, address, lost } = status
  const serves = power === 'on' && !lost && identity?.group === group && networks.length > 0 && address !== null
  if (!serves) return null
  if (move === undefined) return 'ready'
  const { steps, from, to, resume } = move
  const index = resume?.index ?? 0
  // Its join was answered; only its end was not written any more.
  const isIn = index >= steps.length && !resume?.rollingBack && to.kind === 'group' && to.group === group
  if (isIn) return 'ready'
  // On its way in it is listed by its join, which is done again; on its way out until the unjoin is done.
  if (from !== group || resume?.rollingBack) return null
  if (index > steps.indexOf('unjoin')) return null
  return steps.includes('drain') ? 'draining' : 'ready'
}
