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
  // What the last event led to:
  /** Moves that were told that it is so, in order. */
  readonly told: readonly string[]
  /** Moves that were told that it came otherwise, in order. */
  readonly undone: readonly string[]
  readonly isSent: boolean
  readonly isRefused: boolean
}

/** `lag`: of how many lists ago the balancer speaks; below 0 it speaks of one that was never sent. */
export type GroupModelEvent =
  | { type: 'wish'; role: string; kind: 'request' | 'offer' | 'steady' }
  | { type: 'drop'; role: string }
  | { type: 'hold'; on: boolean }
  | { type: 'drain' | 'unjoin'; move: string; blade: string }
  | { type: 'join'; move: string; blade: string; lacks: 'nothing' | 'receipt' | 'own receipt' | 'image' }
  | { type: 'lost'; blade: string }
  /** Its leader finds it serving. */
  | { type: 'found'; blade: string }
  | { type: 'applied'; lag: number }
  | { type: 'refused'; lag: number; ahead: number; byNewerMaster: boolean }
  | { type: 'drained'; blade: string; lag: number }
  | { type: 'due' }
  /** Meant for another group, or of one. */
  | { type: 'strayed'; event: GroupModelEvent }

const ownRoles = ['front', 'back']

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
    undone: [],
    isSent: true,
    isRefused: false,
  } as GroupModel,

  step(before: GroupModel, event: GroupModelEvent): GroupModel {
    const group: GroupModel = { ...before, told: [], undone: [], isSent: false, isRefused: false }
    switch (event.type) {
      case 'wish':
        if (!ownRoles.includes(event.role)) return group
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
        const ended = tell(left, ([what]) => what.includes(' drain ') && isOf(what, event.blade))
        return { ...undo(ended, ([what]) => what.includes(' join ') && isOf(what, event.blade)), isSent: true }
      }
      case 'found': {
        const isKnown = group.members.some(([blade]) => blade === event.blade)
        if (isKnown || group.waiting.some(([what]) => isOf(what, event.blade))) return group
        return { ...list(group, sorted([...group.members, [event.blade, 'ready']])), isSent: true }
      }
      case 'applied':
        return event.lag === 0 ? applied({ ...group, isApplied: true }) : group
      case 'refused': {
        if (event.lag !== 0 || event.byNewerMaster) return group
        const index = group.index + event.ahead + 1
        const waiting = group.waiting.map(([what]) => [what, index] as const)
        return { ...group, index, isApplied: false, waiting, isSent: true }
      }
      case 'drained': {
        const spoken = group.index - event.lag
        if (event.lag < 0) return group
        return tell(group, ([what, since]) => what.includes(' drain ') && isOf(what, event.blade) && since <= spoken)
      }
      case 'due':
        return { ...group, isSent: !group.isApplied }
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
    'who is told that it joined is on the list that is in force': ({ told, members, isApplied }: GroupModel) =>
      told
        .filter((what) => what.includes(' join '))
        .every((what) => isApplied && members.some(([blade, state]) => isOf(what, blade) && state === 'ready')),
    'who is told that it has left is on no list': ({ told, members }: GroupModel) =>
      told.filter((what) => what.includes(' unjoin ')).every((what) => !members.some(([blade]) => isOf(what, blade))),
  },
}

const isOf = (what: string, blade: string) => what.endsWith(` ${blade}`)

function judged(group: GroupModel): GroupModel {
  return { ...group, state: wished(group) }
}

function ask(before: GroupModel, event: Extract<GroupModelEvent, { move: string }>): GroupModel {
  if (event.type === 'join' && event.lacks !== 'nothing') return { ...before, isRefused: true }
  const what = `${event.move} ${event.type} ${event.blade}`
  const isListed = before.members.some(([blade]) => blade === event.blade)
  const waiting = before.waiting.filter(([other]) => !other.startsWith(`${event.move} `))
  const changed = list({ ...before, waiting, isSent: true }, after(before.members, event))
  const group = changed.index === before.index ? changed : undo(changed, ([other]) => isOf(other, event.blade))
  const isSo = !isListed && (event.type === 'drain' || (event.type === 'unjoin' && group.isApplied))
  if (isSo) return { ...group, told: [what] }
  const waits = { ...group, waiting: [...group.waiting, [what, group.index] as Waiting] }
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
  return sorted([...others, [event.blade, 'ready']])
}

function sorted(members: GroupModel['members']): GroupModel['members'] {
  return [...members].sort(([a], [b]) => (a < b ? -1 : 1))
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

function undo(group: GroupModel, isUndone: (waiting: Waiting) => boolean): GroupModel {
  return {
    ...group,
    waiting: group.waiting.filter((one) => !isUndone(one)),
    undone: [...group.undone, ...group.waiting.filter(isUndone).map(([what]) => what)],
  }
}
