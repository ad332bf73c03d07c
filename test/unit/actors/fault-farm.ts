// A little farm of real machines with their real effects, on one virtual clock: at m1 the cells of a blade, of its groups and of its
// moves, and a toy with timers and children; at a01 the blade's gate over simulated hardware. The balancer is a stand-in.
// It is told to bring a blade of unknown history into one group and from there into another. Every effect that reaches the
// world is noted, so that two runs can be compared.
import type { AnyStateMachine, EventObject } from 'xstate'
import type { ActorSystem, Observation } from '../../../src/actors/actor-system.ts'
import type { CellSpec, Strategy, SupervisorSpec } from '../../../src/actors/child-spec.ts'
import { createActorSystem } from '../../../src/actors/create-actor-system.ts'
import { Designations } from '../../../src/actors/designations.ts'
import type { JournalEntry, PublicEvent } from '../../../src/actors/effects.ts'
import { findingOf, implementBlade } from '../../../src/actors/implement-blade.ts'
import { implementGroup } from '../../../src/actors/implement-group.ts'
import { boardMemoryReader, implementHostBoard } from '../../../src/actors/implement-host-board.ts'
import { implementMove } from '../../../src/actors/implement-move.ts'
import { bladePath, boardPath, groupPath, movePath } from '../../../src/actors/paths.ts'
import type { SiteBook } from '../../../src/actors/site-book.ts'
import { SitePicture } from '../../../src/actors/site-picture.ts'
import { rollbackSteps, type StepsInput, stepsOf } from '../../../src/decision/steps.ts'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { GroupInput } from '../../../src/machines/group-machine.ts'
import type { HostBoardEvent, HostBoardInput } from '../../../src/machines/host-board-machine.ts'
import type { MoveInput } from '../../../src/machines/move-machine.ts'
import type { Log } from '../../../src/ports/log.ts'
import type { Random } from '../../../src/ports/random.ts'
import { moveStep } from '../../../src/protocol/board.ts'
import type { Envelope } from '../../../src/protocol/envelope.ts'
import type { MessageOf } from '../../../src/protocol/messages.ts'
import { createSimulatedHardware } from '../../../src/testing/simulated-hardware.ts'
import { createVirtualClock, type VirtualClock } from '../../../src/testing/virtual-clock.ts'
import { FaultInjector, type FaultPoint } from './fault-injector.ts'
import { standInBalancer } from './stand-in-balancer.ts'
import { toyHelper, toyWorker } from './toy-worker.ts'

export interface FaultFarm {
  readonly clock: VirtualClock
  readonly systems: Readonly<Record<'m1' | 'a01', ActorSystem>>
  readonly injector: FaultInjector
  /** What reached the world, oldest first, a line each. */
  readonly world: readonly string[]
  /** What is durable, oldest first, with its node. */
  readonly journal: readonly string[]
  readonly observations: readonly (Observation & { readonly node: 'm1' | 'a01' })[]
  /** What is really on the blade. */
  contents(): unknown
  /** Both moves, from beginning to end, and a while after. */
  run(): void
}

/**
 * How the farm is supervised.
 *   alone     one for one, and nothing wakes
 *   together  one for all, from the root down: a crash takes every other cell down in the middle of whatever it does
 *   waking    as in a real farm, with `wake`: a crash may be seen then, for what wakes looks around anew
 */
export type FaultMode = 'alone' | 'together' | 'waking'

export interface FaultFarmOptions {
  readonly fault?: FaultPoint
  readonly mode: FaultMode
  readonly observe?: (farm: FaultFarm, node: 'm1' | 'a01', observation: Observation) => void
}

const site = 'here'
const blade = 'c01-s01'
const web = 'acme/web'
const api = 'acme/api'
const epoch = 3
const digestOf = (group: string) => `sha256:${(group === web ? 'a' : 'b').repeat(64)}`
/** Longer than mail takes, so that much comes while a cell waits for its journal. */
const journalMs = 3
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
/** Jitter and boot times must not depend on how often they were asked for. */
const level: Random = { next: () => 0.5, fork: () => level }

