// What an operator was told is so with whoever leads next: the leader dies between a command and its answer, or right after it.
import { describe, expect, test } from 'vitest'
import type { Answer, Result } from '../../src/ports/result.ts'
import type { MoveAnswer } from '../../src/runtime/farm-control.ts'
import type { RunningMaster } from '../../src/runtime/run-options.ts'
import { answered } from '../../src/testing/answered.ts'
import type { Simulation } from '../../src/testing/simulation.ts'
import { bladeOf, broughtUp, leads, statusOf } from './demo-farm.ts'

/** A command is committed after about 2 ms: a frame to the standby, two writes to its disk, a frame back. */
const instantsMs = [0, 0.1, 0.6, 2, 8]
const pooled = 'c03-s01'

function calmFarm(): Simulation {
  const farm = broughtUp({ grain: 'coarse', load: { shop: 20, news: 20 } })
  for (const group of ['shop/web', 'news/web'])
    expect(answered(farm, (answer) => farm.master().hold(group, true, answer)).ok).toBe(true)
  farm.runFor(2_500)
  expect(statusOf(farm).master).toMatchObject({ node: 'm1', state: 'leading', redundancy: 'paired' })
  return farm
}

const isHeld = (farm: Simulation, group: string) =>
  statusOf(farm).groups.find((one) => one.group === group)?.isHeld === true
const isCordoned = (farm: Simulation) => bladeOf(farm, pooled)?.isCordoned === true
const isMoving = (farm: Simulation) => statusOf(farm).moves.some(({ blade }) => blade === pooled)

const isStorm = (farm: Simulation) => statusOf(farm).alarms.some(({ alarm }) => alarm === 'STORM_BRAKE')

interface Told {
  readonly prepare?: (farm: Simulation) => void
  readonly command: (master: RunningMaster, answer: Answer<unknown>) => void
  /** As whoever leads next sees it. */
  readonly isKnown: (farm: Simulation) => boolean
}

const commands: Readonly<Record<string, Told>> = {
  hold: {
    prepare: (farm) => answered(farm, (answer) => farm.master().hold('news/web', false, answer)),
    command: (master, answer) => master.hold('news/web', true, answer),
    isKnown: (farm) => isHeld(farm, 'news/web'),
  },
  unhold: {
    command: (master, answer) => master.hold('news/web', false, answer),
    isKnown: (farm) => !isHeld(farm, 'news/web'),
  },
  cordon: { command: (master, answer) => master.cordon(pooled, true, answer), isKnown: isCordoned },
  uncordon: {
    prepare: (farm) => answered(farm, (answer) => farm.master().cordon(pooled, true, answer)),
    command: (master, answer) => master.cordon(pooled, false, answer),
    isKnown: (farm) => !isCordoned(farm),
  },
  move: {
    command: (master, answer) => master.move(pooled, 'news/web', {}, answer),
    isKnown: (farm) => isMoving(farm) || bladeOf(farm, pooled)?.group === 'news/web',
  },
  drain: {
    prepare: serveNews,
    command: (master, answer) => master.drain(pooled, {}, answer),
    isKnown: (farm) => isCordoned(farm) && (isMoving(farm) || bladeOf(farm, pooled)?.lifecycle === 'cold'),
  },
  release: {
    prepare: quarantine,
    command: (master, answer) => master.release(pooled, answer),
    isKnown: (farm) => bladeOf(farm, pooled)?.lifecycle !== 'quarantined',
  },
  unbrake: {
    prepare(farm) {
      for (const blade of ['c01-s01', 'c01-s02', 'c01-s03', 'c02-s01']) farm.hardware.kill(blade)
      expect(farm.runUntil(() => isStorm(farm), 2_000)).toBe(true)
    },
    command: (master, answer) => master.unbrake(answer),
    isKnown: (farm) => !isStorm(farm),
  },
  handover: {
    command: (master, answer) => master.handover({ epoch: 1 }, answer),
    isKnown: (farm) => statusOf(farm).master.epoch > 1,
  },
}

function serveNews(farm: Simulation): void {
  expect(answered(farm, (answer) => farm.master().move(pooled, 'news/web', {}, answer)).ok).toBe(true)
  farm.runFor(5_000)
  expect(bladeOf(farm, pooled)).toMatchObject({ lifecycle: 'joined', group: 'news/web' })
}

/** What it held cannot be wiped. */
function quarantine(farm: Simulation): void {
  serveNews(farm)
  farm.hardware.faults.scrubLeavesData(pooled, true)
  farm.master().drain(pooled, {}, () => {})
  const isOut = () => bladeOf(farm, pooled)?.lifecycle === 'quarantined'
  if (!farm.runUntil(isOut, 120_000)) throw new Error(`${pooled} is ${bladeOf(farm, pooled)?.lifecycle}`)
  farm.hardware.faults.scrubLeavesData(pooled, false)
}

