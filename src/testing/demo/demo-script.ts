// The demonstration: what happens to the farm of examples/demo.yaml within a minute, or scaled to another time.
//
//    5 s  a blade of shop is killed             → detected, replaced from warm; scrubbed, pooled, another one warmed
//   15 s  shop rises from 150 to 450 requests/s → it asks; blades join from the pool, then from news down to its level
//   25 s  a blade of shop is killed, none is left in the pool → rebooted in place
//   35 s  shop falls back                       → it offers; blades are drained, scrubbed, pooled
//
// The script only does this and watches. Whether the farm does well is in the report.
import { violations } from '../../../models/site-invariants.ts'
import type { Timer } from '../../ports/clock.ts'
import type { Answer } from '../../ports/result.ts'
import type { BladeId } from '../../protocol/ids.ts'
import type { FarmEvent } from '../../runtime/farm-control.ts'
import type { BladeStatus, FarmStatus } from '../../runtime/farm-status.ts'
import { type DemoReport, gatherReport, type Kill } from './demo-report.ts'
import type { DemoWorld } from './demo-world.ts'

export interface DemoOptions {
  readonly seed: number
  /** 30 000 or more; the script is written for 60 000 and scaled. */
  readonly forMs: number
  /** For people who watch. */
  readonly said?: (sentence: string) => void
}

export const demoMsMin = 30_000
export const scenarioName = 'first-light'
const writtenForMs = 60_000
const watchEveryMs = 250
/** Longer than any request waits. */
const answeredMs = 1_000
/** Requests/s by account while nothing happens. */
export const demoRates = { shop: 150, news: 150 } as const
const busyRate = 450

/** The farm is up and nobody sends a request yet; ends with the report, or with the first error that it met. */
export function runDemo(
  world: DemoWorld,
  { seed, forMs, said = () => {} }: DemoOptions,
  finished: Answer<DemoReport>,
): void {
  const { clock } = world
  const scale = forMs / writtenForMs
  const moves = new Set<string>()
  const kills: Kill[] = []
  const failed: FarmEvent[] = []
  const found = new Set<string>()
  const timers: Timer[] = []

  const unsubscribe = world.subscribe((event) => {
    if (typeof event.move === 'string') moves.add(event.move)
    if (event.type === 'blade.failed') failed.push(event)
  })

  function at(seconds: number, sentence: string, act: () => void): void {
    const timer = clock.setTimer(seconds * 1000 * scale, () => {
      said(sentence)
      act()
    })
    timers.push(timer)
  }

  function killOne(): void {
    world.status((result) => {
      const victim = result.ok ? victimOf(result.value, kills) : undefined
      if (victim === undefined) {
        found.add('there was no blade of shop to kill')
        return
      }
      kills.push({ blade: victim.blade, at: clock.now() })
      world.kill(victim)
    })
  }

  function watch(): void {
    world.status((status) => {
      world.lists((lists) => {
        if (status.ok && lists.ok)
          for (const sentence of violations(seenSite(status.value, lists.value))) found.add(sentence)
      })
    })
    timers.push(clock.setTimer(watchEveryMs, watch))
  }

  for (const [account, rate] of Object.entries(demoRates)) world.setRate(account, rate)
  at(5, 'a blade of shop is killed', killOne)
  at(15, `shop rises to ${busyRate} requests/s`, () => world.setRate('shop', busyRate))
  at(25, 'a blade of shop is killed, and the pool is empty', killOne)
  at(35, `shop falls to ${demoRates.shop} requests/s`, () => world.setRate('shop', demoRates.shop))
  at(60, 'the script ends', () => {
    unsubscribe()
    for (const timer of timers) timer.cancel()
    for (const account of Object.keys(demoRates)) world.setRate(account, 0)
    const seen = { scenario: scenarioName, seed, moves: [...moves], kills, failed, violations: [...found] }
    // What is under way still counts.
    clock.setTimer(answeredMs, () => gatherReport(world, seen, finished))
  })
  watch()
}

/** A serving blade of shop; not one that was killed before, so that the second kill is another blade's first. */
function victimOf({ blades }: FarmStatus, kills: readonly Kill[]): BladeStatus | undefined {
  return blades.find(
    ({ blade, group, lifecycle, move }) =>
      group === 'shop/web' && lifecycle === 'joined' && move === null && !kills.some((kill) => kill.blade === blade),
  )
}

export function seenSite(status: FarmStatus, lists: readonly { group: string; blades: readonly BladeId[] }[]) {
  const blades = status.blades.map(({ blade, board }) => ({
    blade,
    places: [
      ...(board?.pointersGroup ? [{ place: 'pointers', group: board.pointersGroup }] : []),
      ...(board?.formerGroup && board.formerGroup !== 'unknown' ? [{ place: 'traces', group: board.formerGroup }] : []),
      ...lists.filter((list) => list.blades.includes(blade)).map(({ group }) => ({ place: 'members', group })),
    ],
  }))
  return { blades, moves: status.moves }
}
