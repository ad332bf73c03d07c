// Carries out what an event asked for, after it was committed, in the order in which it was asked.
import type { EventObject } from 'xstate'
import type { Log } from '../ports/log.ts'
import type { ActingCell } from './cell-world.ts'
import type { ChildSpec } from './child-spec.ts'
import type { LocalPath, PublicEvent } from './effects.ts'
import { asError } from './failure.ts'
import type { Cause } from './inspection.ts'
import type { Effect } from './outbox.ts'
import type { Letter } from './router.ts'

export interface EffectTargets {
  readonly log: Log
  send(to: string, letter: Letter): void
  tell(to: LocalPath, event: EventObject, cause: Cause): void
  spawn(supervisor: LocalPath, child: ChildSpec): void
  stop(path: LocalPath): void
  publish(event: PublicEvent): void
}

/** All of them, whatever fails: the event is committed. Returns the first failure of a port call, whose answer never comes. */
export function performEffects(
  targets: EffectTargets,
  cell: ActingCell,
  effects: readonly Effect[],
  cause: Cause,
): Error | undefined {
  let failure: Error | undefined
  for (const effect of effects) {
    try {
      perform(targets, cell, effect, cause)
    } catch (thrown) {
      const error = asError(thrown)
      targets.log.error('actors.effect.failed', { path: cell.path, kind: effect.kind, detail: error.message })
      failure ??= effect.kind === 'call' ? error : undefined
    }
  }
  return failure
}

function perform(targets: EffectTargets, cell: ActingCell, effect: Effect, cause: Cause): void {
  switch (effect.kind) {
    case 'send':
      targets.send(effect.to, { from: cell.address, message: effect.message, options: effect.options, cause })
      break
    case 'tell':
      targets.tell(effect.to, effect.event, cause)
      break
    case 'setTimer':
      cell.setTimer(effect.name, effect.delayMs, effect.event, cause)
      break
    case 'cancelTimer':
      cell.cancelTimer(effect.name)
      break
    case 'call':
      effect.start(cell.answerOf(cause))
      break
    case 'spawn':
      targets.spawn(effect.supervisor, effect.child)
      break
    case 'stop':
      targets.stop(effect.path)
      break
    case 'publish':
      targets.publish(effect.event)
      break
    default:
      effect satisfies never
  }
}
