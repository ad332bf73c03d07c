// Random walks: chaos, then healing; and calm walks, in which nothing happens to the leader. `walkOne` is one of them, by seed.
import { Chance } from './chance.ts'
import { Violation } from './law.ts'
import type { PairMaster } from './pair-master.ts'
import type { Reducers } from './reducers.ts'
import { Walk } from './walk.ts'

export interface Walked {
  readonly seed: number
  readonly steps: number
  /** Takeovers, and records carried out: a walk in which nothing happens proves nothing. */
  readonly won: number
  readonly carriedOut: number
  readonly violation: Violation | null
}

/** Share by which the clock of a master and of a board may differ; large, so that what depends on it shows soon. */
const drift = 0.2
const [slow, fast] = [0.91, 1.09]
/** A life of a master may have another configuration than the last. */
const leasesMs = [1_000, 500] as const
const bagMax = 60
const chaosSteps = 4_000
const lateMax = 24
const roundMs = 20
/** Twenty leases: two who split the boards may need two turns of asking and pausing each. */
const healedWithinMs = 20_000
const calmEvery = 8

export function walkOne(seed: number, reducers: Reducers): Walked {
  const walk = walkFrom(seed, reducers)
  let violation: Violation | null = null
  try {
    if (seed % calmEvery === 0) stayCalm(walk)
    else runChaos(walk)
    heal(walk)
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    violation = error
  }
  const { steps, law } = walk
  return { seed, steps, won: law.wonCount, carriedOut: law.executedCount, violation }
}

function walkFrom(seed: number, reducers: Reducers): Walk {
  const chance = new Chance(-seed)
  const voters = [5, 5, 5, 3, 3, 4, 7, 2, 1][chance.below(9)] ?? 5
  const times = [reducers.leaseTimes(1, leasesMs[0], drift), reducers.leaseTimes(0, leasesMs[0], drift)] as const
  const walk = new Walk(seed, { voters, spare: chance.is(0.3) ? 2 : 0, times, bagMax }, reducers)
  const isSkewed = chance.is(0.4)
  for (const master of walk.masters) master.rate = isSkewed ? slow : slow + chance.next() * (fast - slow)
  for (const board of walk.boards) board.rate = isSkewed ? fast : slow + chance.next() * (fast - slow)
  return walk
}

// — chaos —————————————————————————————————————————————————————————————————————————————————————

interface Mood {
  readonly lost: number
  readonly twice: number
  readonly stepMs: number
  readonly rare: number
  readonly acceptsLoss: boolean
  readonly changesVoters: boolean
}

function runChaos(walk: Walk): void {
  const { chance } = walk
  const mood: Mood = {
    lost: chance.is(0.5) ? 0.02 : 0.15,
    twice: chance.is(0.5) ? 0.02 : 0.15,
    stepMs: chance.is(0.6) ? 4 + chance.below(20) : 20 + chance.below(100),
    rare: 0.005 + chance.next() * 0.04,
    acceptsLoss: chance.is(0.05),
    changesVoters: chance.is(0.3),
  }
  while (walk.steps < chaosSteps) chaosStep(walk, mood)
}

function chaosStep(walk: Walk, mood: Mood): void {
  const { chance } = walk
  const drawn = chance.next()
  if (drawn < mood.rare) rareStep(walk, mood)
  else if (drawn < 0.68) takeOut(walk, mood)
  else if (drawn < 0.8) {
    walk.advance(chance.next() * mood.stepMs)
    walk.tick(walk.masters[0])
    walk.tick(walk.masters[1])
  } else if (drawn < 0.88) disk(walk)
  else if (drawn < 0.91) work(walk, walk.randomMaster())
  else if (drawn < 0.96) walk.command(walk.randomMaster(), walk.addressOf(walk.randomBoard()), chance.below(6))
  else ship(walk, walk.randomMaster())
}

