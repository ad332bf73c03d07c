// What the actor system owes whatever build of xstate is below it. Plain functions with plain assertions, because they run
// twice: under vitest, which loads xstate's development build, and under plain node, which loads the production one.
import assert from 'node:assert/strict'
import { type AnyStateMachine, assign, fromPromise, raise, setup, spawnChild } from 'xstate'
import type { Answer } from '../../../src/ports/result.ts'
import { createRig, type Rig } from './actor-rig.ts'

export const coreCases: Record<string, () => void> = {
  'events reach the machine in order, stamped with time and sender'() {
    const rig = createRig()
    const stamps: unknown[] = []
    const note = setup({}).createMachine({ on: { '*': { actions: ({ event }) => stamps.push(event) } } })
    rig.start([rig.cell('sender'), rig.cell('target', { machine: note })])
    rig.run('sender', (effects) => effects.send('target', { type: 'board.poll' }))
    rig.system.tell('target', { type: 'plain' })
    rig.settle()
    assert.deepEqual(stamps, [
      { type: 'board.poll', at: 1_000_000, from: 'bw://here/m1/sender#7' },
      { type: 'plain', at: 1_000_000 },
    ])
  },

  'R40: a crash takes back the event whole, and the same event comes once more'() {
    const rig = createRig()
    rig.start([rig.cell('a'), rig.cell('b')])
    let runs = 0
    rig.run('a', (effects) => {
      runs += 1
      effects.tell('b', { type: `hello${runs}` })
      if (runs === 1) throw new Error('planted')
    })
    assert.deepEqual(rig.seen('a'), ['run'])
    assert.deepEqual(rig.seen('b'), ['hello2'])
    assert.deepEqual(counted(rig), { crashes: 1, restarts: 1, deadLetters: 0 })
  },

  'an event that crashes twice is a dead letter, and the cell goes on'() {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.run('a', fail, 'bad')
    rig.run('a', () => {}, 'good')
    assert.deepEqual(rig.seen('a'), ['good'])
    assert.deepEqual(rig.system.deadLetters(), [{ at: 1_000_000, to: 'a', type: 'bad', why: 'poison' }])
    assert.deepEqual(counted(rig), { crashes: 2, restarts: 2, deadLetters: 1 })
  },

  'entry actions run at the first start and not after a crash; wake comes after both'() {
    const rig = createRig()
    let entries = 0
    const onEntry = () => {
      entries += 1
    }
    rig.start([rig.cell('a', { input: { onEntry }, wake: { type: 'wake' } })])
    rig.settle()
    rig.crash('a')
    assert.equal(entries, 1)
    assert.deepEqual(rig.seen('a'), ['wake', 'wake', 'crash'])
  },

  'a context that cannot be made is a crash like any other'() {
    const rig = createRig()
    let attempts = 0
    const machine = setup({}).createMachine({
      context: () => {
        attempts += 1
        return attempts < 3 ? fail() : { attempts }
      },
    })
    rig.start([rig.cell('a', { machine }), rig.cell('b')])
    rig.settle()
    assert.deepEqual(rig.system.snapshot('a')?.context, { attempts: 3 })
    assert.deepEqual(counted(rig), { crashes: 2, restarts: 2, deadLetters: 0 })
    assert.deepEqual(rig.seen('b'), [])
  },

  'a machine that cannot even begin is started afresh until its supervisor gives up'() {
    const rig = createRig()
    rig.start([rig.cell('a', { input: { onEntry: fail } })], { intensity: { restartCountMax: 3, periodMs: 1000 } })
    rig.settle()
    assert.equal(rig.system.counters().crashes, 4)
    assert.deepEqual(
      rig.published.map(({ type }) => type),
      ['system.failed'],
    )
  },

  'a wake that crashes twice is given up, the rest of the cell is not'() {
    const rig = createRig()
    const wake = { type: 'wake', run: fail }
    rig.start([rig.cell('a', { wake })])
    rig.settle()
    rig.run('a', () => {}, 'good')
    rig.crash('a')
    assert.deepEqual(rig.seen('a'), ['good', 'crash'])
    assert.equal(rig.system.deadLetters().length, 1)
  },

  'a final state ends the cell'() {
    const rig = createRig()
    rig.start([rig.cell('a', { restart: 'transient' })])
    rig.run('a', (effects) => effects.publish({ type: 'last.words' }), 'finish')
    assert.equal(rig.system.has('a'), false)
    assert.deepEqual(rig.published, [{ type: 'last.words' }])
  },

  'restoring leaves the snapshot that it starts from as it is, history states included'() {
    const rig = createRig()
    const machine = historyMachine()
    rig.start([rig.cell('a', { machine })])
    for (const type of ['next', 'leave']) rig.system.tell('a', { type })
    rig.settle()
    const before = rig.system.snapshot('a')
    const persistedBefore = structuredClone(rig.system.persistedSnapshot('a'))
    deepFreeze(before?.context)
    rig.system.tell('a', { type: 'crashOnce' })
    rig.settle()
    assert.equal(rig.system.counters().restarts, 1)
    assert.deepEqual(rig.system.persistedSnapshot('a'), persistedBefore)
    rig.system.tell('a', { type: 'back' })
    rig.settle()
    assert.deepEqual(rig.system.snapshot('a')?.value, { inside: 'second' })
  },

  'a crash keeps timers running, and what fires while the cell is down is heard after'() {
    const rig = createRig()
    rig.start([rig.cell('a', { backoff: { firstMs: 50, maxMs: 50, jitterRatio: 0 } })])
    rig.run('a', (effects) => effects.setTimer('t', 20, { type: 'tick' }))
    rig.crash('a')
    rig.clock.advanceBy(30)
    assert.deepEqual(rig.seen('a'), ['run'])
    rig.clock.advanceBy(30)
    assert.deepEqual(rig.seen('a'), ['run', 'crash', 'tick'])
  },

  'journal first: nothing else happens before it is durable, and nothing at all when it is not'() {
    const pending: Answer<void>[] = []
    const rig = createRig({ journal: (_entries, answer) => pending.push(answer) })
    rig.start([rig.cell('a'), rig.cell('b')])
    rig.run('a', (effects) => {
      effects.tell('b', { type: 'after' })
      effects.journal({ type: 'intent' })
    })
    assert.deepEqual([rig.seen('a'), rig.seen('b')], [[], []])
    pending.shift()?.({ ok: false, code: 'DISK_FULL', detail: 'planted' })
    rig.settle()
    assert.deepEqual([rig.seen('a'), rig.seen('b')], [[], []])
    pending.shift()?.({ ok: true, value: undefined })
    rig.settle()
    assert.deepEqual([rig.seen('a'), rig.seen('b')], [['run'], ['after']])
  },

  'effects outside of an event are an invariant error'() {
    const { system } = createRig()
    assert.throws(() => system.effects.publish({ type: 'stray' }), { code: 'INVARIANT_BROKEN' })
    assert.throws(() => system.effects.now, { code: 'INVARIANT_BROKEN' })
    assert.throws(() => system.effects.self, { code: 'INVARIANT_BROKEN' })
  },

  'machines with invoke or after are refused before they start'() {
    const rig = createRig()
    const invoking = setup({ actors: { work: fromPromise(async () => {}) } }).createMachine({
      initial: 'a',
      states: { a: { invoke: { src: 'work' } } },
    })
    const delaying = setup({}).createMachine({
      initial: 'a',
      states: { a: { initial: 'b', states: { b: { after: { 10: '#end' } } } }, end: { id: 'end' } },
    })
    const refusals: [AnyStateMachine, RegExp][] = [
      [invoking, /invokes an actor/],
      [delaying, /has delayed transitions/],
    ]
    for (const [machine, message] of refusals) {
      assert.throws(() => rig.start([rig.cell('before'), rig.cell('a', { machine })]), {
        code: 'INVARIANT_BROKEN',
        message,
      })
    }
    // Nothing of the refused trees is left.
    assert.deepEqual(rig.system.paths(), [])
    rig.start([rig.cell('before')])
    rig.settle()
    assert.deepEqual(rig.seen('before'), [])
  },

  'a machine that delays or spawns by itself crashes, and its child is stopped'() {
    const rig = createRig()
    let childRuns = 0
    const child = setup({}).createMachine({ on: { ping: { actions: () => (childRuns += 1) } } })
    const machine = setup({ actors: { child } }).createMachine({
      on: {
        delay: { actions: raise({ type: 'late' }, { delay: 10 }) },
        spawn: { actions: spawnChild('child', { id: 'kid' }) },
      },
    })
    rig.start([rig.cell('a', { machine })])
    const kids: { send(event: { type: string }): void }[] = []
    rig.settle()
    rig.system.root('a')?.system.inspect({
      next: (event) => {
        if (event.type === '@xstate.actor') kids.push(event.actorRef)
      },
    })
    rig.system.tell('a', { type: 'spawn' })
    rig.settle()
    rig.system.tell('a', { type: 'delay' })
    rig.settle()
    withoutWarnings(() => {
      for (const kid of kids) kid.send({ type: 'ping' })
    })
    assert.equal(kids.length, 1)
    assert.equal(childRuns, 0)
    assert.equal(rig.system.counters().crashes, 4)
    assert.deepEqual(
      rig.system.deadLetters().map(({ type, why }) => [type, why]),
      [
        ['spawn', 'poison'],
        ['delay', 'poison'],
      ],
    )
  },
}

function fail(): never {
  throw new Error('planted')
}

/** The development build warns of an event to a stopped actor: here that is the proof, not a mishap. */
function withoutWarnings(work: () => void): void {
  const { warn } = console
  console.warn = () => {}
  work()
  console.warn = warn
}

function counted({ system }: Rig) {
  const { crashes, restarts, deadLetters } = system.counters()
  return { crashes, restarts, deadLetters }
}

function historyMachine() {
  let crashes = 0
  return setup({ types: { context: {} as { nested: { list: number[] }; step: number } } }).createMachine({
    context: { nested: { list: [1, 2] }, step: 0 },
    initial: 'inside',
    on: {
      crashOnce: {
        actions: () => {
          crashes += 1
          if (crashes === 1) fail()
        },
      },
    },
    states: {
      inside: {
        initial: 'first',
        states: {
          first: { on: { next: { target: 'second', actions: assign({ step: 1 }) } } },
          second: {},
          past: { type: 'history' },
        },
        on: { leave: 'outside' },
      },
      outside: { on: { back: 'inside.past' } },
    },
  })
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
}
