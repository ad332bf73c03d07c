// Short stories for what chance finds too seldom: each is told step by step, and breaks a law when its bug is planted, only then.
import type { Reducers } from '../model/pair/reducers.ts'
import { type Message, Walk } from '../model/pair/walk.ts'

export type Scenario = (reducers: Reducers) => void

const [A, B, C, D, E] = [2, 3, 4, 5, 6]

/**
 * A board carries out what a new leader commands while its own promise is still on its way to the disk, dies, and is led by the
 * old epoch again.
 */
export const actsUnderAPromise: Scenario = (reducers) => {
  const walk = siteOf(reducers)
  const [one, other] = walk.masters
  one.campaign(0, false)
  pass(walk)
  one.ship()
  pass(walk)
  walk.command(one, C, 0)
  one.tick()
  walk.advance(250)
  one.tick()
  const late = walk.bag
  walk.bag = []

  walk.kill(one, 0)
  other.campaign(walk.freedFor(other), false)
  pass(walk, ({ to }) => to !== C)
  walk.command(other, C, 0)
  other.tick()
  walk.advance(250)
  other.tick()
  for (const message of walk.bag.filter(({ kind, to }) => kind === 'ask' && to === C)) walk.deliver(message)
  for (const message of walk.bag.filter(({ kind }) => kind === 'command')) walk.deliver(message)
  const board = walk.boards[C - A]
  board?.crash(false)
  board?.boot(walk.trueMs)
  for (const message of late.filter(({ kind, to }) => kind === 'ask' && to === C)) walk.deliver(message)
  board?.written()
  for (const message of late.filter(({ kind }) => kind === 'command')) walk.deliver(message)
}

/** Two leaders change the list of voters, each unaware of the other's change, and a board takes the one list for the other. */
export const twoListsOfOneVersion: Scenario = (reducers) => {
  const walk = siteOf(reducers)
  const [one, other] = walk.masters
  const names = (places: readonly number[]) => places.map((place) => walk.boards[place - A]?.id ?? '')
  one.campaign(0, false)
  pass(walk)
  one.changeVoters(names([A, D, E]))
  pass(walk, among(A))
  walk.kill(one, 0)
  one.boot()

  other.campaign(walk.freedFor(other), false)
  pass(walk, among(B, C))
  other.changeVoters(names([A, B, E]))
  // What settles the change does not reach A.
  pass(walk, (message) => among(B)(message) || (among(A)(message) && !isSettling(message)))
  for (let renewal = 0; renewal < 8; renewal += 1) {
    walk.advance(200)
    walk.tick(other)
    pass(walk, among(B, E))
  }
  one.campaign(0, false)
  for (let round = 0; round < 4; round += 1) {
    pass(walk, among(A, C, D))
    walk.advance(60)
    walk.tick(one)
  }
}

/** What a leader inherited and acted on is cut by a late word of a leader before it, for nothing newer stands in the journal. */
export const epochNotOpened: Scenario = (reducers) => {
  const walk = siteOf(reducers)
  const [one, other] = walk.masters
  one.campaign(0, false)
  pass(walk)
  one.write()
  one.ship()
  pass(walk)

  other.campaign(one.letGo(), false)
  pass(walk)
  other.write()
  other.synced()
  one.campaign(other.letGo(), false)
  pass(walk)
  one.write()
  one.ship()
  const late = walk.bag.filter(({ kind }) => kind === 'ship')
  walk.bag = []
  walk.kill(one, 0)

  other.campaign(walk.freedFor(other), false)
  pass(walk)
  walk.command(other, A, 0)
  pass(walk)
  walk.kill(other, 0)
  other.boot()
  for (const message of late) walk.deliver(message)
}

function siteOf(reducers: Reducers): Walk {
  const times = [reducers.leaseTimes(1), reducers.leaseTimes(0)] as const
  return new Walk(0, { voters: 3, spare: 2, times, bagMax: Number.POSITIVE_INFINITY }, reducers)
}

/** Messages arrive, and what they lead to, until there are none; those that do not pass are lost. */
function pass(walk: Walk, passes: (message: Message) => boolean = () => true): void {
  while (walk.bag.length > 0) {
    const now = walk.bag
    walk.bag = []
    for (const message of now) if (passes(message)) walk.deliver(message)
    for (const board of walk.boards) board.written()
    for (const master of walk.masters) if (master.isUp) master.synced()
  }
}

function isSettling(message: Message): boolean {
  return message.kind === 'ask' && message.ask.voters.former === null
}

function among(...boards: readonly number[]): (message: Message) => boolean {
  return ({ from, to }) => boards.includes(Math.max(from, to))
}
