// The demonstration's other script: processes of the farm are killed and stopped at random, by a seed, while requests come and blades
// move. It does nothing to the farm's own ways of coming back, and at the end waits until the farm is whole. What it counts comes from
// what the processes say and from what the balancer publishes, not from what the masters believe.
//
// A master is only touched while the other one has everything: two at once would show no takeover.
import { violations } from '../../../models/site-invariants.ts'
import type { Timer } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Answer } from '../../ports/result.ts'
import type { NodeId } from '../../protocol/ids.ts'
import type { FarmStatus, WithoutRedundancy } from '../../runtime/farm-status.ts'
import { type ReportedRequests, requestsOf } from './demo-report.ts'
import { demoRates, seenSite } from './demo-script.ts'
import type { DemoWorld } from './demo-world.ts'

/** A line that a process of the farm said: an event with its fields. */
export interface Said {
  readonly node: NodeId
  readonly event: string
  /** ms since the epoch. */
  readonly time: number
  readonly [field: string]: unknown
}

export interface ChaosWorld extends DemoWorld {
  readonly random: Random
  onSaid(listener: (said: Said) => void): () => void
  /** Nothing happens when it does not run. */
  signal(node: NodeId, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
}

export interface ChaosReport {
  readonly scenario: 'chaos'
  readonly seed: number
  readonly kills: readonly { readonly what: string; readonly at: number }[]
  readonly stops: readonly { readonly what: string; readonly at: number; readonly forMs: number }[]
  readonly takeovers: readonly Takeover[]
  /** Decided, and never ended. */
  readonly movesLost: number
  /** Commands that a board carried out twice under one id. */
  readonly effectsRepeated: number
  /** Times at which a blade was seen to be more than one group's. */
  readonly doubleOwnership: number
  /** How long the farm ran without a second master that has everything, as the one that leads at the end counts it. */
  readonly withoutRedundancy: Pick<WithoutRedundancy, 'times' | 'totalMs' | 'longestMs'>
  readonly requests: Readonly<Record<string, ReportedRequests>>
  readonly invariantsViolated: readonly string[]
}

export interface Takeover {
  readonly cause: 'kill' | 'stop'
  readonly from: NodeId
  /** From the fault to the moment at which the other master asked for the lead; null when it never did. */
  readonly detectedMs: number | null
  /** From the fault to the moment at which it led; null when it never did. */
  readonly leadingMs: number | null
  readonly resumedMoves: number | null
}

export const chaosMsMin = 30_000
const watchEveryMs = 250
const firstFaultMs = 3_000
const betweenFaultsMs = [2_500, 6_000] as const
const stoppedMs = [1_500, 4_000] as const
const wholeMsMax = 60_000
const answeredMs = 1_000
const busyRate = 300

const faults = [
  'killLeader',
  'killLeader',
  'stopLeader',
  'stopLeader',
  'killStandby',
  'killAgent',
  'killAgent',
  'stopAgent',
  'killBalancer',
  'killBlade',
  'killBlade',
] as const
type Fault = (typeof faults)[number]

/** The farm is up; ends with the report when it is whole again, or says that it is not. */
export function runChaos(
  world: ChaosWorld,
  { seed, forMs, said = () => {} }: { seed: number; forMs: number; said?: (sentence: string) => void },
  finished: Answer<ChaosReport>,
): void {
  const { clock, random } = world
  const beganAt = clock.monotonic()
  const kills: ChaosReport['kills'][number][] = []
  const stops: ChaosReport['stops'][number][] = []
  const takeovers: (Takeover & { readonly at: number })[] = []
  const decided = new Set<string>()
  const ended = new Set<string>()
  const carriedOut = new Map<string, number>()
  const found = new Set<string>()
  const stopped = new Set<NodeId>()
  let doubleOwnership = 0
  let withoutRedundancy: ChaosReport['withoutRedundancy'] = { times: 0, totalMs: 0, longestMs: 0 }
  let isBusy = false
  let isOver = false
  let watching: Timer | undefined

  const unsubscribe = world.onSaid((line) => {
    const { event, node, time } = line
    if (event === 'decision.made') for (const move of movesOf(line)) decided.add(move)
    if (event === 'move.ended') ended.add(String(line.move))
    if (event === 'board.performing') {
      const key = `${line.blade} ${line.key}`
      carriedOut.set(key, (carriedOut.get(key) ?? 0) + 1)
    }
    const last = takeovers.at(-1)
    if (last === undefined || node === last.from) return
    const ms = Math.round(time - last.at)
    const note = (more: Partial<Takeover>) => takeovers.splice(-1, 1, { ...last, ...more })
    if (event === 'master.changed' && line.state === 'campaigning' && last.leadingMs === null) note({ detectedMs: ms })
    if (event === 'master.recovered' && last.leadingMs === null)
      note({ leadingMs: ms, resumedMoves: Number(line.resumed) })
  })

  function between([least, most]: readonly [number, number]): number {
    return least + random.next() * (most - least)
  }

  function kill(node: NodeId, what: string = node): void {
    said(`${what} is killed`)
    kills.push({ what, at: clock.now() })
    world.signal(node, 'SIGKILL')
  }

  function stop(node: NodeId): void {
    const forMs = Math.round(between(stoppedMs))
    said(`${node} stands still for ${forMs} ms`)
    stops.push({ what: node, at: clock.now(), forMs })
    stopped.add(node)
    world.signal(node, 'SIGSTOP')
    clock.setTimer(forMs, () => goOn(node))
  }

  function goOn(node: NodeId): void {
    if (stopped.delete(node)) world.signal(node, 'SIGCONT')
  }

  function doFault(fault: Fault, status: FarmStatus): void {
    const { master, processes } = status
    const isPaired = master.state === 'leading' && master.redundancy === 'paired'
    const one = (kind: string) =>
      pick(
        random,
        processes.filter((process) => process.kind === kind && process.isUp),
      )
    const standby = processes.find(({ kind, node, isUp }) => kind === 'master' && isUp && node !== master.node)
    const fallsBack = (cause: Takeover['cause']) =>
      takeovers.push({
        cause,
        from: master.node,
        at: clock.now(),
        detectedMs: null,
        leadingMs: null,
        resumedMoves: null,
      })
    switch (fault) {
      case 'killLeader':
        if (!isPaired || !standby) return
        fallsBack('kill')
        kill(master.node)
        break
      case 'stopLeader':
        if (!isPaired || !standby) return
        fallsBack('stop')
        stop(master.node)
        break
      case 'killStandby':
        if (isPaired && standby) kill(standby.node)
        break
      case 'killAgent':
      case 'stopAgent': {
        const agent = one('agent')
        if (!agent || stopped.size > 0) return
        if (fault === 'killAgent') kill(agent.node)
        else stop(agent.node)
        break
      }
      case 'killBalancer': {
        const balancer = one('balancer')
        if (balancer) kill(balancer.node)
        break
      }
      case 'killBlade': {
        const blade = pick(
          random,
          status.blades.filter(({ lifecycle, board }) => lifecycle === 'joined' && board?.pid),
        )
        if (!blade) return
        said(`${blade.blade} is killed`)
        kills.push({ what: blade.blade, at: clock.now() })
        world.kill(blade)
        break
      }
      default:
        fault satisfies never
    }
  }

  function next(): void {
    if (isOver) return
    if (clock.monotonic() - beganAt >= forMs) {
      end()
      return
    }
    isBusy = !isBusy
    world.setRate('shop', isBusy ? busyRate : demoRates.shop)
    const fault = faults[Math.floor(random.next() * faults.length)] ?? 'killBlade'
    world.status((status) => {
      if (status.ok) doFault(fault, status.value)
    })
    clock.setTimer(between(betweenFaultsMs), next)
  }

  function watch(): void {
    world.status((status) => {
      world.lists((lists) => {
        if (!status.ok || !lists.ok) return
        const seen = violations(seenSite(status.value, lists.value))
        if (seen.some((sentence) => sentence.includes('more than one group'))) doubleOwnership += 1
        for (const sentence of seen) found.add(sentence)
      })
    })
    watching = clock.setTimer(watchEveryMs, watch)
  }

  function end(): void {
    isOver = true
    said('the faults end')
    for (const node of [...stopped]) goOn(node)
    world.setRate('shop', demoRates.shop)
    untilWhole(clock.monotonic() + wholeMsMax)
  }

  function untilWhole(deadline: number): void {
    world.status((status) => {
      const missing = status.ok ? whatIsMissing(status.value) : `no status: ${status.code}`
      const isWhole = missing === ''
      if (status.ok && status.value.master.withoutRedundancy) {
        const { times, totalMs, longestMs } = status.value.master.withoutRedundancy
        withoutRedundancy = { times, totalMs: Math.round(totalMs), longestMs: Math.round(longestMs) }
      }
      if (!isWhole && clock.monotonic() < deadline) {
        clock.setTimer(watchEveryMs, () => untilWhole(deadline))
        return
      }
      if (!isWhole) found.add(`the farm was not whole ${wholeMsMax / 1000} s after the last fault: ${missing}`)
      for (const account of Object.keys(demoRates)) world.setRate(account, 0)
      clock.setTimer(answeredMs, gather)
    })
  }

  function gather(): void {
    unsubscribe()
    watching?.cancel()
    const repeated = [...carriedOut].filter(([, times]) => times > 1)
    for (const [key] of repeated) found.add(`carried out twice: ${key}`)
    countLost(
      [...decided].filter((move) => !ended.has(move)),
      0,
      (movesLost) => {
        world.load((load) => {
          if (!load.ok) {
            finished(load)
            return
          }
          const value: ChaosReport = {
            scenario: 'chaos',
            seed,
            kills,
            stops,
            takeovers: takeovers.map(({ at: _at, ...takeover }) => takeover),
            movesLost,
            effectsRepeated: repeated.length,
            doubleOwnership,
            withoutRedundancy,
            requests: requestsOf(load.value),
            invariantsViolated: [...found],
          }
          finished({ ok: true, value })
        })
      },
    )
  }

  /** The end of a move may not have been said by a process that died then; the record says it. */
  function countLost([next, ...rest]: readonly string[], lost: number, counted: (lost: number) => void): void {
    if (next === undefined) {
      counted(lost)
      return
    }
    world.explain(next, (record) => {
      const isLost = !record.ok || record.value.outcome === null
      if (isLost) found.add(`${next} was decided and has no end`)
      countLost(rest, lost + (isLost ? 1 : 0), counted)
    })
  }

  for (const [account, rate] of Object.entries(demoRates)) world.setRate(account, rate)
  watch()
  clock.setTimer(firstFaultMs, next)
}

/** Empty when it is whole. */
function whatIsMissing({ master, moves, processes, groups }: FarmStatus): string {
  const down = processes.filter(({ isUp, kind }) => !isUp && kind !== 'other')
  const short = groups.filter(({ roles }) => roles.some(({ joined, committed }) => joined < committed))
  return [
    ...(master.state === 'leading' && master.redundancy === 'paired'
      ? []
      : [`${master.node} is ${master.state} and ${master.redundancy}${master.why === null ? '' : ` (${master.why})`}`]),
    ...moves.map(({ move, blade, step }) => `${move} of ${blade} is at ${step}`),
    ...down.map(({ node }) => `${node} is down`),
    ...short.map(({ group }) => `${group} is below its committed level`),
  ].join('; ')
}

function movesOf({ moves }: Said): string[] {
  return Array.isArray(moves)
    ? moves.flatMap((one: { move?: unknown }) => (typeof one.move === 'string' ? one.move : []))
    : []
}

function pick<T>(random: Random, from: readonly T[]): T | undefined {
  return from[Math.floor(random.next() * from.length)]
}