/** From anywhere in the bag; may be lost, and may stay in it as well. Some come much later: from before a takeover, or two. */
function takeOut(walk: Walk, { lost, twice }: Mood): void {
  const { chance, bag, late } = walk
  const old = chance.is(0.02) ? late[chance.below(late.length)] : undefined
  if (old !== undefined) walk.deliver(old)
  const index = chance.below(bag.length)
  const message = bag[index]
  if (message === undefined) return
  if (chance.is(0.05)) late[chance.below(lateMax)] = message
  if (!chance.is(twice)) {
    const last = bag.pop()
    if (last !== undefined && index < bag.length) bag[index] = last
  }
  if (!chance.is(lost)) walk.deliver(message)
}

function disk(walk: Walk): void {
  walk.steps += 1
  if (walk.chance.is(0.3)) {
    const master = walk.randomMaster()
    if (master.isUp && master.stalledUntil <= walk.trueMs) master.synced()
  } else walk.randomBoard().written()
}

function work(walk: Walk, master: PairMaster): void {
  walk.steps += 1
  if (master.isLeading(walk.trueMs) && master.isSettled()) master.write()
}

function ship(walk: Walk, master: PairMaster): void {
  walk.steps += 1
  if (master.isLeading(walk.trueMs) && master.stalledUntil <= walk.trueMs) master.ship()
}

function rareStep(walk: Walk, mood: Mood): void {
  const { chance } = walk
  const master = walk.randomMaster()
  const other = walk.masters[1 - master.index] ?? master
  walk.steps += 1
  switch (chance.below(12)) {
    case 0:
      killOrBoot(walk, master, other)
      break
    case 1: {
      const board = walk.randomBoard()
      if (board.isUp) board.crash(chance.is(0.5))
      else board.boot(walk.trueMs)
      if (!board.isUp && chance.is(0.7)) board.boot(walk.trueMs)
      break
    }
    case 2:
      if (master.isUp && chance.is(0.5)) master.stalledUntil = walk.trueMs + chance.next() * 2_500
      break
    case 3:
      toggleCuts(walk, master)
      break
    case 4:
      master.link(walk.isMastersLinked() && !chance.is(0.1))
      break
    case 5:
      if (mood.changesVoters && master.isLeading(walk.trueMs)) master.changeVoters(votersAtRandom(walk))
      break
    case 6:
      if (master.isLeading(walk.trueMs) && chance.is(0.2)) {
        const epoch = master.letGo()
        if (other.isUp) other.campaign(epoch, false)
      }
      break
    case 7:
      for (const one of walk.masters) one.link(walk.isMastersLinked())
      break
    case 8:
      if (master.isLeading(walk.trueMs)) isolate(walk, master, other)
      break
    default: {
      const isSilent = walk.trueMs - master.heardAt > 1_500
      if (master.isUp && master.stalledUntil <= walk.trueMs && (isSilent || chance.is(0.1)))
        master.campaign(walk.freedFor(master), mood.acceptsLoss && chance.is(0.2))
    }
  }
}

function killOrBoot(walk: Walk, master: PairMaster, other: PairMaster): void {
  const { chance } = walk
  if (!master.isUp) {
    const leaseMs = leasesMs[chance.below(leasesMs.length)]
    master.times = walk.reducers.leaseTimes(master.index === 0 ? 1 : 0, leaseMs, drift)
    master.boot()
    return
  }
  walk.kill(master, chance.below(3))
  if (chance.is(0.5)) master.boot()
  if (chance.is(0.5) && other.isUp && other.stalledUntil <= walk.trueMs) other.campaign(walk.freedFor(other), false)
}

/** Nobody hears the leader, or it hears nobody, or both; and the other asks for the lead. */
function isolate(walk: Walk, master: PairMaster, other: PairMaster): void {
  const direction = walk.chance.below(3)
  walk.cut(master.index, other.index, true)
  walk.cut(other.index, master.index, true)
  for (const board of walk.boards) {
    const address = walk.addressOf(board)
    walk.cut(address, master.index, direction !== 0)
    walk.cut(master.index, address, direction !== 1)
    walk.cut(address, other.index, false)
    walk.cut(other.index, address, false)
  }
  if (other.isUp && other.stalledUntil <= walk.trueMs) other.campaign(walk.freedFor(other), false)
}

