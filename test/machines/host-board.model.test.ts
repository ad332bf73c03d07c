import { expect, test } from 'vitest'
import type { EventObject } from 'xstate'
import { type HostBoardModel, type HostBoardModelEvent, hostBoardModel, keyOf } from '../../models/host-board-model.ts'
import { recordOf } from '../../src/machines/host-board-gate.ts'
import { type HostBoardContext, type HostBoardEvent, hostBoardMachine } from '../../src/machines/host-board-machine.ts'
import { commandKey } from '../../src/protocol/board.ts'
import { checkAgainstModel, drive, type ModelCheck, type Said, stateName } from './drive.ts'
import { facts, heard, hostBoardEvent, hostBoardInput } from './host-board.events.ts'
import { hostBoardMutants } from './host-board.mutants.ts'

const check: ModelCheck<HostBoardModel, HostBoardModelEvent> = {
  input: hostBoardInput,
  model: hostBoardModel,
  event: hostBoardEvent,
  heard,
  lengthMax: 50,
  project({ value, context }, said) {
    const { memory, command, facts: read } = context as HostBoardContext
    return {
      state: stateName(value) as HostBoardModel['state'],
      lastOrder: [memory.lastOrder.epoch, memory.lastOrder.index],
      records: memory.records.map(({ key, result }) => [key, result.outcome] as const),
      inHand: command === null ? null : commandKey(command.id),
      traces: memory.formerGroup,
      pointers: read.pointers?.group ?? null,
      isLost: read.lost,
      said: said.map(inWords),
    }
  },
}

const words: Readonly<Record<string, string>> = {
  open: 'open',
  journalMemory: 'write',
  answerRefusal: 'refused',
  answerMute: 'mute',
  perform: 'perform',
  takeReading: 'read',
  reportStatus: 'status',
  reportAlive: 'alive',
  answerStatus: 'status to who asks',
  startHeartbeatTimer: 'timer',
  closeBoard: 'let go',
}

/** A record is answered with what is in it. */
function inWords({ effect, context, event }: Said): string {
  const { memory, command } = context as HostBoardContext
  const heardEvent = event as HostBoardEvent
  const asked = heardEvent.type === 'board.command' ? heardEvent : command
  const record = asked === null ? undefined : recordOf(memory, commandKey(asked.id))
  return effect === 'answerRecord' ? (record?.result.outcome ?? 'no record') : (words[effect] ?? effect)
}

test('R08, R42, R49: the machine does what the model does, whatever comes', () =>
  checkAgainstModel(hostBoardMachine, check))

test.each(hostBoardMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAgainstModel(machine, check)).toThrow(/Property failed/)
})

test('a reading that was begun before a command ended is out of date, and not believed', () => {
  const driven = drive(hostBoardMachine, hostBoardInput)
  const context = () => driven.snapshot().context as HostBoardContext
  const command = {
    move: 'mv-1',
    step: 'powerOff',
    attempt: 1,
    epoch: 1,
    index: 1,
    group: null,
    isMisnamed: false,
    standing: 'granted',
  } as const
  const off = { type: 'board.reading.taken', facts, revision: 0 } as EventObject
  const on = { ...facts, power: 'on' } as const
  driven.send(heard({ type: 'opened', word: null }))
  driven.send(heard({ type: 'command', command }))
  const ended = {
    ...heard({ type: 'ended', key: keyOf(command), outcome: 'done', hasReceipt: false, pointers: null }),
    facts: on,
  } as EventObject
  driven.send(ended)
  expect(context().facts.power).toBe('on')
  driven.send(off)
  expect(context().facts.power).toBe('on')
  driven.send({ ...off, revision: context().revision } as EventObject)
  expect(context().facts.power).toBe('off')
})
