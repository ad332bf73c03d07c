// Every step that two masters and three boards can take, breadth first, up to stated bounds: what a walk finds by luck this finds
// surely, and first in its shortest form. The steps are those of the walker; time is in whole units and all clocks agree.
//
// Bounds: highest epoch, rounds of asking in a life, records, marks in an epoch, messages in flight, crashes, states. A message that is lost is one that
// is not taken out before later ones push it out. A disk is done at once except where the scope says so.
import { nextEpoch } from '../../../src/pair/master-lease.ts'
import { Violation } from './law.ts'
import type { PairMaster } from './pair-master.ts'
import type { Reducers } from './reducers.ts'
import { stateKey } from './state-key.ts'
import { type Message, type Site, Walk, type WalkState } from './walk.ts'

export interface Scope {
  readonly name: string
  readonly epochMax: number
  readonly roundMax: number
  readonly recordMax: number
  /** In one epoch; a peer that is lost once more is not noticed. */
  readonly markMax: number
  readonly inFlightMax: number
  /** Messages may arrive more than once. */
  readonly isTwice: boolean
  readonly masterCrashes: number
  readonly boardCrashes: number
  readonly hasSlowDisks: boolean
  /** What is asked or shipped arrives at once or never, any of it; only commands are in flight. Else everything is. */
  readonly isPrompt: boolean
  /** It begins with m1 leading, m2 following, and everything delivered. */
  readonly isLed: boolean
}

export const scopes: readonly Scope[] = [
  {
    name: 'small',
    epochMax: 1,
    roundMax: 2,
    recordMax: 1,
    markMax: 2,
    inFlightMax: 1,
    isTwice: false,
    masterCrashes: 0,
    boardCrashes: 0,
    hasSlowDisks: false,
    isPrompt: true,
    isLed: false,
  },
  {
    name: 'lease',
    epochMax: 3,
    roundMax: 3,
    recordMax: 0,
    markMax: 2,
    inFlightMax: 4,
    isTwice: true,
    masterCrashes: 1,
    boardCrashes: 1,
    hasSlowDisks: false,
    isPrompt: false,
    isLed: false,
  },
  {
    name: 'takeover',
    epochMax: 3,
    roundMax: 9,
    recordMax: 3,
    markMax: 2,
    inFlightMax: 1,
    isTwice: false,
    masterCrashes: 1,
    boardCrashes: 1,
    hasSlowDisks: false,
    isPrompt: true,
    isLed: true,
  },
  {
    name: 'disks',
    epochMax: 3,
    roundMax: 9,
    recordMax: 2,
    markMax: 2,
    inFlightMax: 3,
    isTwice: false,
    masterCrashes: 1,
    boardCrashes: 1,
    hasSlowDisks: true,
    isPrompt: false,
    isLed: true,
  },
]

export interface Explored {
  readonly scope: Scope
  readonly states: number
  readonly steps: number
  /** Steps from the beginning to the states seen last. */
  readonly depth: number
  /** Every state within the bounds was seen. */
  readonly isWhole: boolean
  readonly violation: Violation | null
}

interface Node {
  readonly state: WalkState
  readonly masterCrashes: number
  readonly boardCrashes: number
}

type Step = (walk: Walk) => void
interface Choice {
  readonly step: Step
  readonly masterCrashes?: number
  readonly boardCrashes?: number
}

/** Bits of the boards that a question reaches (their answers arrive), of a shipment and of what is said to it. */
const everybody = 0b11111
const reaches = [everybody, 0b11110, 0b11101, 0b11011, 0b11100, 0b11010, 0b11001, 0b11000, 0b01111, 0b00111]

function bitOf({ kind, to }: Message): number {
  if (kind === 'answer') return everybody
  return kind === 'ask' ? 1 << (to - 2) : kind === 'ship' ? 0b01000 : 0b10000
}

/** In units; a candidate of the models never pauses: time does it. */
const times = { leaseMs: 3, holdMs: 2, renewMs: 1, retryMs: 1, campaignMs: Number.POSITIVE_INFINITY, pauseMs: 0 }

export function explore(scope: Scope, reducers: Reducers, stateMax: number): Explored {
  const site: Site = { voters: 3, spare: 0, times: [times, times], bagMax: Number.POSITIVE_INFINITY }
  const walk = new Walk(0, site, reducers)
  const seen = new Set<number>()
  let steps = 0
  let depth = 0
  const report = (isWhole: boolean, violation: Violation | null): Explored => ({
    scope,
    states: seen.size,
    steps,
    depth,
    isWhole,
    violation,
  })
  try {
    if (scope.isLed) leadFirst(walk)
    let level: Node[] = [{ state: walk.save(), masterCrashes: scope.masterCrashes, boardCrashes: scope.boardCrashes }]
    while (level.length > 0) {
      const next: Node[] = []
      for (const node of level) {
        walk.load(node.state)
        for (const choice of choicesOf(walk, scope, node))
          for (const reached of scope.isPrompt ? reaches : [everybody]) {
            walk.load(node.state)
            const isAsked = take(walk, choice.step, scope, reached)
            steps += 1
            const after = nodeAfter(node, walk, choice)
            const key = stateKey(after.state, times.holdMs, `${after.masterCrashes}.${after.boardCrashes}`)
            if (!seen.has(key)) {
              seen.add(key)
              next.push(after)
            }
            if (!isAsked) break
          }
        if (seen.size >= stateMax) return report(false, null)
      }
      level = next
      depth += 1
    }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    return report(false, error)
  }
  return report(true, null)
}

