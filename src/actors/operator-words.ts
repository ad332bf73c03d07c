// What operators say of groups and blades, kept in the journal before it takes effect. To say it twice changes nothing.
import type { OperatorWord } from '../machines/site-master-machine.ts'
import type { Effects } from './effects.ts'
import { bladePath, groupPath } from './paths.ts'
import { mark, type SiteMemory } from './site-memory.ts'

export function heed(
  effects: Effects,
  { held, cordoned, quarantines }: SiteMemory,
  operation: Exclude<OperatorWord, 'unbrake'>,
  subject: string,
  on: boolean,
): void {
  effects.journal({ type: 'master.operated', operation, subject, on })
  if (operation === 'release') {
    quarantines.delete(subject)
    effects.tell(bladePath(subject), { type: 'blade.release' })
  } else if (operation === 'hold') {
    mark(held, subject, on)
    effects.tell(groupPath(subject), { type: on ? 'group.hold' : 'group.unhold' })
  } else {
    mark(cordoned, subject, on)
    effects.tell(bladePath(subject), { type: on ? 'blade.cordon' : 'blade.uncordon' })
  }
  effects.publish({ type: 'master.operated', at: effects.now, operation, subject, on })
}
