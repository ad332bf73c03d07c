// Who serves whom, as a master finds it when it begins to lead (R46). Read from the boards, which checked what booted; what a move
// under way has undone or not yet done is respected. Of a blade whose board is not heard the balancer's list says what was so when
// the last leader could still change it: what this master heard as a standby may be from before that.
import type { MoveInput } from '../machines/move-machine.ts'
import type { BoardStatus } from '../protocol/board.ts'
import type { BladeId, GroupId } from '../protocol/ids.ts'
import type { Member } from '../protocol/messages.ts'

export interface FoundSite {
  /** Heard since this leadership began. */
  readonly statuses: readonly BoardStatus[]
  /** The balancer's lists, said since this leadership began. */
  readonly listed: ReadonlyMap<GroupId, readonly Member[]>
  readonly openMoves: readonly MoveInput[]
}

export function adoptedMembers(group: GroupId, { statuses, listed, openMoves }: FoundSite): Member[] {
  const moveOf = (blade: BladeId) => openMoves.find((move) => move.blade === blade)
  const said = statuses.flatMap((status) => memberOf(group, status, moveOf(status.blade)) ?? [])
  const unheard = (listed.get(group) ?? [])
    .filter(({ blade }) => statuses.every((status) => status.blade !== blade))
    .flatMap((member) => {
      const state = stateIn(group, moveOf(member.blade))
      return state === null ? [] : [{ ...member, state }]
    })
  return [...said, ...unheard].sort((a, b) => (a.blade < b.blade ? -1 : 1))
}

/** Null when the board says that it does not serve this group, or its move that it is not to. */
export function memberOf(group: GroupId, status: BoardStatus, move: MoveInput | undefined): Member | null {
  const { blade, power, identity, networks, address, lost } = status
  if (power !== 'on' || lost || identity?.group !== group || networks.length === 0 || address === null) return null
  const state = stateIn(group, move)
  return state === null ? null : { blade, address, bootId: identity.bootId, state }
}

/** Of a blade that serves a group. Null when it is no member. */
function stateIn(group: GroupId, move: MoveInput | undefined): Member['state'] | null {
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
