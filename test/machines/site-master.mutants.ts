import { assign } from 'xstate'
import {
  nextEpoch,
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
  mutant('a promise of a former epoch counts', siteMasterMachine, { guards: { isOwnEpoch: () => true } }),
  mutant('a stranger is one of the majority', siteMasterMachine, {
    guards: {
      completesMajority: ({ context, event }: Args) =>
        event.type === 'epoch.promised' &&
        event.epoch === context.epoch &&
        new Set([...context.promised, event.board]).size * 2 > context.boards.length,
    },
  }),
  mutant('it asks again for the epoch that it was refused', siteMasterMachine, {
    actions: {
      chooseEpoch: assign(({ context }: Args) => ({
        ...context,
        epoch: nextEpoch(context.epochSeen - 2, context.parity),
        promised: [],
        why: null,
      })),
    },
  }),
  mutant('promises of the last campaign are kept', siteMasterMachine, {
    actions: {
      chooseEpoch: assign(({ context }: Args) => ({
        ...context,
        epoch: nextEpoch(Math.max(context.epochSeen, context.epoch), context.parity),
        why: null,
      })),
    },
  }),
  mutant('it goes on leading when a higher epoch was promised', siteMasterMachine, {
    guards: { isOutbid: () => false },
  }),
  mutant('an older epoch deposes it', siteMasterMachine, {
    guards: { isOutbid: ({ event }: Args) => event.type === 'epoch.refused' || event.type === 'master.deposed' },
  }),
]
