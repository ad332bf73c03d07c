// The site master: its supervised tree, what comes in from the channel, and what it records.

import type { ActorSystem } from '../actors/actor-system.ts'
import type { CellSpec, ChildSpec, SupervisorSpec } from '../actors/child-spec.ts'
import { createActorSystem } from '../actors/create-actor-system.ts'
import { Designations } from '../actors/designations.ts'
import type { PublicEvent } from '../actors/effects.ts'
import { keepEpoch, readEpoch } from '../actors/epoch-file.ts'
import { implementBlade } from '../actors/implement-blade.ts'
import { implementChannel } from '../actors/implement-channel.ts'
import { implementGroup } from '../actors/implement-group.ts'
import { implementMove } from '../actors/implement-move.ts'
import { implementSiteMaster } from '../actors/implement-site-master.ts'
import { entriesOf } from '../actors/journal-shipping.ts'
import { MasterPair } from '../actors/master-pair.ts'
import { coordinatorPath, groupPath, leasesPath, masterPath } from '../actors/paths.ts'
import { roleKeyOf } from '../actors/plan-picture.ts'
import { bookGroup } from '../actors/site-book.ts'
import { foldedEntries, lossEpochOf, siteMemory, votersOf } from '../actors/site-memory.ts'
import { SitePicture } from '../actors/site-picture.ts'
import type { PlanInput } from '../decision/plan-input.ts'
import { type ErrorCode, InvariantError } from '../errors.ts'
import type { BladeInput } from '../machines/blade-machine.ts'
import type { GroupInput } from '../machines/group-machine.ts'
import type { MoveInput } from '../machines/move-machine.ts'
import type { SiteMasterInput } from '../machines/site-master-machine.ts'
import { leaseTimes } from '../pair/master-lease.ts'
import { firstVoters } from '../pair/voters.ts'
import { formatAddress } from '../protocol/address.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Placement } from '../protocol/messages.ts'
import { probeDisk } from '../store/disk-probe.ts'
import { type Journal, openJournal } from '../store/journal.ts'
import { createCompactor } from '../store/journal-compaction.ts'
import type { JournalRecord } from '../store/journal-record.ts'
import { createAccountRecords } from './account-records.ts'
import { createMasterControl } from './master-control.ts'
import { createMasterIntake } from './master-intake.ts'
import { createMasterRecords } from './master-records.ts'
import { provided } from './provided.ts'
import type { MasterOptions, RunMaster, RunningMaster } from './run-options.ts'
import { balancerNode, siteBookOf } from './site-book-of.ts'
import { steadyClock } from './steady-clock.ts'

const journalFile = 'master.journal'

export const runMaster: RunMaster = (options, ready) => {
  const { clock, disk, log } = options.ports
  probeDisk(disk, (probed) => {
    if (!probed.ok) return ready(probed)
    return openJournal(disk, { name: journalFile, clock, log }, (opened) => {
      if (!opened.ok) return ready(opened)
      const { journal } = opened.value
      return readEpoch(disk, (epoch) =>
        ready(epoch.ok ? { ok: true, value: start(options, journal, epoch.value) } : epoch),
      )
    })
  })
}

