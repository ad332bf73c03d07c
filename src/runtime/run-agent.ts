// The agent of a cabinet: the gates of its blades, and the local decisions that it is designated for.

import { BoardLeases, boardWords, wordEntries } from '../actors/board-leases.ts'
import type { CellSpec } from '../actors/child-spec.ts'
import { createActorSystem } from '../actors/create-actor-system.ts'
import {
  boardMemories,
  boardMemoryReader,
  implementHostBoard,
  memoryEntries,
  statusOf,
} from '../actors/implement-host-board.ts'
import { implementLocalDecision } from '../actors/implement-local-decision.ts'
import { boardPath, leasesPath } from '../actors/paths.ts'
import { freshMemory } from '../machines/host-board-gate.ts'
import type { HostBoardContext, HostBoardEvent, HostBoardInput } from '../machines/host-board-machine.ts'
import type { Answer } from '../ports/result.ts'
import { type Address, type AddressParts, formatAddress, parseAddress } from '../protocol/address.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { MessageOf } from '../protocol/messages.ts'
import type { LeaseAsk } from '../protocol/pair.ts'
import { probeDisk } from '../store/disk-probe.ts'
import { type Journal, openJournal } from '../store/journal.ts'
import { createCompactor, entriesUpTo } from '../store/journal-compaction.ts'
import type { JournalEntry } from '../store/journal-record.ts'
import { provided } from './provided.ts'
import type { AgentOptions, RunAgent, RunningAgent } from './run-options.ts'
import { boardHeartbeatMs } from './site-book-of.ts'
import { steadyClock } from './steady-clock.ts'

const journalFile = 'boards.journal'
/** Local decisions at one agent: more than there are roles is nonsense. */
const decisionCountMax = 256

export const runAgent: RunAgent = (options, ready) => {
  const { clock, disk, log } = options.ports
  probeDisk(disk, (probed) => {
    if (!probed.ok) return ready(probed)
    return openJournal(disk, { name: journalFile, clock, log }, (opened) => {
      if (!opened.ok) return ready(opened)
      return ready({ ok: true, value: start(options, opened.value.journal) })
    })
  })
}

/** What the boards must not forget, in the fewest entries. */
function foldBoards(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  return [...wordEntries(boardWords(entries)), ...memoryEntries(boardMemories(entries))]
}

function start(options: AgentOptions, journal: Journal): RunningAgent {
  const { site, node, incarnation, boards, ports } = options
  const { random, log, transport } = ports
  const clock = steadyClock(ports.clock)
  const past = entriesUpTo(journal, journal.lastIndex())
  // No board can be asked for its lease while this is folded: little at a time.
  const compactWhenDue = createCompactor({ journal, log, fold: foldBoards, bytesMin: 1024 * 1024 })
  function keep(entries: readonly JournalEntry[], answer: Answer<void>): void {
    journal.append(entries, (kept) => {
      answer(kept)
      if (kept.ok) compactWhenDue()
      // It writes nothing any more; the next life reads what is there.
      else options.ended?.(kept.detail, kept.code)
    })
  }
  /** Whom the boards follow; before that, whichever is linked. */
  const leader = () => {
    const followed = leases.leader()
    return followed !== undefined && transport.peers().includes(followed) ? followed : transport.peers()[0]
  }

  const system = createActorSystem({
    site,
    node,
    incarnation,
    clock,
    random,
    log,
    journal: keep,
    leader,
    route(envelope, to) {
      const next = transport.peers().includes(to) ? to : leader()
      return next === undefined ? 'refused' : transport.send(next, envelope)
    },
    onPublish(event) {
      if (event.type === 'system.failed') options.ended?.(`actors failed: ${JSON.stringify(event)}`)
    },
  })

  if (options.observe) system.inspect(options.observe)

  const leases = new BoardLeases({
    boards: boards.map(({ blade }) => blade),
    words: boardWords(past),
    incarnation,
    clock,
    journal: keep,
    lastOrderOf: (blade) => (system.snapshot(boardPath(blade))?.context ?? { memory: freshMemory }).memory.lastOrder,
  })
  const portsOf = new Map(boards.map((board) => [board.blade, { ...board, clock }]))
  const hostBoard = provided(
    implementHostBoard(system.effects, {
      site,
      log,
      portsOf(blade) {
        const found = portsOf.get(blade)
        if (!found) throw new Error(`no board for ${blade}`)
        return found
      },
      restored: boardMemoryReader({
        lastIndex: () => journal.lastIndex(),
        entriesUpTo: (index) => entriesUpTo(journal, index),
      }),
      leases,
    }),
  )
  const localDecision = provided(implementLocalDecision(system.effects, { site }))

  const boardCell = ({ blade, board }: AgentOptions['boards'][number]): CellSpec => {
    const { heartbeatMs = boardHeartbeatMs } = options
    const input: HostBoardInput = { blade, boardType: board.boardType, incarnation, heartbeatMs }
    return {
      kind: 'cell',
      id: blade,
      machine: hostBoard,
      input,
      wake: { type: 'board.woken' },
      shutdownEvent: { type: 'board.close' },
    }
  }

  system.start({
    kind: 'supervisor',
    id: '',
    strategy: 'oneForOne',
    children: [
      { kind: 'supervisor', id: 'boards', strategy: 'oneForOne', children: boards.map(boardCell) },
      { kind: 'supervisor', id: 'decisions', strategy: 'oneForOne', children: [] },
    ],
  })
  for (const { blade, board } of boards) board.onLost(() => system.tell(boardPath(blade), { type: 'board.blade.lost' }))

  function makeRoom(to: AddressParts | undefined): void {
    const id = to?.path.startsWith('decisions/') ? to.path.slice('decisions/'.length) : undefined
    if (id === undefined || system.has(`decisions/${id}`)) return
    if (system.paths('decisions/').length >= decisionCountMax) return
    system.spawn('decisions', { kind: 'cell', id, machine: localDecision, input: undefined })
  }

  /** A master speaks for itself only. */
  function askBoards(peer: NodeId, ask: LeaseAsk): void {
    if (ask.master !== peer) return
    const from = formatAddress(site, node, leasesPath, incarnation)
    leases.ask(ask, (body) => {
      transport.send(peer, { from, to: formatAddress(site, peer, leasesPath), lane: 'control', body })
    })
  }

  function command(
    from: Address,
    to: Address,
    { type, id, order, operation, nonce }: MessageOf<'board.command'>,
  ): void {
    const path = parseAddress(to)?.path ?? ''
    const standing = leases.standingOf(path.slice(boardPath('').length), order.epoch, nonce)
    system.tell(path, { type, id, order, operation, standing, from } as HostBoardEvent)
  }

  transport.start({
    linkUp: (peer, life) => system.linkUp(peer, life),
    linkLost: (peer, why) => system.linkLost(peer, why),
    received(peer, envelope) {
      const { body, from, to } = envelope
      if (body.type === 'lease.ask') askBoards(peer, body)
      else if (body.type === 'board.command') command(from, to, body)
      else {
        if (body.type === 'decision.designate') makeRoom(parseAddress(to))
        system.deliver(envelope)
      }
    },
  })

  return {
    statusOf(blade) {
      const snapshot = system.snapshot(boardPath(blade))
      if (!portsOf.has(blade) || snapshot === undefined || snapshot.value === 'mute') return undefined
      return statusOf(snapshot.context as HostBoardContext, leases.promisedOf(blade), clock.now())
    },
    stop(stopped) {
      system.stop(() => transport.stop(stopped))
    },
  }
}
