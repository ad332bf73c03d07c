// What can be said to a group, as the model says it and as the machine hears it. Versions are relative to the list of the moment.
import fc from 'fast-check'
import type { AnyMachineSnapshot, EventObject } from 'xstate'
import type { GroupModelEvent } from '../../models/group-model.ts'
import type { GroupContext, GroupInput } from '../../src/machines/group-machine.ts'

const digest = `sha256:${'b'.repeat(64)}`
export const groupInput: GroupInput = {
  group: 'shop/web',
  roles: [
    { role: 'front', imageDigest: digest },
    { role: 'back', imageDigest: digest },
  ],
  epoch: 5,
  members: [],
  held: false,
}

const otherDigest = `sha256:${'e'.repeat(64)}`
const wishTypes = { request: 'group.blades.requested', offer: 'group.blades.offered', steady: 'group.demand.steady' }

export function heardByGroup(event: GroupModelEvent, snapshot: AnyMachineSnapshot): EventObject {
  const { group, table } = snapshot.context as GroupContext
  const ago = (lag: number) => ({ ...table.version, index: table.version.index - lag })
  switch (event.type) {
    case 'wish':
      return {
        type: wishTypes[event.kind],
        group,
        role: event.role,
        count: 1,
        desired: 3,
        wish: 0.5,
        reasons: [],
      } as EventObject
    case 'drop':
      return { type: 'group.wish.dropped', role: event.role } as EventObject
    case 'hold':
      return { type: event.on ? 'group.hold' : 'group.unhold' }
    case 'drain':
    case 'unjoin':
      return {
        type: `group.member.${event.type}`,
        move: event.move,
        blade: event.blade,
        attempt: 1,
        from: 'x',
      } as EventObject
    case 'join': {
      const { move, blade, lacks } = event
      const scrubbed = lacks === 'own receipt' ? 'c09-s09' : blade
      const receipt = { id: 'r', blade: scrubbed, formerGroup: 'news/web', removed: [], digest, at: 0 }
      const proof = {
        role: 'front',
        address: `${blade}:80`,
        bootId: 'b1',
        imageDigest: lacks === 'image' ? otherDigest : digest,
        receipt: lacks === 'receipt' ? null : receipt,
      }
      return { type: 'group.member.join', move, blade, attempt: 1, from: 'x', ...proof } as EventObject
    }
    case 'lost':
      return { type: 'group.member.lost', blade: event.blade } as EventObject
    case 'found': {
      const member = { blade: event.blade, address: `${event.blade}:80`, bootId: 'b1', state: 'ready' }
      return { type: 'group.member.found', member } as EventObject
    }
    case 'applied':
      return { type: 'balancer.members.applied', group, version: ago(event.lag) } as EventObject
    case 'refused': {
      const refused = ago(event.lag)
      const current = event.byNewerMaster
        ? { epoch: refused.epoch + 1, index: event.ahead }
        : { ...refused, index: refused.index + event.ahead }
      return { type: 'balancer.members.refused', group, version: refused, current } as EventObject
    }
    case 'drained':
      return { type: 'balancer.member.drained', group, blade: event.blade, version: ago(event.lag) } as EventObject
    case 'strayed':
      return { ...heardByGroup(event.event, snapshot), group: 'news/web' } as EventObject
    default:
      return { type: 'group.list.due' }
  }
}

const blade = fc.constantFrom('c01-s01', 'c01-s02', 'c02-s01')
const move = fc.constantFrom('mv-1', 'mv-2', 'mv-3')
const role = fc.constantFrom('front', 'back', 'front', 'back', 'batch')
const lag = fc.constantFrom(0, 0, 0, 1, 2, -1)
const wish = fc.record({
  type: fc.constant('wish' as const),
  role,
  kind: fc.constantFrom('request' as const, 'offer' as const, 'steady' as const),
})
const applied = fc.record({ type: fc.constant('applied' as const), lag })
const refused = fc.record({
  type: fc.constant('refused' as const),
  lag,
  ahead: fc.integer({ min: 0, max: 3 }),
  byNewerMaster: fc.boolean(),
})
const drained = fc.record({ type: fc.constant('drained' as const), blade, lag })

export const groupEvent: fc.Arbitrary<GroupModelEvent> = fc.oneof(
  wish,
  fc.record({ type: fc.constant('drop' as const), role }),
  fc.record({ type: fc.constant('hold' as const), on: fc.boolean() }),
  fc.record({ type: fc.constantFrom('drain' as const, 'unjoin' as const), move, blade }),
  fc.record({
    type: fc.constant('join' as const),
    move,
    blade,
    lacks: fc.constantFrom('nothing', 'nothing', 'nothing', 'nothing', 'receipt', 'own receipt', 'image'),
  }),
  fc.record({ type: fc.constantFrom('lost' as const, 'found' as const), blade }),
  applied,
  refused,
  drained,
  fc.constant<GroupModelEvent>({ type: 'due' }),
  fc.record({ type: fc.constant('strayed' as const), event: fc.oneof(wish, applied, refused, drained) }),
)