/** @returns what was answered before the leader died, if anything was */
function tellAndCrash(farm: Simulation, { command }: Told, afterMs: number): Result<unknown> | undefined {
  let said: Result<unknown> | undefined
  command(farm.master(), (result) => {
    said = result
  })
  farm.runFor(afterMs)
  farm.crash('m1')
  const before = said
  farm.runFor(4_000)
  // Nobody answers for the dead.
  expect(said).toBe(before)
  return before
}

describe.each(Object.entries(commands))('R43: the leader dies after it was told to %s', (name, told) => {
  test('either it has not answered, or the next leader knows', () => {
    const outcomes = instantsMs.map((afterMs) => {
      const farm = calmFarm()
      told.prepare?.(farm)
      const said = tellAndCrash(farm, told, afterMs)
      expect(leads(farm, 'm2')()).toBe(true)
      expect({ afterMs, said, isKnown: told.isKnown(farm) || said === undefined }).toMatchObject({ isKnown: true })
      expect(farm.violations()).toEqual([])
      return said?.ok
    })
    // Both sides of the commit were tried, and nothing was refused. A hand-over waits for no record.
    expect(new Set(outcomes)).toEqual(new Set(name === 'handover' ? [true] : [undefined, true]))
  })
})

test('R43: a master that was told to adopt, and said that it did, leads again by itself in its next life', () => {
  const outcomes = [0, 5, 40, 1_000].map((afterMs) => {
    const farm = calmFarm()
    for (const node of ['m1', 'm2']) farm.crash(node)
    farm.disk('m1').replaceDisk()
    farm.restart('m1')
    expect(farm.runUntil(() => typeof farm.status()?.master.why === 'string', 10_000)).toBe(true)
    const said = tellAndCrash(farm, { command: (master, answer) => master.adopt(answer), isKnown: () => true }, afterMs)
    farm.restart('m1')
    farm.runFor(8_000)
    if (said !== undefined) expect({ afterMs, leads: leads(farm, 'm1')() }).toEqual({ afterMs, leads: true })
    return said?.ok
  })
  expect(new Set(outcomes)).toEqual(new Set([undefined, true]))
})

test('a leader that loses its lease before a command is durable says that it does not know', () => {
  const farm = calmFarm()
  const [leader] = [farm.master()]
  for (const node of farm.nodes()) if (node !== 'm1') farm.network.cut('m1', node)
  let said: Result<unknown> | undefined
  leader.hold('news/web', false, (result) => {
    said = result
  })
  farm.runFor(1_200)
  expect(said).toMatchObject({ ok: false, code: 'OUTCOME_UNKNOWN' })
})

describe('a command that is repeated, because its answer was lost, does nothing twice', () => {
  test('move: the same move is answered, and then that there is nothing to do', () => {
    const farm = calmFarm()
    const move = () => answered<MoveAnswer>(farm, (answer) => farm.master().move(pooled, 'news/web', {}, answer))
    const [first, second] = [move(), move()]
    expect(first.ok && second.ok && first.value.move).toBe(second.ok && second.value.move)
    farm.runFor(5_000)
    expect(move()).toMatchObject({ ok: true, value: { move: null, steps: [] } })
    const ends = farm.trace().filter((line) => line.includes('"move.ended"') && line.includes(`"${pooled}"`))
    expect(ends).toHaveLength(1)
  })

  test('drain: as move, and the blade stays cordoned', () => {
    const farm = calmFarm()
    serveNews(farm)
    const drain = () => answered<MoveAnswer>(farm, (answer) => farm.master().drain(pooled, {}, answer))
    const [first, second] = [drain(), drain()]
    expect(first.ok && second.ok && first.value.move).toBe(second.ok && second.value.move)
    farm.runFor(10_000)
    expect(drain()).toMatchObject({ ok: true, value: { move: null, steps: [] } })
    expect(bladeOf(farm, pooled)).toMatchObject({ lifecycle: 'cold', isCordoned: true })
  })

  test('handover: the one that leads by then does not hand back', () => {
    const farm = calmFarm()
    const handOver = () => answered(farm, (answer) => farm.master().handover({ epoch: 1 }, answer))
    expect(handOver()).toMatchObject({ ok: true, value: { node: 'm1' } })
    expect(farm.runUntil(leads(farm, 'm2'), 500)).toBe(true)
    expect(handOver()).toMatchObject({ ok: true, value: { node: 'm2' } })
    farm.runFor(5_000)
    expect(leads(farm, 'm2')()).toBe(true)
  })
})