function toggleCuts(walk: Walk, master: PairMaster): void {
  const { chance } = walk
  const isCut = chance.is(0.5)
  if (chance.is(0.4)) {
    const other = 1 - master.index
    walk.cut(master.index, other, isCut)
    if (chance.is(0.7)) walk.cut(other, master.index, isCut)
    return
  }
  for (const board of walk.boards) {
    if (chance.is(0.5)) continue
    const address = walk.addressOf(board)
    walk.cut(master.index, address, isCut)
    if (chance.is(0.7)) walk.cut(address, master.index, isCut)
  }
}

function votersAtRandom({ boards, chance }: Walk): string[] {
  const members = boards.filter(() => chance.is(0.6)).map(({ id }) => id)
  return members.length === 0 ? boards.slice(0, 3).map(({ id }) => id) : members
}

// — calm and healing ——————————————————————————————————————————————————————————————————————————

/** Messages arrive within one round, in order, disks are done, timers fire. */
function fairRound(walk: Walk): void {
  const { masters, boards } = walk
  for (const master of masters) walk.tick(master)
  for (const master of masters) if (master.isLeading(walk.trueMs)) master.ship()
  for (let hop = 0; hop < 3; hop += 1) {
    const now = walk.bag
    walk.bag = []
    for (const message of now) walk.deliver(message)
    for (const board of boards) if (board.isUp) board.written()
    for (const master of masters) if (master.isUp) master.synced()
  }
  walk.advance(roundMs)
}

function heal(walk: Walk): void {
  const { masters, boards, cuts, chance } = walk
  cuts.fill(0)
  for (const board of boards) if (!board.isUp) board.boot(walk.trueMs)
  for (const master of masters) {
    master.stalledUntil = 0
    if (!master.isUp) master.boot()
  }
  const until = walk.trueMs + healedWithinMs
  while (walk.trueMs < until) {
    for (const master of masters) {
      master.link(true)
      if (walk.trueMs - master.heardAt > 1_200 + 500 * master.index) master.campaign(0, false)
      if (chance.is(0.1)) work(walk, master)
    }
    fairRound(walk)
    if (isWhole(walk)) return
  }
  throw new Violation('after healing one leads and the other is in sync', stateOf(walk))
}

function isWhole({ masters, trueMs }: Walk): boolean {
  const [one, other] = masters
  const leader = one.isLeading(trueMs) ? one : other
  const peer = leader === one ? other : one
  if (!leader.isLeading(trueMs) || !leader.isSettled() || leader.replication?.mode !== 'paired') return false
  const last = leader.journal.records.at(-1)
  return last !== undefined && peer.journal.lastIndex === last.index && peer.journal.hasOnDisk(last)
}

function stateOf({ masters, trueMs }: Walk): string {
  return masters
    .map((one) => {
      const { node, lease, replication, journal } = one
      const lead = one.isLeading(trueMs) ? 'leads' : lease.stage
      return `${node} ${lead} ${lease.epoch}, ${replication?.mode ?? 'follows'}, ${journal.lastIndex} records`
    })
    .join('; ')
}

/** The leader and its links are well; what the standby sees comes and goes, and boards of a minority restart. */
function stayCalm(walk: Walk): void {
  const { masters, boards, chance } = walk
  const [leader, standby] = masters
  leader.campaign(0, false)
  for (let round = 0; round < 10; round += 1) fairRound(walk)
  if (!leader.isLeading(walk.trueMs)) throw new Violation('alone it leads at once', stateOf(walk))
  const { epoch } = leader.lease
  while (walk.steps < chaosSteps) {
    if (chance.is(0.2)) toggleCuts(walk, standby)
    if (chance.is(0.3)) standby.campaign(0, false)
    if (chance.is(0.1)) {
      const board = walk.randomBoard()
      board.crash(true)
      board.boot(walk.trueMs)
    }
    leader.link(walk.isMastersLinked())
    work(walk, leader)
    walk.command(leader, walk.addressOf(boards[0] ?? walk.randomBoard()), 1)
    fairRound(walk)
    if (!leader.isLeading(walk.trueMs) || leader.lease.epoch !== epoch)
      throw new Violation('a healthy leader is not disturbed by a half-isolated standby', stateOf(walk))
  }
}
