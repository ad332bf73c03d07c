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
  mutant('it goes on leading when a higher epoch was promised', siteMasterMachine, {
    guards: { isOutbid: () => false },
  }),
  mutant('an older epoch deposes it', siteMasterMachine, {
    guards: { isOutbid: ({ event }: Args) => event.type === 'master.deposed' },
  }),
  mutant('it leads without knowing its epoch', siteMasterMachine, {
    actions: { noteEpoch: assign({ why: null }) },
  }),
  mutant('the reason of a former campaign sticks to a leader', siteMasterMachine, {
    actions: {
      noteEpoch: assign({
        epoch: ({ context, event }: Args) => (event.type === 'lease.won' ? event.epoch : context.epoch),
      }),
    },
  }),
  mutant('it does not say why it stopped', siteMasterMachine, { actions: { noteWhy: () => {} } }),
]
