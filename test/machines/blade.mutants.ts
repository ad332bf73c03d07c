import { assign } from 'xstate'
import { type BladeContext, type BladeEvent, bladeMachine } from '../../src/machines/blade-machine.ts'
import { type Mutant, mutant } from './drive.ts'

interface Args {
  readonly context: BladeContext
  readonly event: BladeEvent
}

export const bladeMutants: readonly Mutant[] = [
  mutant('a flapping blade is never quarantined', bladeMachine, { guards: { isFlapping: () => false } }),
  mutant('a blade that fails once is quarantined', bladeMachine, {
    guards: { isFlapping: ({ event }: Args) => event.type === 'blade.seen' && event.finding.lost },
  }),
  mutant('what another move says counts', bladeMachine, {
    guards: { hasRolledBack: ({ event }: Args) => event.type === 'blade.move.ended' && event.outcome === 'rolledBack' },
  }),
  mutant('a blade that is off without a move goes unnoticed', bladeMachine, {
    guards: { isLost: ({ event }: Args) => event.type === 'blade.seen' && event.finding.lost },
  }),
  mutant('a warm blade belongs to the group it is prepared for', bladeMachine, {
    actions: {
      enterWarm: assign(({ context, event }: Args) =>
        event.type === 'blade.move.ended' && event.to.kind === 'warm'
          ? { ...context, move: null, group: event.to.group, preparedFor: event.to.group }
          : context,
      ),
    },
  }),
  mutant('a second move takes a blade that is in one', bladeMachine, { guards: { isFree: () => true } }),
  mutant('a blade that is released stays with its former group', bladeMachine, {
    actions: { leaveQuarantine: assign({ quarantineReason: null, failures: [] }) },
  }),
  mutant('a blade that whoever led before did not trust is trusted', bladeMachine, {
    guards: { isDistrusted: () => false },
  }),
  mutant('nobody hears of a failure', bladeMachine, { actions: { reportFailure() {} } }),
  mutant('a silent board goes unnoticed', bladeMachine, { actions: { awaitHeartbeat() {} } }),
  mutant('the end of another move frees a blade in quarantine', bladeMachine, { guards: { isOwnMove: () => true } }),
]
