// Tells the invariants of models/ what happens in a simulated site, as it happens: what is on a blade when it changes, what a gate takes,
// who leads, which records may be acted on. Nothing is looked at that has not changed, so that it can be looked at after every event.
import { createSiteInvariants, type RecordFact, type SeenBlade, type SeenEvent } from '../../models/site-invariants.ts'
import type { Observation } from '../actors/actor-system.ts'
import { type BoardStep, type CommandId, type CommandOrder, commandKey } from '../protocol/board.ts'
import type { BladeId, GroupId, MoveId, NodeId } from '../protocol/ids.ts'
import type { RunningMaster } from '../runtime/run-options.ts'
import type { JournalRecord } from '../store/journal-record.ts'
import type { HardwareWitness } from './simulated-blade.ts'
import type { BladeContents } from './simulated-hardware.ts'

export interface WatchParts {
  nowMs(): number
  /** A sentence that was not found before. */
  broken(sentence: string): void
  contents(blade: BladeId): BladeContents
  /** Groups whose member list names the blade. */
  memberOf(blade: BladeId): readonly GroupId[]
  /** Of processes that run and do not stand still. */
  awakeMasters(): readonly (readonly [NodeId, RunningMaster])[]
}

export interface Violation {
  readonly atMs: number
  readonly sentence: string
}

export interface PromiseWatch {
  readonly witness: HardwareWitness
  /** Of an agent. */
  observe(observation: Observation): void
  logged(node: NodeId, event: string, fields: Readonly<Record<string, unknown>>): void
  recorded(node: NodeId, records: readonly JournalRecord[]): void
  /** Something that is no promise of the farm went wrong, and should not. */
  note(sentence: string): void
  /** Each sentence once. */
  violations(): readonly Violation[]
  openMoves(): readonly MoveId[]
}

export function watchPromises(parts: WatchParts): PromiseWatch {
  const invariants = createSiteInvariants()
  const found = new Map<string, Violation>()
  /** Of each host board's cell, by path. */
  const states = new Map<string, unknown>()

  function note(sentence: string): void {
    if (found.has(sentence)) return
    found.set(sentence, { atMs: parts.nowMs(), sentence })
    parts.broken(sentence)
  }

  function see(event: SeenEvent): void {
    for (const sentence of invariants.see(event)) note(sentence)
  }

  function leads(node: NodeId): void {
    const held = parts.awakeMasters().filter(([, one]) => isInEffect(one))
    const own = held.find(([other]) => other === node)
    if (!own) return
    const others = held.flatMap(([other]) => (other === node ? [] : [other]))
    see({ type: 'leads', master: node, epoch: own[1].role().epoch, others })
  }

  /** Promise 2, from inside the blade: what its master holds to be scrubbed and in nobody's hands has no trace of anybody. */
  function checkPool(node: NodeId, blade: BladeId): void {
    const { groups } = parts.contents(blade)
    if (groups.length === 0) return
    const master = parts.awakeMasters().find(([other, one]) => other === node && isInEffect(one))?.[1]
    const known = master?.status().blades.find((one) => one.blade === blade)
    if (known?.lifecycle !== 'cold' || !known.hasReceipt || known.move !== null) return
    for (const group of groups) note(`${blade} is in the pool with traces of ${group}`)
  }

  return {
    witness: {
      changed: (blade) => see({ type: 'blade', seen: seenBlade(blade, parts) }),
      receiptIssued: (blade) => see({ type: 'receipt', blade }),
      booted: (blade, bootId) => see({ type: 'boot', blade, bootId }),
    },
    observe({ kind, path, event, state }) {
      if (kind !== 'event' || !path.startsWith('boards/')) return
      const former = states.get(path)
      states.set(path, state)
      if (event?.type !== 'board.command' || state !== 'executing' || former === 'executing') return
      const { id, order } = event as typeof event & { readonly id: CommandId; readonly order: CommandOrder }
      see({ type: 'command', blade: path.slice('boards/'.length), key: commandKey(id), order })
    },
    logged(node, event, fields) {
      if (event === 'master.changed') leads(node)
      if (event === 'blade.changed' && fields.move === null && fields.group === null)
        checkPool(node, String(fields.blade))
      if (event === 'pair.loss.accepted') see({ type: 'lossAccepted', index: Number(fields.lostAfter) })
      if (event === 'actors.cell.crashed' && !String(fields.code).startsWith('DISK_'))
        note(`${node}: ${fields.path} crashed on ${fields.event}: ${fields.code} ${fields.detail}`)
    },
    recorded(node, records) {
      for (const { index, epoch, entry } of records) {
        const record = { index, epoch, content: JSON.stringify(entry), facts: factsOf(entry) }
        see({ type: 'committed', master: node, record })
      }
    },
    note,
    violations: () => [...found.values()],
    openMoves: invariants.openMoves,
  }
}

/** By its own account and its own clock it holds the boards' leases. */
export function isInEffect(master: RunningMaster): boolean {
  return master.role().holdsLease
}

function seenBlade(blade: BladeId, { contents, memberOf }: WatchParts): SeenBlade {
  const { pointers, image, memory, logs, volumes, network } = contents(blade)
  const places: { place: string; group: GroupId }[] = []
  const add = (place: string, group: GroupId | null) => {
    if (group !== null) places.push({ place, group })
  }
  add('pointers', pointers)
  add('image', image)
  add('memory', memory)
  add('logs', logs)
  for (const { volume, group } of volumes) add(`volume ${volume}`, group)
  add('networks', network)
  for (const group of memberOf(blade)) add('members', group)
  return { blade, places }
}

interface MoveEntry {
  readonly moves?: readonly { readonly move: MoveId; readonly blade: BladeId }[]
  readonly move?: MoveId
  readonly step?: BoardStep
  readonly attempt?: number
}

function factsOf(entry: JournalRecord['entry']): RecordFact[] {
  const { moves = [], move = '', step, attempt = 0 } = entry as MoveEntry
  if (entry.type === 'decision.made')
    return moves.map((one) => ({ type: 'moveDecided', move: one.move, blade: one.blade }))
  if (entry.type === 'move.ended') return [{ type: 'moveEnded', move }]
  if (entry.type === 'move.intent' && step) return [{ type: 'stepAnnounced', key: commandKey({ move, step, attempt }) }]
  return []
}
