// Any sequence of spawns, stops, crashes, ends, mail and pauses leaves a supervisor and a small model of one with the same children,
// which have seen the same.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RestartKind, type Strategy, SupervisorModel } from '../../../models/supervisor-model.ts'
import { createRig, type Rig } from './actor-rig.ts'

const restartCountMax = 2
const periodMs = 100

type Command = fc.Command<SupervisorModel, Rig>
const isChild = (id: string) => (model: Readonly<SupervisorModel>) => model.children.some((child) => child.id === id)

function command(
  name: string,
  check: (model: Readonly<SupervisorModel>) => boolean,
  run: (model: SupervisorModel, rig: Rig) => void,
): Command {
  return {
    check,
    run(model, rig) {
      run(model, rig)
      rig.settle()
      compare(model, rig)
    },
    toString: () => name,
  }
}

function compare(model: SupervisorModel, rig: Rig): void {
  const paths = model.children.map(({ id }) => `s/${id}`)
  expect(rig.system.paths().toSorted()).toEqual(paths.toSorted())
  for (const { id, seen } of model.children) expect([id, rig.seen(`s/${id}`)]).toEqual([id, seen])
  expect(rig.lines.filter(({ event }) => event === 'actors.supervisor.gaveUp')).toHaveLength(model.livesLost)
}

const spawn = (id: string, kind: RestartKind) =>
  command(
    `spawn ${id} ${kind}`,
    (model) => !isChild(id)(model),
    (model, rig) => {
      model.spawn(id, kind)
      rig.system.spawn('s', rig.cell(id, { restart: kind, wake: { type: 'wake' } }))
    },
  )
const stop = (id: string) =>
  command(`stop ${id}`, isChild(id), (model, rig) => {
    model.stop(id)
    rig.system.stopChild(`s/${id}`)
  })
const hear = (id: string) =>
  command(`hear ${id}`, isChild(id), (model, rig) => {
    model.hear(id, 'hello')
    rig.system.tell(`s/${id}`, { type: 'hello' })
  })
const crash = (id: string) =>
  command(`crash ${id}`, isChild(id), (model, rig) => {
    model.crash(id, 'crash')
    rig.crash(`s/${id}`)
  })
const finish = (id: string) =>
  command(`finish ${id}`, isChild(id), (model, rig) => {
    model.finish(id)
    rig.system.tell(`s/${id}`, { type: 'finish' })
  })
const pause = (ms: number) =>
  command(
    `pause ${ms}`,
    () => true,
    (model, rig) => {
      model.nowMs += ms
      rig.clock.advanceBy(ms)
    },
  )

const id = fc.constantFrom('a', 'b', 'c')
const commands = fc.commands(
  [
    fc.tuple(id, fc.constantFrom<RestartKind>('permanent', 'transient', 'temporary')).map((args) => spawn(...args)),
    id.map(stop),
    id.map(hear),
    // Twice as often as the rest, or it hardly ever gives up.
    id.map(crash),
    id.map(crash),
    id.map(finish),
    fc.constantFrom(1, 2, 10, periodMs, periodMs + 1).map(pause),
  ],
  { maxCommands: 60, size: 'max' },
)

function createBoth(strategy: Strategy): { model: SupervisorModel; real: Rig } {
  const real = createRig()
  // The root forgives everything: what is compared is one supervisor that gives up and comes back.
  const forgiving = { intensity: { restartCountMax: 1000, periodMs: 1 } }
  real.start([real.supervisor('s', [], { strategy, intensity: { restartCountMax, periodMs } })], forgiving)
  return { model: new SupervisorModel(strategy, restartCountMax, periodMs), real }
}

test.each<Strategy>(['oneForOne', 'oneForAll', 'restForOne'])(
  'R40: a %s supervisor does as its model does',
  (strategy) => {
    let livesLost = 0
    const property = fc.property(commands, (sequence) => {
      const both = createBoth(strategy)
      fc.modelRun(() => both, sequence)
      livesLost += both.model.livesLost
    })
    fc.assert(property, { seed: 40, numRuns: 100 })
    // Or the walks were too tame to say anything about giving up.
    expect(livesLost).toBeGreaterThan(20)
  },
)