export function createFaultFarm({ fault, mode, observe }: FaultFarmOptions): FaultFarm {
  const wakes = mode === 'waking'
  const strategy: Strategy = mode === 'together' ? 'oneForAll' : 'oneForOne'
  const clock = createVirtualClock({ startMs: 1_000_000 })
  const injector = new FaultInjector(fault, (name) => note('call', name))
  const world: string[] = []
  const journal: string[] = []
  const boardEntries: JournalEntry[] = []
  const observations: (Observation & { readonly node: 'm1' | 'a01' })[] = []
  const picture = new SitePicture()
  picture.epoch = epoch
  const note = (kind: string, what: unknown) => world.push(`${clock.monotonic()} ${kind} ${JSON.stringify(what)}`)

  const hardware = createSimulatedHardware({
    clock,
    random: createSeededRandom('hardware'),
    blades: [{ blade, boardType: 'sim' }],
    images: { [web]: { digest: digestOf(web) }, [api]: { digest: digestOf(api) } },
    volumes: { [web]: ['w'], [api]: ['p'] },
    timings: { bootMs: [60, 60], powerMs: 5, scrubMs: 5, stepMs: 2 },
  })
  const balancer = standInBalancer({
    clock,
    say: (group, body) =>
      deliver('m1', { from: 'bw://here/lb/gate#1', to: `bw://here/m1/${groupPath(group)}`, lane: 'control', body }),
    took: (list) => note('list', list),
  })

  // — what the nodes say to each other ————————————————————————————————————————————————————————

  function deliver(to: string, { body, ...rest }: Envelope): void {
    clock.setTimer(1, () => {
      if (to === 'lb') balancer(body)
      else if (body.type === 'board.command') command(rest.from, rest.to, body)
      else if (body.type === 'board.status') {
        picture.noteStatus(body, clock.now())
        systems.m1.tell(bladePath(body.blade), { type: 'blade.seen', finding: findingOf(body) } as EventObject)
      } else if (body.type === 'board.answered') {
        const { move, step, attempt } = body.id
        const path = movePath(move)
        const answered = { type: 'move.step.answered', move, step, attempt, result: body.result }
        if (systems.m1.has(path)) systems.m1.tell(path, answered as EventObject)
      } else if (to === 'm1' || to === 'a01') systems[to].deliver({ ...rest, body })
    })
  }

  function command(from: string, to: string, { nonce: _nonce, ...body }: MessageOf<'board.command'>): void {
    note('command', body)
    const standing = { promised: epoch, isGranted: true, isRecent: true }
    systems.a01.tell(to.split('/').slice(4).join('/').replace(/#.*/, ''), { ...body, standing, from } as HostBoardEvent)
  }

  function system(node: 'm1' | 'a01'): ActorSystem {
    const made = createActorSystem({
      site,
      node,
      incarnation: 7,
      clock,
      random: level,
      log: silent,
      leader: () => 'm1',
      journal: injector.journal((entries: readonly JournalEntry[], answer) => {
        clock.setTimer(journalMs, () => {
          for (const entry of entries) journal.push(`${node} ${JSON.stringify(entry)}`)
          if (node === 'a01') boardEntries.push(...entries)
          answer({ ok: true, value: undefined })
        })
      }),
      route(envelope, to) {
        if (to === 'lost') return 'refused'
        deliver(to, structuredClone(envelope))
        return 'accepted'
      },
      onPublish(event: PublicEvent) {
        note('published', event)
        injector.onPublish(event)
      },
    })
    made.inspect((observation) => {
      observations.push({ ...observation, node })
      observe?.(farm, node, observation)
    })
    made.inspect(injector.observe)
    return made
  }

  function contents(): unknown {
    const { address: _address, bootId: _bootId, ...rest } = hardware.contents(blade)
    return rest
  }

  const systems = { m1: system('m1'), a01: system('a01') }
  const farm: FaultFarm = { clock, systems, injector, world, journal, observations, contents, run }
  const spare = (): CellSpec => ({ kind: 'cell', id: 'spare', machine: machines.blade, input: {} })
  const at = { m1: injector.effects(systems.m1.effects, spare), a01: injector.effects(systems.a01.effects, spare) }

  const random = level
  /** Entries that were written twice count once. */
  const journalIndex = () => new Set(journal).size
  const machines: Record<'blade' | 'group' | 'move' | 'board' | 'helper' | 'toy', AnyStateMachine> = {
    blade: injector.machine(implementBlade(at.m1)),
    group: injector.machine(implementGroup(at.m1, { book, picture, designations: new Designations() })),
    move: injector.machine(implementMove(at.m1, { book, picture, random, nonceOf: () => 1, journalIndex })),
    board: injector.machine(
      implementHostBoard(at.a01, {
        site,
        log: silent,
        portsOf: () => ({
          blade,
          board: hardware.board(blade),
          network: hardware.networkSwitch,
          storage: hardware.storageSwitch,
          clock,
        }),
        restored: boardMemoryReader({ lastIndex: () => boardEntries.length, entriesUpTo: () => boardEntries }),
        leases: { isGranted: () => true, promisedOf: () => epoch },
      }),
    ),
    helper: injector.machine(toyHelper(at.m1, 'h3')),
    toy: injector.machine(toyWorker(at.m1, () => machines.helper)),
  }

  // — the run —————————————————————————————————————————————————————————————————————————————————

  function tree(id: string, children: SupervisorSpec['children']): SupervisorSpec {
    return { kind: 'supervisor', id, strategy, children }
  }

  function group(id: string): CellSpec {
    const roles = [{ role: 'front', imageDigest: digestOf(id) }]
    const input: GroupInput = { group: id, roles, epoch, members: [], held: false }
    return { kind: 'cell', id, machine: machines.group, input, ...(wakes && { wake: { type: 'group.list.due' } }) }
  }

  function move(id: string, from: string | null, to: string): void {
    const known: StepsInput = {
      from: from === null ? 'cold' : 'group',
      group: from,
      role: from === null ? null : 'front',
      to: { kind: 'group', group: to, role: 'front' },
      hasReceipt: false,
      lost: false,
    }
    const input: MoveInput = {
      move: id,
      blade,
      from,
      fromRole: known.role,
      to: known.to,
      cause: 'operator',
      steps: stepsOf(known),
      rollback: rollbackSteps(known),
      attemptMax: 3,
      decidedAt: clock.now(),
    }
    systems.m1.tell(bladePath(blade), { type: 'blade.move.began', move: id, to: known.to } as EventObject)
    systems.m1.spawn('moves', { kind: 'cell', id, machine: machines.move, input, restart: 'transient' })
  }

  function run(): void {
    const heartbeatMs = 150
    const boardInput: HostBoardInput = { blade, boardType: 'sim', incarnation: 1, heartbeatMs }
    const board: CellSpec = {
      kind: 'cell',
      id: blade,
      machine: machines.board,
      input: boardInput,
      ...(wakes && { wake: { type: 'board.woken' } }),
    }
    const bladeInput = { blade, boardType: 'sim', cabinet: 'c01', heartbeatMs: 1_000 }
    const measure = (answer: (value: number) => void) => {
      clock.setTimer(3, () => answer(42))
    }
    systems.m1.start(
      tree('', [
        tree('cabinets', [tree('c01', [{ kind: 'cell', id: blade, machine: machines.blade, input: bladeInput }])]),
        tree('groups', [group(web), group(api)]),
        tree('moves', []),
        tree('helpers', []),
        {
          kind: 'cell',
          id: 'toy',
          machine: machines.toy,
          input: { helpers: 4, measure },
          ...(wakes && { wake: { type: 'toy.woken' } }),
        },
      ]),
    )
    systems.a01.start(tree('', [tree('boards', [board])]))
    if (!wakes) systems.a01.tell(boardPath(blade), { type: 'board.woken' })
    clock.advanceBy(50)
    // In steps that no deadline falls on, so that waiting longer changes nothing else.
    function awaitEnd(id: string, atLeastMs: number): void {
      clock.advanceBy(atLeastMs)
      for (let waits = 0; systems.m1.has(movePath(id)) && waits < 200; waits += 1) clock.advanceBy(50)
    }
    move('mv-1', null, web)
    awaitEnd('mv-1', 600)
    move('mv-2', web, api)
    awaitEnd('mv-2', 950)
  }
  return farm
}

function role(group: string): SiteBook['groups'][number]['roles'][number] {
  return {
    role: 'front',
    pointers: { group, role: 'front', image: group, imageDigest: digestOf(group), healthPath: '/healthz' },
    volumes: [group === web ? 'w' : 'p'],
    networks: ['front'],
    boardTypes: ['sim'],
    committed: 1,
    initial: 1,
    max: 1,
    warm: 0,
    ratePerBlade: 100,
  }
}

const book: SiteBook = {
  site,
  node: 'm1',
  balancer: 'lb',
  longitude: 0,
  blades: [{ blade, boardType: 'sim', cabinet: 'c01', agent: 'a01' }],
  groups: [web, api].map((group) => ({
    group,
    account: 'acme',
    port: 80,
    priority: 1,
    responseLimitMs: 500,
    roles: [role(group)],
  })),
  limits: {} as SiteBook['limits'],
  thresholds: {} as SiteBook['thresholds'],
  rules: '',
  tickMs: 1_000,
  usageMs: 60_000,
  quarantine: { firstMs: 600_000, maxMs: 86_400_000, forgetMs: 604_800_000 },
  agreements: [],
  capacity: { blades: { sim: 1 }, spares: 0, overbooking: 1, boardTypesOf: () => ['sim'] },
  automation: 'act',
  attemptMax: 3,
  deadlinesMs: Object.fromEntries(moveStep.options.map((step) => [step, 2_000])) as SiteBook['deadlinesMs'],
  heartbeatMs: 1_000,
  masterBlades: {},
  replaceMasterAfterMs: 30_000,
}
