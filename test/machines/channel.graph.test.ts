import { expect, test } from 'vitest'
import { channelMachine } from '../../src/machines/channel-machine.ts'
import { coverByPaths } from './drive.ts'

test('R49: generated paths reach every state and take every transition', () => {
  const events = [
    { type: 'channel.linkUp', incarnation: 1, at: 0 },
    { type: 'channel.linkLost', why: 'cut', at: 0 },
    { type: 'channel.calm', at: 0 },
  ]
  const { paths, missedStates, missedTransitions } = coverByPaths(channelMachine, { input: { peer: 'a01' }, events })
  expect({ missedStates, missedTransitions }).toEqual({ missedStates: [], missedTransitions: [] })
  expect(paths).toBeGreaterThan(4)
})
