// What a site master must not forget: open moves, what operators said, which roles were filled once, and which ids are taken.
// Read from the journal when it starts; from then on the journal is only written, and this is kept in step.
import { z } from 'zod'
import { allocationFound, slaConsented, usageMeasured } from '../accounts/ledger-records.ts'
import { SlaBook, slaSet, slaVersion } from '../accounts/sla-book.ts'
import { looseBrake, type StormBrake, type StormRelease } from '../decision/storm-brake.ts'
import type { MoveInput } from '../machines/move-machine.ts'
import {
  type BladeId,
  bladeId,
  type DecisionId,
  decisionId,
  groupId,
  type MoveId,
  type NodeId,
  nodeId,
  numberedId,
  numberOf,
  roleId,
} from '../protocol/ids.ts'
import { reason } from '../protocol/messages.ts'
import { type Voters, voters } from '../protocol/pair.ts'
import type { JournalEntry } from './effects.ts'
import { decidedMove, openMoves } from './move-journal.ts'
import { bladeTrusted, foldedQuarantines, noteTrust, type Quarantines } from './quarantines.ts'
import {
  alwaysRedundant,
  foldedRedundancy,
  type RedundancyHistory,
  redundancyAfter,
  redundancyKept,
  redundancyLost,
  redundancyRestored,
} from './redundancy.ts'
import { noteVersion, type RulesVersions, rulesSet } from './rule-versions.ts'
import type { Lent } from './site-loans.ts'

type Operation = 'hold' | 'cordon'

export interface SiteMemory {
  /** Under way when the journal ended. */
  readonly openMoves: readonly MoveInput[]
  readonly held: Set<string>
  readonly cordoned: Set<string>
  readonly quarantines: Quarantines
  /** Blades that serve other sites' groups. */
  readonly lent: readonly Lent[]
  /** Roles (`group/role`) that reached their level of the start once. */
  readonly initialised: Set<string>
  readonly storm: StormMemory
  /** Of the fuzzy rules; the newest is in force. */
  readonly rules: RulesVersions
  /** What was agreed with accounts. */
  readonly sla: SlaBook
  redundancy: RedundancyHistory
  /** Blades that site masters were given in the place of those of the configuration. */
  readonly placed: Map<NodeId, BladeId>
  /** The highest numbers that were given to moves and decisions. */
  given(): { readonly moves: number; readonly decisions: number }
  nextMove(): MoveId
  nextDecision(): DecisionId
}

export interface StormMemory {
  /** A brake that held when the journal ended. */
  readonly began: { readonly at: number; readonly lost: readonly BladeId[] } | null
  release: StormRelease | null
}

const planned = decidedMove.pick({ blade: true, from: true, fromRole: true, to: true, cause: true, why: true })

export const masterPlaced = z.object({ type: z.literal('master.placed'), master: nodeId, blade: bladeId })

const stormAt = { at: z.number(), lost: z.array(bladeId) }

export const decisionMade = z.object({
  type: z.literal('decision.made'),
  decision: decisionId,
  decidedIndex: z.number(),
  moves: z.array(decidedMove),
  wished: z.array(planned),
  turnedDown: z.array(z.object({ group: groupId, role: roleId, count: z.number(), reason })),
  reasons: z.array(reason),
})

const entry = z.discriminatedUnion('type', [
  /** The first record of a leader. */
  z.object({ type: z.literal('epoch.began'), epoch: z.number(), lostAfter: z.number().nullable() }),
  z.object({
    type: z.literal('master.operated'),
    operation: z.enum(['hold', 'cordon', 'release']),
    subject: z.string(),
    on: z.boolean(),
  }),
  z.object({
    type: z.literal('loan.kept'),
    loan: z.string(),
    group: groupId,
    role: roleId,
    blades: z.array(bladeId),
    isReturning: z.boolean(),
  }),
  z.object({ type: z.literal('loan.closed'), loan: z.string() }),
  z.object({ type: z.literal('role.initialised'), role: z.string() }),
  z.object({ type: z.literal('voters.kept'), voters }),
  redundancyLost,
  redundancyRestored,
  redundancyKept,
  masterPlaced,
  bladeTrusted,
  z.object({ type: z.literal('storm.began'), ...stormAt }),
  z.object({ type: z.literal('storm.ended') }),
  /** An operator's word: these blades are lost. */
  z.object({ type: z.literal('storm.accepted'), ...stormAt }),
  /** In a snapshot: the highest numbers that were given. */
  z.object({ type: z.literal('ids.given'), moves: z.number(), decisions: z.number(), lossEpoch: z.number() }),
  /** What was decided, and why; the moves that are to be made. `wished` are those that advice stopped at. */
  decisionMade,
  rulesSet,
  slaSet,
  slaConsented,
  usageMeasured,
  allocationFound,
  /** In a snapshot: the ledger (accounts/ledger.ts), and with it every agreement. */
  z.object({ type: z.literal('ledger.kept'), state: z.object({ versions: z.array(slaVersion) }) }),
])
export type SiteEntry = z.infer<typeof entry>

/** More than a master can have given while its peer was away. */
const idsSkipped = 1_000_000

