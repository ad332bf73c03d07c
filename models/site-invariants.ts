// The promises that can be seen from outside, as sentences over what is really on each blade, what each gate carried out and what each
// journal holds. Independent of the code that keeps them: whoever looks (the simulator into its hardware, the demonstration at boards
// and balancer) says what it found. How many masters there are makes no difference here.
import type { CommandOrder } from '../src/protocol/board.ts'
import type { BladeId, GroupId, MoveId, NodeId } from '../src/protocol/ids.ts'

export interface SeenSite {
  readonly blades: readonly SeenBlade[]
  readonly moves: readonly { readonly move: MoveId; readonly blade: BladeId }[]
}

export interface SeenBlade {
  readonly blade: BladeId
  /** Whom each place names: `pointers`, `image`, `volumes`, `networks`, `members`, …; a place that names nobody is left out. */
  readonly places: readonly { readonly place: string; readonly group: GroupId }[]
}

/** Sentences that do not hold at one instant; empty when all is well. */
export function violations({ blades, moves }: SeenSite): string[] {
  return [...blades.flatMap(oneGroupAtMost), ...oneMoveAtMost(moves)]
}

/** Promise 1. */
function oneGroupAtMost({ blade, places }: SeenBlade): string[] {
  const [first] = places
  if (first === undefined || places.every(({ group }) => group === first.group)) return []
  const found = places.map(({ place, group }) => `${place} ${group}`).join(', ')
  return [`${blade} is in more than one group: ${found}`]
}

function oneMoveAtMost(moves: SeenSite['moves']): string[] {
  const seen = new Map<BladeId, MoveId>()
  return moves.flatMap(({ move, blade }) => {
    const other = seen.get(blade)
    seen.set(blade, move)
    return other === undefined ? [] : [`${blade} is in two moves at once: ${other} and ${move}`]
  })
}

// — over time ————————————————————————————————————————————————————————————————————————————————————

/** What happened, in order of time. */
export type SeenEvent =
  /** Something on the blade, or its membership, may be another than before. */
  | { readonly type: 'blade'; readonly seen: SeenBlade }
  /** An outside check found nothing, and a receipt was issued. */
  | { readonly type: 'receipt'; readonly blade: BladeId }
  /** The blade was switched on. */
  | { readonly type: 'boot'; readonly blade: BladeId; readonly bootId: string }
  /** A gate took a command. */
  | { readonly type: 'command'; readonly blade: BladeId; readonly key: string; readonly order: CommandOrder }
  /** A master leads from now on. `others`: those that run and hold themselves to be leading. */
  | { readonly type: 'leads'; readonly master: NodeId; readonly epoch: number; readonly others: readonly NodeId[] }
  /** A master may act on this record, or has it from the one that may. */
  | { readonly type: 'committed'; readonly master: NodeId; readonly record: SeenRecord }
  /** An operator accepted the loss of what comes after this record. */
  | { readonly type: 'lossAccepted'; readonly index: number }

export interface SeenRecord {
  readonly index: number
  readonly epoch: number
  /** As text: equal when it is the same. */
  readonly content: string
  readonly facts: readonly RecordFact[]
}

export type RecordFact =
  | { readonly type: 'moveDecided'; readonly move: MoveId; readonly blade: BladeId }
  /** `key`: of the command, as commandKey says it. */
  | { readonly type: 'stepAnnounced'; readonly key: string }
  | { readonly type: 'moveEnded'; readonly move: MoveId }

export interface SiteInvariants {
  /** Sentences that this event broke. */
  see(event: SeenEvent): readonly string[]
  /** Decided and not ended. */
  openMoves(): readonly MoveId[]
}

interface History {
  /** Whose traces were on it last. */
  lastGroup: GroupId | null
  /** Nobody has been on it since a receipt. */
  isProven: boolean
  epoch: number
  readonly boots: Set<string>
}

