// Tells agents for which roles they decide, and by which numbers. Done at each tick, from the same picture that is weighed.
import type { PlanInput } from '../decision/plan-input.ts'
import type { GroupEvent } from '../machines/group-machine.ts'
import { formatAddress } from '../protocol/address.ts'
import type { Candidate, Designations } from './designations.ts'
import type { Effects } from './effects.ts'
import { decisionPath, groupPath } from './paths.ts'
import { type BookGroup, type BookRole, bookBlade, type SiteBook } from './site-book.ts'
import type { SiteMemory } from './site-memory.ts'
import type { SitePicture } from './site-picture.ts'

export interface DesignateParts {
  readonly book: SiteBook
  readonly memory: Pick<SiteMemory, 'rules'>
  readonly picture: SitePicture
  readonly designations: Designations
}

export function designateAll(effects: Effects, parts: DesignateParts, input: PlanInput, now: number): void {
  for (const group of parts.book.groups)
    for (const role of group.roles) designate(effects, parts, input, group, role, now)
}

function designate(
  effects: Effects,
  { book, memory, picture, designations }: DesignateParts,
  input: PlanInput,
  group: BookGroup,
  role: BookRole,
  now: number,
): void {
  const ofRole = input.blades.filter((blade) => blade.group === group.group && blade.role === role.role)
  const candidates = ofRole.flatMap(({ blade, lifecycle }): Candidate[] => {
    const agent = lifecycle === 'joined' ? bookBlade(book, blade)?.agent : undefined
    return agent !== undefined && picture.isUp(agent) ? [{ blade, agent }] : []
  })
  const onTheWay = input.blades.filter(({ inMove }) => {
    const to = inMove?.to
    return to?.kind === 'group' && to.group === group.group && to.role === role.role
  })
  const staying = ofRole.filter(({ lifecycle, inMove }) => lifecycle === 'joined' && inMove === null)
  const { tell, isMoved } = designations.choose(
    {
      type: 'decision.designate',
      group: group.group,
      role: role.role,
      on: true,
      responseLimitMs: group.responseLimitMs,
      ratePerBlade: role.ratePerBlade,
      priority: group.priority,
      bootMs: Math.round(picture.bootMsOf(group.group, role.role)),
      held: staying.length + onTheWay.length,
      rules: memory.rules.at(-1)?.text ?? book.rules,
      thresholds: book.thresholds,
    },
    candidates,
    now,
  )
  if (isMoved) effects.tell(groupPath(group.group), { type: 'group.wish.dropped', role: role.role } as GroupEvent)
  for (const { agent, message } of tell)
    effects.send(formatAddress(book.site, agent, decisionPath(group.group, role.role)), message)
}
