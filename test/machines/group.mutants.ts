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
          answered: context.table.pending,
          pending: [],
        }),
      }),
    },
  }),
  mutant('a failed blade stays listed', groupMachine, { actions: { dropMember: () => {} } }),
  mutant('moves are told twice', groupMachine, { actions: { forgetAnswered: () => {} } }),
]