export function siteMemory(entries: readonly JournalEntry[]): SiteMemory {
  const held = new Set<string>()
  const cordoned = new Set<string>()
  const initialised = new Set<string>()
  const lent = new Map<string, Lent>()
  let began: StormMemory['began'] = null
  let release: StormRelease | null = null
  const placed = new Map<NodeId, BladeId>()
  const quarantines: Quarantines = new Map()
  const sla = new SlaBook()
  const rules: RulesVersions = []
  let redundancy = alwaysRedundant
  let moves = 0
  let decisions = 0
  for (const one of entries) {
    if (one.type.startsWith('move.')) continue
    const parsed = entry.parse(one)
    switch (parsed.type) {
      case 'epoch.began':
        // Boards remember commands by the ids of moves: none that was given in what was lost may be given again.
        if (parsed.lostAfter !== null) {
          moves += idsSkipped
          decisions += idsSkipped
        }
        break
      case 'master.operated':
        if (parsed.operation === 'release') quarantines.delete(parsed.subject)
        else mark(parsed.operation === 'hold' ? held : cordoned, parsed.subject, parsed.on)
        break
      case 'blade.trusted':
        noteTrust(quarantines, parsed.blade, parsed)
        break
      case 'loan.kept':
        lent.set(parsed.loan, parsed)
        break
      case 'loan.closed':
        lent.delete(parsed.loan)
        break
      case 'role.initialised':
        initialised.add(parsed.role)
        break
      case 'voters.kept':
        break
      case 'redundancy.lost':
      case 'redundancy.restored':
      case 'redundancy.kept':
        redundancy = redundancyAfter(redundancy, parsed)
        break
      case 'master.placed':
        placed.set(parsed.master, parsed.blade)
        break
      case 'storm.began':
        began = { at: parsed.at, lost: parsed.lost }
        break
      case 'storm.ended':
        began = null
        break
      case 'storm.accepted':
        release = { at: parsed.at, lost: parsed.lost }
        began = null
        break
      case 'ids.given':
        moves = Math.max(moves, parsed.moves)
        decisions = Math.max(decisions, parsed.decisions)
        break
      case 'rules.set':
        noteVersion(rules, parsed)
        break
      case 'sla.set':
        sla.add(parsed)
        break
      case 'ledger.kept':
        for (const version of parsed.state.versions) sla.add(version)
        break
      case 'sla.consented':
      case 'usage.measured':
      case 'allocation.found':
        break
      case 'decision.made':
        decisions = Math.max(decisions, numberOf(parsed.decision))
        moves = Math.max(moves, ...parsed.moves.map(({ move }) => numberOf(move)))
        break
      default:
        parsed satisfies never
    }
  }
  return {
    openMoves: openMoves(entries),
    lent: [...lent.values()],
    held,
    cordoned,
    quarantines,
    initialised,
    storm: { began, release },
    sla,
    rules,
    redundancy,
    placed,
    given: () => ({ moves, decisions }),
    nextMove: () => numberedId('mv', ++moves),
    nextDecision: () => numberedId('d', ++decisions),
  }
}

/** As the next weighing is to find it: whoever led before may have held it, and an operator may have spoken. */
export function brakeOf({ began, release }: StormMemory, now: number): StormBrake {
  return {
    ...looseBrake,
    // By another machine's clock.
    since: began === null ? null : Math.min(began.at, now),
    lost: began?.lost ?? [],
    accepted: release?.lost ?? [],
    heardAt: release?.at ?? null,
  }
}

/** In which a loss was accepted last: what boards obeyed before it is not looked for in the journal. 0: never. */
export function lossEpochOf(entries: readonly JournalEntry[]): number {
  return entries.reduce((last, one) => {
    if (one.type === 'epoch.began' && one.lostAfter !== null) return Number(one.epoch)
    return one.type === 'ids.given' ? Math.max(last, Number(one.lossEpoch)) : last
  }, 0)
}

/** The list of voting boards that a leader settled on last. Boards may know of a newer one. */
export function votersOf(entries: readonly JournalEntry[]): Voters | null {
  const last = entries.findLast(({ type }) => type === 'voters.kept')
  return last === undefined ? null : voters.parse(last.voters)
}

/** The fewest entries that give the same memory: a site that has run for a year fits into a page, but for its moves under way. */
export function foldedEntries(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  const memory = siteMemory(entries)
  const kept = votersOf(entries)
  const { began, release } = memory.storm
  const open = new Set(memory.openMoves.map(({ move }) => move))
  const marks = (operation: Operation) => (subject: string) => ({
    type: 'master.operated',
    operation,
    subject,
    on: true,
  })
  return [
    { type: 'ids.given', ...memory.given(), lossEpoch: lossEpochOf(entries) },
    ...(kept === null ? [] : [{ type: 'voters.kept', voters: kept }]),
    ...[...memory.held].map(marks('hold')),
    ...[...memory.cordoned].map(marks('cordon')),
    ...[...memory.initialised].map((role) => ({ type: 'role.initialised', role })),
    ...foldedQuarantines(memory.quarantines),
    ...foldedRedundancy(memory.redundancy),
    ...[...memory.placed].map(([master, blade]) => ({ type: 'master.placed', master, blade })),
    ...(release === null ? [] : [{ ...release, type: 'storm.accepted' }]),
    ...(began === null ? [] : [{ ...began, type: 'storm.began' }]),
    ...memory.rules.map((version) => ({ type: 'rules.set', ...version })),
    ...memory.lent.map((loan) => ({ ...loan, type: 'loan.kept' })),
    ...entries.flatMap((one) => {
      if (one.type.startsWith('move.')) return open.has(String(one.move)) ? [one] : []
      if (one.type !== 'decision.made') return []
      const decided = decisionMade.parse(one)
      const moves = decided.moves.filter(({ move }) => open.has(move))
      return moves.length === 0 ? [] : [{ ...decided, moves, wished: [], turnedDown: [], reasons: [] }]
    }),
  ]
}

export function mark(set: Set<string>, subject: string, on: boolean): void {
  if (on) set.add(subject)
  else set.delete(subject)
}
