import { expect, test } from 'vitest'
import { type GroupModel, type GroupModelEvent, groupModel } from '../../models/group-model.ts'
import { type GroupContext, groupMachine, type RoleWish } from '../../src/machines/group-machine.ts'
import type { PendingRequest } from '../../src/machines/member-table.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { groupEvent, groupInput, heardByGroup } from './group.events.ts'
import { groupMutants } from './group.mutants.ts'

const named = ({ move, step, blade }: PendingRequest) => `${move} ${step} ${blade}`

const check: ModelCheck<GroupModel, GroupModelEvent> = {
  input: groupInput,
  model: groupModel,
  event: groupEvent,
  heard: heardByGroup,
  project({ value, context }, said) {
    const answered = said
      .filter(({ effect }) => effect === 'answerMoves')
      .flatMap((one) => (one.context as GroupContext).table.answered)
    const { held, wishes, table } = context as GroupContext
    return {
      state: stateName(value) as GroupModel['state'],
      isHeld: held,
      wishes: Object.fromEntries(Object.entries(wishes).map(([role, wish]: [string, RoleWish]) => [role, wish.kind])),
      index: table.version.index,
      isApplied: table.isApplied,
      members: table.members.map(({ blade, state }) => [blade, state] as const),
      waiting: table.pending.map((one) => [named(one), one.version.index] as const),
      told: answered.filter(({ isSo }) => isSo).map(named),
      undone: answered.filter(({ isSo }) => !isSo).map(named),
      isSent: said.some(({ effect }) => effect === 'sendList'),
      isRefused: said.some(({ effect }) => effect === 'refuseJoin'),
    }
  },
}

test('R08, R10, R49: the machine does what the model does, whatever comes', () =>
  checkAgainstModel(groupMachine, check))

test.each(groupMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check)).toThrow(/Property failed/)
})
