import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { type BladeModel, type BladeModelEvent, bladeModel, type Life } from '../../models/blade-model.ts'
import { type BladeContext, bladeMachine } from '../../src/machines/blade-machine.ts'
import { bladeFindings, bladeInput, flappingEvents, moveEvents, operatorEvents, seenEvents } from './blade.events.ts'
import { bladeMutants } from './blade.mutants.ts'
import { checkAgainstModel, drive, type ModelCheck, type Said, stateName } from './drive.ts'

const check: ModelCheck<BladeModel, BladeModelEvent> = {
  input: bladeInput,
  model: bladeModel,
  event: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...seenEvents) },
    { weight: 4, arbitrary: fc.constantFrom(...moveEvents) },
    { weight: 1, arbitrary: fc.constantFrom(...operatorEvents) },
  ),
  project: ({ value, context }, said) => ({
    life: stateName(value) as Life,
    group: context.group,
    role: context.role,
    preparedFor: context.preparedFor,
    move: context.move,
    moveSince: context.moveSince,
    since: context.since,
    hasReceipt: context.hasReceipt,
    failures: context.failures,
    isCordoned: context.cordoned,
    isReachable: context.reachable,
    distrust: context.quarantineReason,
    said: said.map(inWords),
  }),
}

/** An effect speaks of what the machine knew when it asked for it. */
function inWords({ effect, context }: Said): string {
  const { group, preparedFor, move, quarantineReason } = context as BladeContext
  if (effect === 'reportChange') return `${effect} ${group} ${preparedFor} ${move}`
  return effect === 'reportFailure' ? `${effect} ${group} ${move} ${quarantineReason}` : effect
}

/** What comes at all, and what comes to a blade that stops again and again. */
function checkAll(machine: AnyStateMachine): void {
  checkAgainstModel(machine, check)
  checkAgainstModel(machine, { ...check, event: fc.constantFrom(...flappingEvents), lengthMax: 60 })
}

test('R25, R40, R49: the machine does what the model does, whatever comes', () => checkAll(bladeMachine))

test("R08: a blade that is let back from quarantine is nobody's, so it is scrubbed before anybody gets it", () => {
  const blade = drive(bladeMachine, bladeInput)
  const serving = { ...bladeFindings.serving, group: 'shop/web' }
  const say = (event: BladeModelEvent) => blade.send(event)
  const to = { kind: 'group', group: 'shop/web', role: 'front' } as const
  say({ type: 'blade.seen', finding: serving, at: 1 })
  for (const at of [2, 4, 6]) {
    say({ type: 'blade.seen', finding: bladeFindings.lost, at })
    say({ type: 'blade.move.began', move: 'mv-1', to, at })
    say({ type: 'blade.move.ended', move: 'mv-1', outcome: 'done', to, reason: null, at: at + 1 })
  }
  expect(blade.snapshot().value).toBe('quarantined')
  say({ type: 'blade.release' })
  expect(blade.snapshot().value).toBe('failed')
  expect(blade.snapshot().context).toMatchObject({ group: null, role: null, preparedFor: null })
})

test.each(bladeMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAll(machine)).toThrow(/Property failed/)
})