function start(options: MasterOptions, journal: Journal, epochSeen: number): RunningMaster {
  const { config, site, node, masters, incarnation, ports, rules, imageDigests } = options
  const { random, log, transport, store } = ports
  const clock = steadyClock(ports.clock)
  const book = siteBookOf(config, node, rules, imageDigests)
  const picture = new SitePicture()
  /** As of when it won: before, the journal is still the leader's to fill. */
  let memory = siteMemory([])
  let hasLed = false
  const designations = new Designations()
  const records = createMasterRecords(store, (record) => accounts.take(record))
  const accounts = createAccountRecords(store, journal, records.projected())
  const listeners = new Set<(event: PublicEvent) => void>()

  const system: ActorSystem = createActorSystem({
    site,
    node,
    incarnation,
    clock,
    random,
    log,
    journal: (entries, answer) => pair.append(entries, answer),
    leader: () => node,
    route(envelope, to) {
      // Right before it goes out (P7).
      const isCommand = envelope.body.type === 'board.command' || envelope.body.type === 'balancer.members.set'
      return isCommand && !pair.isLeading() ? 'refused' : transport.send(to, envelope)
    },
    onPublish: publish,
  })

  function publish(event: PublicEvent): void {
    if (event.type === 'decision.made')
      records.noteInput(String(event.decision), event.input as PlanInput, Number(event.at))
    learn(event)
    if (event.type === 'alarm.raised') log.error(event.type, eventFields(event))
    else log.info(event.type, eventFields(event))
    for (const listener of listeners) listener(event)
    if (event.type === 'system.failed') ends('its actors failed')
    if (event.type !== 'master.changed') return
    control.changed(String(event.state))
    if (event.state === 'resigned') ends('it resigned')
  }

  const bootBegan = new Map<string, number>()
  /** Measured times feed the predictor; failures in a row suspend a role. */
  function learn(event: PublicEvent): void {
    const { move, blade, step, at, to, result } = event as PublicEvent & Learnt
    if (event.type === 'move.step.began' && step === 'powerOn') bootBegan.set(move, at)
    if (event.type === 'move.step.ended' && step === 'boot' && result === 'done' && to.kind !== 'cold')
      picture.noteBoot(to.group, to.role, at - (bootBegan.get(move) ?? at))
    if (event.type !== 'move.ended') return
    bootBegan.delete(move)
    leading.moveEnded(blade, move)
    if (to.kind !== 'cold') picture.noteOutcome(roleKeyOf(to.group, to.role), event.outcome === 'done', at)
  }

  let hasEnded = false
  /** Whoever waits for an answer hears that there is none. */
  function ends(why: string, code?: ErrorCode): void {
    if (hasEnded) return
    hasEnded = true
    control.lost(why)
    options.ended?.(why, code)
  }

  if (options.observe) system.inspect(options.observe)

  const compact = createCompactor({ journal, log, fold: (entries) => [accounts.kept(), ...foldedEntries(entries)] })

  // — the pair —————————————————————————————————————————————————————————————————————————————————

  const parity = masters.indexOf(node) % 2 === 0 ? 1 : 0
  const pair = new MasterPair({
    node,
    parity,
    peer: masters.find((other) => other !== node) ?? null,
    agents: [...new Set(book.blades.map(({ agent }) => agent))],
    boards: book.blades,
    voters: votersOf(entriesOf(journal)) ?? firstVoters(book.blades),
    epochSeen,
    times: leaseTimes(parity, config.masters.leaseMs),
    clock,
    log,
    journal,
    keepEpoch: (epoch, kept) => keepEpoch(ports.disk, epoch, kept),
    send(to, body) {
      const from = formatAddress(site, node, leasesPath, incarnation)
      transport.send(to, { from, to: formatAddress(site, to, leasesPath), lane: 'control', body })
    },
    edge(event) {
      if (event.type === 'lease.won') {
        hasLed = true
        memory = siteMemory(entriesOf(journal))
      }
      system.tell(masterPath, event)
      // Its own cell may wait for a record that nobody answers any more, and would hear of it never.
      if (event.type === 'lease.lost' && hasLed && !pair.isInTrouble()) ends(event.why)
    },
    lossEpoch: () => lossEpochOf(entriesOf(journal)),
    committed(index) {
      const after = records.projected()
      if (index > after) {
        const news = journal.records(after, index - after)
        options.observeRecords?.(news)
        project(news)
      }
      compact(records.projected())
    },
    failed: ({ detail, code }) => ends(detail, code),
  })

  /** On the disk of the journal: what fails here fails there. */
  function project(news: readonly JournalRecord[]): void {
    try {
      records.project(news)
    } catch (error) {
      if (!(error instanceof InvariantError) || !error.code.startsWith('DISK_')) throw error
      pair.giveUp({ ok: false, code: error.code, detail: error.message })
    }
  }

  // — machines, provided once —————————————————————————————————————————————————————————————————

  const { effects } = system
  const machines = {
    channel: provided(implementChannel(effects)),
    blade: provided(implementBlade(effects)),
    group: provided(implementGroup(effects, { book, picture, designations })),
    move: provided(
      implementMove(effects, {
        book,
        picture,
        random: random.fork('moves'),
        nonceOf: (agent) => pair.nonceOf(agent),
        journalIndex: () => journal.lastIndex(),
      }),
    ),
  }
  const leading = implementSiteMaster(effects, {
    book,
    picture,
    get memory() {
      return memory
    },
    designations,
    pair,
    coordinator:
      options.coordinator === undefined
        ? null
        : formatAddress(options.coordinator.site, options.coordinator.node, coordinatorPath),
    log,
    get ledger() {
      return accounts.ledger()
    },
    snapshot: (path) => system.snapshot(path),
    paths: (prefix) => system.paths(prefix),
    journalIndex: () => journal.lastIndex(),
    answered: (request) => control.answered(request),
    moveCell: (input: MoveInput): CellSpec => ({
      kind: 'cell',
      id: input.move,
      machine: machines.move,
      input,
      restart: 'transient',
    }),
    groupCell({ group, epoch, members, held }): CellSpec {
      const roles = (bookGroup(book, group)?.roles ?? []).map(({ role, pointers }) => ({
        role,
        imageDigest: pointers.imageDigest,
      }))
      const input: GroupInput = { group, roles, epoch, members, held }
      return { kind: 'cell', id: group, machine: machines.group, input, wake: { type: 'group.list.due' } }
    },
  })

  const control = createMasterControl({
    options: { ...options, ports: { ...ports, clock } },
    system,
    book,
    picture,
    leading,
    records,
    accounts,
    pair,
    get memory() {
      return memory
    },
    listeners,
    journalIndex: () => journal.lastIndex(),
  })

  // — the tree ————————————————————————————————————————————————————————————————————————————————

  const bladeCell = ({ blade, boardType, cabinet }: BladeInput): CellSpec => {
    const input: BladeInput = { blade, boardType, cabinet, heartbeatMs: book.heartbeatMs }
    return { kind: 'cell', id: blade, machine: machines.blade, input }
  }
  const cabinets = config.cabinets.map(({ id }): SupervisorSpec => {
    const blades = book.blades.filter(({ cabinet }) => cabinet === id)
    const children = blades.map((blade) => bladeCell({ ...blade, heartbeatMs: book.heartbeatMs }))
    return supervisor(id, children)
  })
  const masterInput: SiteMasterInput = { site, node }
  const master = { kind: 'cell', id: masterPath, machine: provided(leading.machine), input: masterInput } as const
  system.start({
    kind: 'supervisor',
    id: '',
    strategy: 'restForOne',
    children: [
      supervisor('channels'),
      supervisor('cabinets', cabinets),
      supervisor('groups'),
      supervisor('moves'),
      master,
    ],
  })
  system.subscribeLinks(masterPath)
  pair.start()

  // — the channel —————————————————————————————————————————————————————————————————————————————

  const intake = createMasterIntake({
    system,
    book,
    picture,
    transport,
    log,
    clock,
    pair,
    coordinator: options.coordinator?.node,
  })
  transport.start({
    linkUp(peer, life) {
      picture.linkUp(peer, life)
      pair.linkUp(peer, life)
      spawnChannel(peer)
      system.tell(`channels/${peer}`, { type: 'channel.linkUp', incarnation: life } as never)
      system.linkUp(peer, life)
      // A balancer that comes back may have lost its lists; they are sent whole, and it refuses what is not newer.
      if (peer === balancerNode)
        for (const { group } of book.groups)
          if (system.has(groupPath(group))) system.tell(groupPath(group), { type: 'link.up', peer } as never)
    },
    linkLost(peer, why) {
      picture.linkLost(peer)
      pair.linkLost(peer)
      system.tell(`channels/${peer}`, { type: 'channel.linkLost', why } as never)
      system.linkLost(peer, why)
    },
    received: intake,
  })

  function spawnChannel(peer: NodeId): void {
    if (system.has(`channels/${peer}`)) return
    system.spawn('channels', { kind: 'cell', id: peer, machine: machines.channel, input: { peer } })
  }

  return {
    ...control,
    peerExited: (peer, life) => pair.exited(peer, life),
    stop(stopped) {
      control.lost('it stops')
      pair.stop()
      system.stop(() => transport.stop(stopped))
    },
  }
}

interface Learnt {
  readonly move: string
  readonly blade: string
  readonly step: string
  readonly at: number
  readonly to: Placement
  readonly result: string
}

/** What its children know comes from the journal and the boards, and is not in their specifications. */
function supervisor(id: string, children: readonly ChildSpec[] = []): SupervisorSpec {
  return { kind: 'supervisor', id, strategy: 'oneForOne', children, escalates: true }
}

export function stateOf(system: ActorSystem): string {
  return String(system.snapshot(masterPath)?.value ?? 'starting')
}

/** What a decision rests on is in its record, not in every log line. */
function eventFields({ type: _type, input: _input, ...fields }: PublicEvent): Record<string, unknown> {
  return fields
}
