// What the storm brake says to the outside: an alarm that stands, and records from which whoever takes over knows of it.
import type { PlanResult } from '../decision/plan-result.ts'
import type { StormBrake } from '../decision/storm-brake.ts'
import type { SiteMasterContext } from '../machines/site-master-machine.ts'
import type { Effects } from './effects.ts'
import type { SiteMemory } from './site-memory.ts'

/** @returns whether the brake is another than before */
export function noteBrake(effects: Effects, former: StormBrake, { memory: { brake }, reasons }: PlanResult): boolean {
  if (brake.since === former.since) return false
  const alarm = { at: effects.now, alarm: 'STORM_BRAKE' } as const
  if (brake.since === null) {
    const by = brake.heardAt === former.heardAt ? 'itself' : 'operator'
    effects.journal({ type: 'storm.ended' })
    effects.publish({ type: 'alarm.cleared', ...alarm, by })
  } else {
    const { since, lost } = brake
    effects.journal({ type: 'storm.began', at: since, lost: [...lost] })
    effects.publish({ type: 'alarm.raised', ...alarm, text: reasons[0]?.text ?? '', lost })
  }
  return true
}

/** An operator says that what looks lost is lost: the next weighing replaces it. */
export function acceptLosses(effects: Effects, { storm }: SiteMemory, { memory: { brake } }: SiteMasterContext): void {
  if (brake.since === null) return
  const release = { at: effects.now, lost: [...brake.lost] }
  effects.journal({ type: 'storm.accepted', ...release })
  storm.release = release
}
