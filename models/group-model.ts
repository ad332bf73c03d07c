// What a group is to its site master: members, a list that the balancer must have, moves that wait for it, and what its roles wish.
export interface GroupModel {
  readonly state: 'steady' | 'requesting' | 'offering' | 'held'
  readonly isHeld: boolean
  readonly wishes: Readonly<Record<string, 'request' | 'offer' | 'steady'>>
  readonly index: number
  readonly isApplied: boolean
  readonly members: readonly (readonly [blade: string, state: 'ready' | 'draining'])[]
  /** `move step blade`, with the first list that holds the change. */
  readonly waiting: readonly (readonly [string, number])[]
  /** Moves that were told, in order. */
  readonly told: readonly string[]
}

export type GroupModelEvent =
  | { type: 'wish'; role: string; kind: 'request' | 'offer' | 'steady' }
  | { type: 'drop'; role: string }
  | { type: 'hold'; on: boolean }
  | { type: 'drain' | 'unjoin'; move: string; blade: string }
  | { type: 'join'; move: string; blade: string; isProven: boolean }
  | { type: 'lost'; blade: string }
  | { type: 'applied'; lag: number }
  | { type: 'refused'; ahead: number }
  | { type: 'drained'; blade: string }
  | { type: 'due' }

type Waiting = GroupModel['waiting'][number]

const wished = ({ isHeld, wishes }: GroupModel): GroupModel['state'] => {
  const kinds = Object.values(wishes)
  if (isHeld) return 'held'
  if (kinds.includes('request')) return 'requesting'
  return kinds.includes('offer') ? 'offering' : 'steady'
}

export const groupModel = {
  initial: {
    state: 'steady',
    isHeld: false,
    wishes: {},
    index: 1,
    isApplied: false,
    members: [],
    waiting: [],
    told: [],
  } as GroupModel,

  step(before: GroupModel, event: GroupModelEvent): GroupModel {
    const group = { ...before, told: [] }
    switch (event.type) {
      case 'wish':
        return judged({ ...group, wishes: { ...group.wishes, [event.role]: event.kind } })
      case 'drop':
        return judged({
          ...group,
          wishes: Object.fromEntries(Object.entries(group.wishes).filter(([role]) => role !== event.role)),
        })
      case 'hold':
        return judged({ ...group, isHeld: event.on })
      case 'drain':
      case 'unjoin':
      case 'join':
        return ask(group, event)
      case 'lost': {
        if (!group.members.some(([blade]) => blade === event.blade)) return group
        const left = list(
          group,
          group.members.filter(([blade]) => blade !== event.blade),
        )
        return tell(left, ([what]) => what.includes(' drain ') && what.endsWith(` ${event.blade}`))
      }
      case 'applied':
        return event.lag > 0 ? group : applied({ ...group, isApplied: true })
      case 'refused': {
        const index = group.index + event.ahead + 1
        return { ...group, index, isApplied: false, waiting: group.waiting.map(([what]) => [what, index] as const) }
      }
      case 'drained':
        return tell(
          group,
          ([what, since]) => what.includes(' drain ') && what.endsWith(` ${event.blade}`) && since <= group.index,
        )
      default:
        return group
    }
  },

  invariants: {
    'a blade is listed once': ({ members }: GroupModel) =>
      new Set(members.map(([blade]) => blade)).size === members.length,
    'a move waits for one thing': ({ waiting }: GroupModel) =>
      new Set(waiting.map(([what]) => what.split(' ')[0])).size === waiting.length,
    'what is in force leaves nobody waiting for it': ({ isApplied, waiting }: GroupModel) =>
      !isApplied || waiting.every(([what]) => what.includes(' drain ')),
  },
}

function judged(group: GroupModel): GroupModel {
  return { ...group, state: wished(group) }
}

function ask(group: GroupModel, event: Extract<GroupModelEvent, { move: string }>): GroupModel {
  if (event.type === 'join' && !event.isProven) return group
  const what = `${event.move} ${event.type} ${event.blade}`
  const isListed = group.members.some(([blade]) => blade === event.blade)
  const changed = list(group, after(group.members, event))
  const isSo = !isListed && (event.type === 'drain' || (event.type === 'unjoin' && changed.isApplied))
  if (isSo) return { ...changed, told: [what] }
  const others = changed.waiting.filter(([other]) => !other.startsWith(`${event.move} `))
  const waits = { ...changed, waiting: [...others, [what, changed.index] as Waiting] }
  return waits.isApplied ? applied(waits) : waits
}

function after(
  members: GroupModel['members'],
  event: Extract<GroupModelEvent, { move: string }>,
): GroupModel['members'] {
  if (event.type === 'drain')
    return members.map(([blade, state]) => [blade, blade === event.blade ? 'draining' : state])
  const others = members.filter(([blade]) => blade !== event.blade)
  if (event.type === 'unjoin') return others
  return [...others, [event.blade, 'ready'] as const].sort(([a], [b]) => (a < b ? -1 : 1))
}

function list(group: GroupModel, members: GroupModel['members']): GroupModel {
  if (JSON.stringify(members) === JSON.stringify(group.members)) return group
  return { ...group, members, index: group.index + 1, isApplied: false }
}

function applied(group: GroupModel): GroupModel {
  return tell(group, ([what]) => !what.includes(' drain '))
}

function tell(group: GroupModel, isSo: (waiting: Waiting) => boolean): GroupModel {
  return {
    ...group,
    waiting: group.waiting.filter((one) => !isSo(one)),
    told: [...group.told, ...group.waiting.filter(isSo).map(([what]) => what)],
  }
}
