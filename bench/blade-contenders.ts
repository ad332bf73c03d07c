// The same blade, four ways, for bench/actors.ts: a supervised cell, a bare xstate actor, a nact actor, and the reducer that
// the other three have at their core. Its events are those of an ordinary day: a status of its board, or a missed one.
import { dispatch, type Ref, spawn as spawnNact, start as startNact } from 'nact'
import { createActor } from 'xstate'
import type { CellSpec } from '../src/actors/child-spec.ts'
import { createActorSystem } from '../src/actors/create-actor-system.ts'
import { systemClock } from '../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../src/drivers/seeded-random.ts'
import { type BladeContext, bladeMachine, type Finding } from '../src/machines/blade-machine.ts'
import type { Clock } from '../src/ports/clock.ts'
import type { Log } from '../src/ports/log.ts'

export interface Contender {
  /** Blades that are started and have heard from their board once. */
  create(count: number): Promise<void>
  /** To each blade so many events; resolves when all are handled. At most 1000. */
  send(eventsEach: number): Promise<void>
}

const group = 'shop/web'
const finding: Finding = {
  power: 'on',
  lost: false,
  identified: true,
  connected: true,
  group,
  role: 'front',
  hasReceipt: true,
}
const seen = { type: 'blade.seen', finding, at: 0 } as const
const missed = { type: 'blade.heartbeat.missed' } as const
type Word = typeof seen | typeof missed

/** Resolves when as many events were handled as were expected. */
class Count {
  private handled = 0
  private expected = 0
  private done = () => {}

  expect(events: number): Promise<void> {
    this.expected += events
    return new Promise((resolve) => {
      this.done = resolve
      if (this.handled === this.expected) resolve()
    })
  }

  readonly add = (): void => {
    this.handled += 1
    if (this.handled === this.expected) this.done()
  }
}

/** The effects do nothing but count: one of them runs for each event. */
function countingMachine(count: Count) {
  return bladeMachine.provide({
    actions: {
      awaitHeartbeat: count.add,
      reportChange({ event }) {
        if (event.type === 'blade.heartbeat.missed') count.add()
      },
      reportFailure() {},
    },
  })
}

function inputOf(index: number) {
  return { blade: `c01-s${index}`, boardType: 'x86', cabinet: 'c01', heartbeatMs: 1000 }
}

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/** A farm of supervised blades, all below one supervisor. */
export function createFarm(clock: Clock, count: Count = new Count()) {
  const random = createSeededRandom('bench')
  const system = createActorSystem({ site: 'hall', node: 'm1', incarnation: 1, clock, random, log: silent })
  const machine = countingMachine(count)
  system.start({ kind: 'supervisor', id: 'blades', strategy: 'oneForOne', children: [] })
  const cell = (index: number): CellSpec => ({ kind: 'cell', id: `${index}`, machine, input: inputOf(index) })
  return { system, spawn: (index: number) => system.spawn('blades', cell(index)) }
}

function supervised(): Contender {
  const count = new Count()
  const { system, spawn } = createFarm(systemClock, count)
  const paths: string[] = []
  return {
    async create(blades) {
      const handled = count.expect(blades)
      for (let i = 0; i < blades; i += 1) {
        const path = `blades/${paths.length}`
        spawn(paths.length)
        system.tell(path, seen)
        paths.push(path)
      }
      await handled
    },
    async send(eventsEach) {
      const handled = count.expect(paths.length * eventsEach)
      for (let i = 0; i < eventsEach; i += 1) for (const path of paths) system.tell(path, wordOf(i))
      await handled
      const { crashes, deadLetters } = system.counters()
      if (crashes + deadLetters > 0) throw new Error(`${crashes} crashes, ${deadLetters} dead letters`)
    },
  }
}

function bareXstate(): Contender {
  const count = new Count()
  const machine = countingMachine(count)
  const actors: { send(event: Word): void }[] = []
  return {
    async create(blades) {
      const handled = count.expect(blades)
      for (let i = 0; i < blades; i += 1) {
        const actor = createActor(machine, { input: inputOf(actors.length) })
        actor.start()
        actor.send(seen)
        actors.push(actor)
      }
      await handled
    },
    async send(eventsEach) {
      const handled = count.expect(actors.length * eventsEach)
      for (let i = 0; i < eventsEach; i += 1) for (const actor of actors) actor.send(wordOf(i))
      await handled
    },
  }
}

function nact(): Contender {
  const count = new Count()
  const system = startNact()
  const actors: Ref<Word>[] = []
  const behave = (blade: BladeContext, word: Word) => {
    count.add()
    return reduce(blade, word)
  }
  return {
    async create(blades) {
      const handled = count.expect(blades)
      for (let i = 0; i < blades; i += 1) {
        const initialState = initialOf(actors.length)
        const actor = spawnNact(system, behave, `b${actors.length}`, { initialState })
        dispatch(actor, seen)
        actors.push(actor)
      }
      await handled
    },
    async send(eventsEach) {
      const handled = count.expect(actors.length * eventsEach)
      for (let i = 0; i < eventsEach; i += 1) for (const actor of actors) dispatch(actor, wordOf(i))
      await handled
    },
  }
}

function reducer(): Contender {
  const blades: BladeContext[] = []
  return {
    async create(more) {
      for (let i = 0; i < more; i += 1) blades.push(reduce(initialOf(blades.length), seen))
    },
    async send(eventsEach) {
      for (let i = 0; i < eventsEach; i += 1) {
        for (let b = 0; b < blades.length; b += 1) {
          const blade = blades[b]
          if (blade) blades[b] = reduce(blade, wordOf(i))
        }
      }
    },
  }
}

export const contenders: Readonly<Record<string, () => Contender>> = { supervised, bareXstate, nact, reducer }

function wordOf(turn: number): Word {
  return turn % 2 === 0 ? missed : seen
}

function initialOf(index: number): BladeContext {
  return {
    ...inputOf(index),
    group: null,
    role: null,
    preparedFor: null,
    move: null,
    moveSince: 0,
    since: 0,
    hasReceipt: false,
    reachable: false,
    cordoned: false,
    failures: [],
    quarantineReason: null,
  }
}

function reduce(blade: BladeContext, word: Word): BladeContext {
  switch (word.type) {
    case 'blade.seen':
      return blade.group === null
        ? { ...blade, group, role: word.finding.role, reachable: true, hasReceipt: word.finding.hasReceipt }
        : { ...blade, reachable: true, hasReceipt: word.finding.hasReceipt }
    case 'blade.heartbeat.missed':
      return { ...blade, reachable: false }
    default:
      return word satisfies never
  }
}
