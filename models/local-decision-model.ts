// When a local decision speaks: only for whom it is designated, only when it has an opinion, and then when that is another one than it
// said last, or a second has passed. What its opinion is, decision/ knows; here it is given.
export interface LocalDecisionModel {
  readonly state: 'idle' | 'learning' | 'steady' | 'requesting' | 'offering'
  /** Group and role. */
  readonly designatedFor: readonly [group: string, role: string] | null
  /** Kind and level of what was said last, and when. */
  readonly said: readonly [kind: string, desired: number, at: number] | null
  /** Did the last event make it speak. */
  readonly spoke: boolean
}

export interface GivenOpinion {
  readonly kind: 'request' | 'offer' | 'steady'
  readonly desired: number
}

export type LocalDecisionModelEvent =
  | { type: 'designate'; group: string; role: string; isOn: boolean; at?: number }
  | { type: 'report'; group: string; opinion: GivenOpinion | null; at?: number }

const repeatMs = 1_000
const states = { request: 'requesting', offer: 'offering', steady: 'steady' } as const

export const localDecisionModel = {
  initial: { state: 'idle', designatedFor: null, said: null, spoke: false } as LocalDecisionModel,

  step(before: LocalDecisionModel, event: LocalDecisionModelEvent): LocalDecisionModel {
    const cell = { ...before, spoke: false }
    if (event.type === 'designate') return designate(cell, event.group, event.role, event.isOn)
    if (event.group !== cell.designatedFor?.[0]) return cell
    if (event.opinion === null) return { ...cell, state: 'learning' }
    const { kind, desired } = event.opinion
    const at = event.at ?? 0
    const isNews =
      cell.said === null ||
      at - cell.said[2] >= repeatMs ||
      cell.said[0] !== kind ||
      (kind !== 'steady' && cell.said[1] !== desired)
    return { ...cell, state: states[kind], spoke: isNews, said: isNews ? [kind, desired, at] : cell.said }
  },

  invariants: {
    'who is designated for nobody is idle': ({ designatedFor, state }: LocalDecisionModel) =>
      (designatedFor === null) === (state === 'idle'),
    'who is idle has said nothing': ({ state, said }: LocalDecisionModel) => state !== 'idle' || said === null,
    'who speaks has an opinion': ({ spoke, state }: LocalDecisionModel) =>
      !spoke || ['steady', 'requesting', 'offering'].includes(state),
  },
}

function designate(cell: LocalDecisionModel, group: string, role: string, isOn: boolean): LocalDecisionModel {
  const isOwn = cell.designatedFor?.[0] === group && cell.designatedFor[1] === role
  if (!isOn) return isOwn ? localDecisionModel.initial : cell
  return isOwn ? cell : { state: 'learning', designatedFor: [group, role], said: null, spoke: false }
}
