import { expect, test } from 'vitest'
import { type HostBoardModel, type HostBoardModelEvent, hostBoardModel, keyOf } from '../../models/host-board-model.ts'
import { type HostBoardContext, hostBoardMachine } from '../../src/machines/host-board-machine.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { heard, hostBoardEvent, hostBoardInput } from './host-board.events.ts'
import { hostBoardMutants } from './host-board.mutants.ts'

const check: ModelCheck<HostBoardModel, HostBoardModelEvent> = {
  input: hostBoardInput,
  model: hostBoardModel,
  event: hostBoardEvent,
  heard,
  lengthMax: 50,
  project({ value, context }) {
    const { memory, command } = context as HostBoardContext
    return {
      state: stateName(value) as HostBoardModel['state'],
      promised: memory.promisedEpoch,
      promisedTo: memory.promisedTo,
      lastOrder: [memory.lastOrder.epoch, memory.lastOrder.index],
      records: memory.records.map(({ key, result }) => [key, result.outcome] as const),
      inHand: command === null ? null : keyOf(command.id),
      traces: memory.formerGroup,
    }
  },
}

test('R08, R49: the machine does what the model does, whatever comes', () => checkAgainstModel(hostBoardMachine, check))

test.each(hostBoardMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check)).toThrow(/Property failed/)
})
