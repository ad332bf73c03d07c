import { assign } from 'xstate'
import { type ChannelContext, channelMachine } from '../../src/machines/channel-machine.ts'
import { type Mutant, mutant } from './drive.ts'

export const channelMutants: readonly Mutant[] = [
  mutant('a link that is lost again and again counts as reliable', channelMachine, {
    guards: { isFlapping: () => false },
  }),
  mutant('a link is mistrusted from the first loss on', channelMachine, {
    guards: { isFlapping: ({ context }: { context: ChannelContext }) => context.losses.length > 0 },
  }),
  mutant('losses are never forgotten', channelMachine, {
    actions: {
      noteLoss: assign(({ context, event }) => ({ ...context, losses: [...context.losses, event.at].slice(-3) })),
    },
  }),
  mutant('losses are not counted', channelMachine, { actions: { noteLoss: () => {} } }),
  mutant('a degraded channel is never relied on again', channelMachine, { actions: { startCalmTimer() {} } }),
  mutant('a new life of the peer goes unnoticed', channelMachine, { actions: { noteLink() {} } }),
]
