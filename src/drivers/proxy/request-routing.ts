// One request and the members it is tried on. Three rules:
// - Nothing of it reached a member (connection refused, wrong boot, cut off while it waited): another member gets it, always.
// - It was sent and the connection ended before any byte of an answer: another member gets it once, if repeating it is harmless.
// - Part of an answer is out, or repeating it could do harm: it has failed, and says so.
// A request that finds no member with room is refused at once: waiting here would hide from the group that it is saturated.
import type { Clock } from '../../ports/clock.ts'
import type { CountedEnding, GroupMember, GroupMembers, MemberConnection } from './group-members.ts'

export type AttemptEnding =
  | 'completed'
  /** The member itself answered 503. */
  | 'refused'
  /** Nothing of it reached the member. */
  | 'unsent'
  /** Sent, and the connection ended before any byte of an answer. */
  | 'unanswered'
  /** It cannot be repeated: part of the answer is out, or the member let the deadline pass. */
  | 'broken'
  /** The client left. */
  | 'abandoned'

export interface RoutedRequest<C extends MemberConnection> {
  /** Doing it twice is the same as doing it once, and its body, if any, can be sent again. */
  readonly repeatable: boolean
  /** Ends exactly once. */
  attempt(member: GroupMember<C>, ended: (ending: AttemptEnding) => void): void
  /** `refused` = by a member; `saturated` = no member had room. */
  finished(result: 'completed' | 'refused' | 'saturated' | 'failed' | 'abandoned'): void
}

/** Members tried for one request: with more of them dead at once, its client hears of it. */
const attemptsMax = 3

export function routeRequest<C extends MemberConnection>(
  members: GroupMembers<C>,
  clock: Clock,
  request: RoutedRequest<C>,
): void {
  const arrivedAt = clock.monotonic()
  const tried: GroupMember<C>[] = []
  let repeated = false
  members.countArrival()

  function tryOn(member: GroupMember<C>): void {
    tried.push(member)
    member.begin()
    request.attempt(member, (ending) => {
      const other = mayRepeat(ending) ? members.choose(tried) : undefined
      const result = other ? 'elsewhere' : resultOf(ending)
      member.end(countedAs[result], clock.monotonic() - arrivedAt)
      if (other) tryOn(other)
      else if (result !== 'elsewhere') request.finished(result)
    })
  }

  function mayRepeat(ending: AttemptEnding): boolean {
    if (tried.length >= attemptsMax) return false
    if (ending === 'unsent') return true
    if (ending !== 'unanswered' || !request.repeatable || repeated) return false
    repeated = true
    return true
  }

  const first = members.choose(tried)
  if (first) {
    tryOn(first)
  } else {
    members.countRefusal()
    request.finished('saturated')
  }
}

const countedAs = {
  completed: 'completed',
  refused: 'refused',
  failed: 'failed',
  abandoned: 'uncounted',
  elsewhere: 'uncounted',
} as const satisfies Record<string, CountedEnding>

function resultOf(ending: AttemptEnding): 'completed' | 'refused' | 'failed' | 'abandoned' {
  return ending === 'unsent' || ending === 'unanswered' || ending === 'broken' ? 'failed' : ending
}
