import { assign } from 'xstate'
import { type GroupContext, type GroupEvent, groupMachine } from '../../src/machines/group-machine.ts'
import { type Mutant, mutant } from './drive.ts'

interface Args {
  readonly context: GroupContext
  readonly event: GroupEvent
}

export const groupMutants: readonly Mutant[] = [
  mutant('a blade joins without a receipt', groupMachine, { guards: { lacksEvidence: () => false } }),
  mutant('a held group goes on asking', groupMachine, { guards: { isHeld: () => false } }),
  mutant('offers come before requests', groupMachine, { guards: { wantsMore: () => false } }),
  mutant('any list that is applied counts as the newest', groupMachine, {
    actions: {
      noteApplied: assign({
        table: ({ context }: Args) => ({
          ...context.table,
          isApplied: true,
          answered: context.table.pending.map((request) => ({ ...request, isSo: true })),
          pending: [],
        }),
      }),
    },
  }),
  mutant('a blade on its way out is listed again when it is found serving', groupMachine, {
    guards: { isForgotten: () => true },
  }),
  mutant('a blade that was found serving is not listed', groupMachine, { actions: { addFound: () => {} } }),
  mutant('a failed blade stays listed', groupMachine, { actions: { dropMember: () => {} } }),
  mutant('a blade that fails before it is taken in has joined all the same', groupMachine, {
    actions: {
      dropMember: assign({
        table: ({ context, event }: Args) => {
          const { table } = context
          if (event.type !== 'group.member.lost') return table
          const members = table.members.filter(({ blade }) => blade !== event.blade)
          return { ...table, members, version: { ...table.version, index: table.version.index + 1 }, isApplied: false }
        },
      }),
    },
  }),
  mutant("a newer master's list is sent against, without end", groupMachine, { guards: { mustGoAbove: () => true } }),
  mutant("another group's balancer reports count", groupMachine, { guards: { isOwn: () => true } }),
  mutant("another group's wishes count", groupMachine, { guards: { isOwnRole: () => true } }),
  mutant('a confirmed list is sent for ever', groupMachine, { guards: { isUnapplied: () => true } }),
  mutant('moves are told twice', groupMachine, { actions: { forgetAnswered: () => {} } }),
]
