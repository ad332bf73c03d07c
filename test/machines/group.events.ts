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

const wishTypes = { request: 'group.blades.requested', offer: 'group.blades.offered', steady: 'group.demand.steady' }

export function heardByGroup(event: GroupModelEvent, snapshot: AnyMachineSnapshot): EventObject {
  const { version } = (snapshot.context as GroupContext).table
  switch (event.type) {
    case 'wish':
      return {
        type: wishTypes[event.kind],
        group: 'shop/web',
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
      const { move, blade, isProven } = event
      const receipt = { id: 'r', blade, formerGroup: 'news/web', removed: [], digest, at: 0 }
      const proof = {
        role: 'front',
        address: `${blade}:80`,
        bootId: 'b1',
        imageDigest: digest,
        receipt: isProven ? receipt : null,
      }
      return { type: 'group.member.join', move, blade, attempt: 1, from: 'x', ...proof } as EventObject
    }
    case 'lost':
      return { type: 'group.member.lost', blade: event.blade } as EventObject
    case 'applied':
      return {
        type: 'balancer.members.applied',
        version: { ...version, index: version.index - event.lag },
      } as EventObject
    case 'refused':
      return {
        type: 'balancer.members.refused',
        version,
        current: { ...version, index: version.index + event.ahead },
      } as EventObject
    case 'drained':
      return { type: 'balancer.member.drained', blade: event.blade, version } as EventObject
    default:
      return { type: 'group.list.due' }
  }
}

const blade = fc.constantFrom('c01-s01', 'c01-s02', 'c02-s01')
const move = fc.constantFrom('mv-1', 'mv-2', 'mv-3')
const role = fc.constantFrom('front', 'back')

export const groupEvent: fc.Arbitrary<GroupModelEvent> = fc.oneof(
  fc.record({ type: fc.constant('wish' as const), role, kind: fc.constantFrom('request', 'offer', 'steady') }),
  fc.record({ type: fc.constant('drop' as const), role }),
  fc.record({ type: fc.constant('hold' as const), on: fc.boolean() }),
  fc.record({ type: fc.constantFrom('drain' as const, 'unjoin' as const), move, blade }),
  fc.record({ type: fc.constant('join' as const), move, blade, isProven: fc.constantFrom(true, true, true, false) }),
  fc.record({ type: fc.constant('lost' as const), blade }),
  fc.record({ type: fc.constant('applied' as const), lag: fc.constantFrom(0, 0, 1) }),
  fc.record({ type: fc.constant('refused' as const), ahead: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ type: fc.constant('drained' as const), blade }),
  fc.constant<GroupModelEvent>({ type: 'due' }),
)