export function createSiteInvariants(): SiteInvariants {
  const blades = new Map<BladeId, History>()
  const openMoves = new Map<MoveId, BladeId>()
  const leaders = new Map<number, NodeId>()
  const records = new Map<number, SeenRecord>()
  const announced = new Map<string, number>()

  function historyOf(blade: BladeId): History {
    const found = blades.get(blade) ?? { lastGroup: null, isProven: false, epoch: 0, boots: new Set<string>() }
    blades.set(blade, found)
    return found
  }

  /** Promises 1 and 2. */
  function seeBlade(seen: SeenBlade): string[] {
    const history = historyOf(seen.blade)
    const group = seen.places[0]?.group
    if (group === undefined) return []
    const { lastGroup, isProven } = history
    const isUnproven = group !== lastGroup && !isProven
    history.lastGroup = group
    history.isProven = false
    const after = lastGroup ?? 'an unknown history'
    return [
      ...oneGroupAtMost(seen),
      ...(isUnproven ? [`${seen.blade} entered ${group} after ${lastGroup ?? after} without a receipt`] : []),
    ]
  }

  /** Promise 4: a boot is named by its command, so the same one twice is an effect twice. */
  function seeBoot(blade: BladeId, bootId: string): string[] {
    const { boots } = historyOf(blade)
    const isRepeated = boots.has(bootId)
    boots.add(bootId)
    return isRepeated ? [`${blade} was booted twice as ${bootId}`] : []
  }

  function seeFact(index: number, fact: RecordFact): string[] {
    switch (fact.type) {
      case 'moveDecided': {
        const other = [...openMoves].find(([, blade]) => blade === fact.blade)?.[0]
        openMoves.set(fact.move, fact.blade)
        return other === undefined ? [] : [`${fact.blade} is in two moves at once: ${other} and ${fact.move}`]
      }
      case 'stepAnnounced':
        announced.set(fact.key, index)
        return []
      case 'moveEnded':
        openMoves.delete(fact.move)
        return []
      default:
        return fact satisfies never
    }
  }

  /** Promise 3 at the gate, and promise 4: nothing is done that is not committed. */
  function seeCommand(blade: BladeId, key: string, { epoch }: CommandOrder): string[] {
    const history = historyOf(blade)
    const former = history.epoch
    history.epoch = Math.max(former, epoch)
    return [
      ...(epoch < former ? [`${blade} took ${key} of epoch ${epoch} after one of epoch ${former}`] : []),
      ...(announced.has(key) ? [] : [`${blade} took ${key}, which is in no committed record`]),
    ]
  }

  /** Promise 3. */
  function seeLeader(master: NodeId, epoch: number, others: readonly NodeId[]): string[] {
    const other = leaders.get(epoch)
    leaders.set(epoch, master)
    return [
      ...(other === undefined || other === master ? [] : [`${other} and ${master} lead in epoch ${epoch}`]),
      ...others.map((one) => `${master} leads in epoch ${epoch} while ${one} leads too`),
    ]
  }

  /** Promise 4: one history, whoever tells it. */
  function seeRecord(master: NodeId, record: SeenRecord): string[] {
    const known = records.get(record.index)
    if (known === undefined) {
      records.set(record.index, record)
      return record.facts.flatMap((fact) => seeFact(record.index, fact))
    }
    if (known.epoch === record.epoch && known.content === record.content) return []
    const both = `${known.epoch} ${known.content}, then ${record.epoch} ${record.content}`
    return [`record ${record.index} was committed as two, the second at ${master}: ${both}`]
  }

  function forgetAfter(index: number): void {
    for (const known of records.keys()) if (known > index) records.delete(known)
    for (const [key, at] of announced) if (at > index) announced.delete(key)
  }

  return {
    openMoves: () => [...openMoves.keys()],
    see(event) {
      switch (event.type) {
        case 'blade':
          return seeBlade(event.seen)
        case 'receipt':
          historyOf(event.blade).isProven = true
          return []
        case 'boot':
          return seeBoot(event.blade, event.bootId)
        case 'command':
          return seeCommand(event.blade, event.key, event.order)
        case 'leads':
          return seeLeader(event.master, event.epoch, event.others)
        case 'committed':
          return seeRecord(event.master, event.record)
        case 'lossAccepted':
          forgetAfter(event.index)
          return []
        default:
          return event satisfies never
      }
    },
  }
}
