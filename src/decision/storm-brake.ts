// The storm brake: when many blades look lost at once it is rather the channel or the master that is ill than the blades. Nothing is
// replaced, rebooted or scrubbed then, until fewer look lost or an operator says that the loss is real. Moves under way go on.
//
// Two kinds of loss, for they do not weigh the same:
//   silent   nothing is heard of its board. A storm holds as long as too many are silent that fell silent with it; one that was silent
//            long before is no part of it. To a master that has just begun, whoever it does not hear is silent from then on.
//   failed   its board answers, and says that the blade ended. That counts for one window: a board that has said the same for so long is
//            to be believed, and a site whose power failed must come up again without a person.
// Cordoned blades do not count: an operator knows of them.
import type { BladeId } from '../protocol/ids.ts'
import type { Reason } from '../protocol/messages.ts'

export interface StormLimits {
  /** More than this many… */
  readonly lostMax: number
  /** …and more than this share of the site's blades… */
  readonly lostShareMax: number
  /** …lost within this time are a storm. */
  readonly windowMs: number
}

export interface StormBrake {
  /** Since when it holds; null while it does not. */
  readonly since: number | null
  /** Blades that make the storm; empty while it does not hold. */
  readonly lost: readonly BladeId[]
  /** Every blade that looks lost now, and since when. */
  readonly losses: readonly Loss[]
  /** Lost for good, as an operator said: not counted until they are seen well again. */
  readonly accepted: readonly BladeId[]
  /** The operator's word that was heard last. */
  readonly heardAt: number | null
}

/** What the brake looks at. */
export interface StormBlade {
  readonly blade: BladeId
  readonly lifecycle: string
  readonly cordoned: boolean
  readonly silent?: boolean
}

export interface StormPicture {
  readonly blades: readonly StormBlade[]
  readonly limits: StormLimits
  /** The operator's last word. */
  readonly release: StormRelease | null
}

export interface Loss {
  readonly blade: BladeId
  readonly kind: 'silent' | 'failed'
  readonly at: number
}

/** An operator's word: these are lost, whatever it looks like. */
export interface StormRelease {
  readonly at: number
  readonly lost: readonly BladeId[]
}

export const looseBrake: StormBrake = { since: null, lost: [], losses: [], accepted: [], heardAt: null }

export function stepBrake(before: StormBrake, { blades, limits, release }: StormPicture, now: number): StormBrake {
  const former = heard(before, release)
  const losses = blades.flatMap((blade) => lossOf(blade, former, now))
  const accepted = former.accepted.filter((blade) => losses.some((loss) => loss.blade === blade))
  const lost = losses.filter((loss) => isCounted(loss, { ...former, accepted }, limits, now))
  const isStorm = lost.length > stormLimit(blades.length, limits)
  return {
    since: isStorm ? (former.since ?? now) : null,
    lost: isStorm ? lost.map(({ blade }) => blade) : [],
    losses,
    accepted,
    heardAt: former.heardAt,
  }
}

/** So many may be lost at once, and are replaced. */
export function stormLimit(bladeCount: number, { lostMax, lostShareMax }: StormLimits): number {
  return Math.max(lostMax, Math.floor(lostShareMax * bladeCount))
}

export function stormReason({ lost, losses }: StormBrake, bladeCount: number, storm: StormLimits): Reason {
  const limit = stormLimit(bladeCount, storm)
  const silent = losses.filter(({ blade, kind }) => kind === 'silent' && lost.includes(blade)).length
  const text = `${lost.length} of ${bladeCount} blades look lost at once (${silent} silent), more than ${limit}: nothing is replaced until fewer do, or an operator says so`
  return { code: 'STORM_BRAKE', text, numbers: { lost: lost.length, silent, blades: bladeCount, limit } }
}

function heard(former: StormBrake, release: StormRelease | null): StormBrake {
  if (release === null || release.at === former.heardAt) return former
  return { ...former, since: null, accepted: [...former.accepted, ...release.lost], heardAt: release.at }
}

function lossOf(blade: StormBlade, { losses }: StormBrake, now: number): Loss[] {
  const kind = blade.silent === true ? 'silent' : blade.lifecycle === 'failed' ? 'failed' : null
  if (kind === null || blade.cordoned) return []
  const before = losses.find((loss) => loss.blade === blade.blade && loss.kind === kind)
  return [before ?? { blade: blade.blade, kind, at: now }]
}

function isCounted(
  { blade, kind, at }: Loss,
  { since, accepted }: StormBrake,
  { windowMs }: StormLimits,
  now: number,
): boolean {
  if (accepted.includes(blade)) return false
  if (now - at <= windowMs) return true
  return kind === 'silent' && since !== null && at >= since - windowMs
}
