// Once a period the leader writes down what every group needed and used, and where a blade turns out to be that the ledger has elsewhere.
import type { AnyMachineSnapshot } from 'xstate'
import type { Ledger } from '../accounts/ledger.ts'
import type { UsageMeasured } from '../accounts/ledger-records.ts'
import type { PlanBlade, PlanInput } from '../decision/plan-input.ts'
import type { GroupContext } from '../machines/group-machine.ts'
import type { Effects, JournalEntry } from './effects.ts'
import { groupPath } from './paths.ts'
import type { SiteBook } from './site-book.ts'
import type { SitePicture } from './site-picture.ts'
import type { Measures } from './usage-meters.ts'

export interface SiteUsageParts {
  readonly book: SiteBook
  readonly picture: SitePicture
  readonly ledger: Ledger
  snapshot(path: string): AnyMachineSnapshot | undefined
}

export class SiteUsage {
  private readonly effects: Effects
  private readonly parts: SiteUsageParts
  private noted: number | undefined

  constructor(effects: Effects, parts: SiteUsageParts) {
    this.effects = effects
    this.parts = parts
  }

  /** To be called at every weighing. */
  tick({ blades }: PlanInput, now: number): void {
    const { noted } = this
    if (noted !== undefined && now - noted < this.parts.book.usageMs) return
    this.noted = now
    for (const blade of blades) this.reconcile(blade)
    const groups = this.parts.book.groups.map(({ group }) => this.usageOf(group, blades))
    // What came before this leadership is not known.
    if (noted === undefined) return
    const entry = { type: 'usage.measured', periodMs: Math.round(now - noted), groups, resources: [] }
    this.effects.journal(entry as JournalEntry)
  }

  /** A record that is on its way says the same once more, and changes nothing. */
  private reconcile({ blade, lifecycle, group, role, inMove }: PlanBlade): void {
    if (inMove !== null || !['joined', 'cold', 'warm'].includes(lifecycle)) return
    const place = lifecycle === 'joined' && group !== null && role !== null ? { group, role } : null
    const held = this.parts.ledger.holdings.of(blade)
    const isSame = held === undefined ? place === null : place !== null && held.item === `${place.group}/${place.role}`
    if (!isSame || held?.isServing === false) this.effects.journal({ type: 'allocation.found', blade, place })
  }

  private usageOf(group: string, blades: readonly PlanBlade[]): UsageMeasured['groups'][number] {
    const { book, picture, snapshot } = this.parts
    const context = snapshot(groupPath(group))?.context as GroupContext | undefined
    const roles = book.groups.find((one) => one.group === group)?.roles ?? []
    const ours = blades.filter((blade) => blade.group === group && blade.lifecycle === 'joined')
    const needs = roles.map(({ role }) => {
      const said = context?.wishes[role]
      const held = ours.filter((blade) => blade.role === role).length
      return { role, desired: said === undefined || said.kind === 'steady' ? held : said.desired }
    })
    return { group, measures: { ...picture.usage.take(group), ...resourceUse(ours, picture) }, roles: needs }
  }
}

function resourceUse(blades: readonly PlanBlade[], picture: SitePicture): Measures {
  const heard = blades.flatMap(({ blade }) => picture.statusOf(blade) ?? [])
  if (heard.length === 0) return {}
  const cpu = heard.reduce((sum, { cpuRatio }) => sum + cpuRatio, 0) / heard.length
  return { cpuRatio: cpu, memoryBytes: heard.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) }
}
