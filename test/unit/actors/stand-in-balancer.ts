// What a group needs of a balancer: the newest list is in force after 2 ms, an older one is refused, and whoever is draining has no
// request in flight any more after 4 ms. A list that is in force already is said to be so once more.
import type { Clock } from '../../../src/ports/clock.ts'
import type { GroupId } from '../../../src/protocol/ids.ts'
import type { Message, MessageOf } from '../../../src/protocol/messages.ts'

type List = MessageOf<'balancer.members.set'>['list']

export interface StandInBalancerParts {
  readonly clock: Clock
  say(group: GroupId, message: Message): void
  /** Once for each version. */
  took(list: List): void
}

export function standInBalancer({ clock, say, took }: StandInBalancerParts): (message: Message) => void {
  const lists = new Map<GroupId, List>()
  return (message) => {
    if (message.type !== 'balancer.members.set') return
    const { list } = message
    const { group, version } = list
    const held = lists.get(group)
    if (held && held.version.index > version.index) {
      say(group, { type: 'balancer.members.refused', group, version, current: held.version })
      return
    }
    if (held?.version.index !== version.index) {
      lists.set(group, list)
      took(list)
    }
    clock.setTimer(2, () => say(group, { type: 'balancer.members.applied', group, version }))
    for (const { blade, state } of list.members) {
      if (state !== 'draining') continue
      clock.setTimer(4, () => say(group, { type: 'balancer.member.drained', group, blade, version }))
    }
  }
}
