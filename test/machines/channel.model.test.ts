import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ChannelModel, type ChannelModelEvent, channelModel } from '../../models/channel-model.ts'
import { channelMachine } from '../../src/machines/channel-machine.ts'
import { channelMutants } from './channel.mutants.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'

const at = 0
const check: ModelCheck<ChannelModel, ChannelModelEvent> = {
  lengthMax: 60,
  input: { peer: 'a01' },
  model: channelModel,
  event: fc.constantFrom<ChannelModelEvent>(
    { type: 'channel.linkUp', incarnation: 1, at },
    { type: 'channel.linkUp', incarnation: 2, at },
    { type: 'channel.linkLost', why: 'cut', at },
    { type: 'channel.calm' },
  ),
  project: ({ value, context }, said) => ({
    state: stateName(value) as ChannelModel['state'],
    incarnation: context.incarnation,
    losses: context.losses,
    why: context.why,
    said: said.map(({ effect }) => effect),
  }),
}

test('R49: the machine does what the model does, whatever comes', () => checkAgainstModel(channelMachine, check))

test.each(channelMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check)).toThrow(/Property failed/)
})