function nodeAfter(node: Node, walk: Walk, { masterCrashes = 0, boardCrashes = 0 }: Choice): Node {
  return {
    state: walk.save(),
    masterCrashes: node.masterCrashes - masterCrashes,
    boardCrashes: node.boardCrashes - boardCrashes,
  }
}

/** @returns whether it matters who was reached */
function take(walk: Walk, step: Step, { isPrompt, hasSlowDisks, inFlightMax }: Scope, reached: number): boolean {
  step(walk)
  let isAsked = false
  for (let at = 0; isPrompt && at < walk.bag.length; ) {
    const message = walk.bag[at]
    if (message === undefined || message.kind === 'command') {
      at += 1
      continue
    }
    isAsked = true
    walk.bag.splice(at, 1)
    if (reached & bitOf(message)) walk.deliver(message)
    for (const board of walk.boards) board.written()
    for (const master of walk.masters) if (master.isUp) master.synced()
  }
  if (!hasSlowDisks) {
    for (const board of walk.boards) board.written()
    for (const master of walk.masters) if (master.isUp) master.synced()
  }
  // More in flight than the bound: the oldest are lost.
  if (walk.bag.length > inFlightMax) walk.bag.splice(0, walk.bag.length - inFlightMax)
  return isAsked
}

function leadFirst(walk: Walk): void {
  const [leader] = walk.masters
  leader.campaign(0, false)
  for (let round = 0; round < 4; round += 1) {
    const now = walk.bag
    walk.bag = []
    for (const message of now) walk.deliver(message)
    for (const board of walk.boards) board.written()
    for (const master of walk.masters) master.synced()
    if (leader.isLeading(walk.trueMs)) leader.ship()
  }
  walk.bag = []
}

function choicesOf(walk: Walk, scope: Scope, node: Node): Choice[] {
  const choices: Choice[] = [{ step: (one) => one.advance(1) }]
  for (const [i, message] of walk.bag.entries()) {
    choices.push({
      step(one) {
        one.bag.splice(i, 1)
        one.deliver(message)
      },
    })
    if (scope.isTwice) choices.push({ step: (one) => one.deliver(message) })
  }
  for (const master of walk.masters) choices.push(...choicesOfMaster(walk, master, scope, node))
  for (const board of walk.boards) {
    if (scope.hasSlowDisks && board.waiting !== null) choices.push({ step: () => board.written() })
    if (node.boardCrashes === 0) continue
    for (const isWordKept of board.waiting === null ? [true] : [true, false])
      choices.push({
        boardCrashes: 1,
        step(one) {
          board.crash(isWordKept)
          board.boot(one.trueMs)
        },
      })
  }
  return choices
}

function choicesOfMaster(walk: Walk, master: PairMaster, scope: Scope, node: Node): Choice[] {
  const { lease, replication, journal } = master
  if (!master.isUp) return [{ step: () => master.boot() }]
  const choices: Choice[] = []
  if (node.masterCrashes > 0) choices.push({ masterCrashes: 1, step: (one) => one.kill(master, 0) })
  const now = master.now(walk.trueMs)
  const canAsk = lease.round < scope.roundMax && lease.epoch <= scope.epochMax
  const next = nextEpoch(Math.max(lease.epochSeen, lease.epoch), lease.parity)
  if (lease.stage === 'idle' && canAsk && next <= scope.epochMax) {
    choices.push({ step: () => master.campaign(0, false) })
    if (walk.freedFor(master) > 0) choices.push({ step: (one) => master.campaign(one.freedFor(master), false) })
  }
  const isOver = lease.stage === 'leading' && now >= lease.until
  if (isOver || (now >= lease.askAt && canAsk)) choices.push({ step: () => master.tick() })
  if (scope.hasSlowDisks && (master.owed !== null || journal.durableIndex < journal.lastIndex))
    choices.push({ step: () => master.synced() })
  if (replication === null || !master.isLeading(walk.trueMs)) return choices

  choices.push({ step: () => master.ship() })
  if (!replication.isPeerLinked || replication.markNumber < scope.markMax)
    choices.push({ step: () => master.link(!replication.isPeerLinked) })
  if (journal.lastIndex < scope.recordMax && master.isSettled()) choices.push({ step: () => master.write() })
  if (master.commandable(0) !== undefined)
    for (const board of walk.boards) choices.push({ step: (one) => one.command(master, one.addressOf(board), 0) })
  choices.push({
    step(one) {
      one.freed[1 - master.index] = master.letGo()
    },
  })
  return choices
}
