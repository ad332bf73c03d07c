import { assign } from 'xstate'
import {
  type SiteMasterContext,
  type SiteMasterEvent,
  siteMasterMachine,
} from '../../src/machines/site-master-machine.ts'
import { type Mutant, mutant } from './drive.ts'

interface Args {
  readonly context: SiteMasterContext
  readonly event: SiteMasterEvent
}

export const siteMasterMutants: readonly Mutant[] = [
  mutant('half of the boards are a majority', siteMasterMachine, {
    guards: {
      completesMajority: ({ context, event }: Args) =>
        event.type === 'epoch.promised' &&
        event.epoch === context.epoch &&
        new Set([...context.promised, event.board]).size * 2 >= context.boards.length,
    },
  }),
  mutant('a promise for another epoch counts', siteMasterMachine, {
    guards: { isOwnEpoch: ({ event }: Args) => event.type === 'epoch.promised' },
  }),
  mutant('a higher epoch does not depose it', siteMasterMachine, { guards: { isDeposed: () => false } }),
  mutant('it asks for epochs of the other master', siteMasterMachine, {
    actions: {
      chooseEpoch: assign(({ context }: Args) => ({
        ...context,
        epoch: Math.max(context.epochSeen, context.epoch) + 1,
        promised: [],
      })),
    },
  }),
  mutant('a board that promises twice counts twice', siteMasterMachine, {
    actions: {
      notePromise: assign({
        promised: ({ context, event }: Args) =>
          event.type === 'epoch.promised' ? [...context.promised, event.board] : context.promised,
      }),
    },
  }),
]
