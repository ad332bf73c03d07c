import { describe, expect, test } from 'vitest'
import {
  openReplication,
  type Replication,
  type ReplicationEvent,
  type ReplicationStep,
  stepReplication,
} from '../../../src/pair/replication.ts'
import type { SyncMark } from '../../../src/protocol/pair.ts'
import { markOf } from './asking.ts'

const ackMs = 300

function open(over: { isPeerLinked?: boolean; mark?: SyncMark | null; local?: number } = {}): ReplicationStep {
  return openReplication({ epoch: 5, peer: 'm2', local: 10, isPeerLinked: true, mark: null, ...over }, 0)
}

function step(replication: Replication, event: ReplicationEvent, now = 10): ReplicationStep {
  return stepReplication(replication, event, now, { ackMs })
}

function steps(replication: Replication, events: readonly ReplicationEvent[], now = 10): Replication {
  return events.reduce((one, event) => step(one, event, now).replication, replication)
}

const local = (index: number): ReplicationEvent => ({ type: 'localDurable', index })
const peerHas = (index: number): ReplicationEvent => ({ type: 'peerHas', index })
const lost: ReplicationEvent = { type: 'peerLost' }
const linked: ReplicationEvent = { type: 'peerLinked' }
const marked = (number: number, epoch = 5): ReplicationEvent => ({
  type: 'marked',
  mark: { epoch, number, outOfSync: 'm2', index: 0 },
})

const paired = () => steps(open().replication, [local(12), peerHas(12)])
const alone = () => steps(paired(), [lost, marked(1), local(20)])

describe('a paired leader', () => {
  test('R41: acts on what both have made durable, on nothing else (P14)', () => {
    const { replication } = open()
    expect(replication.committed).toBe(0)
    expect(steps(replication, [local(12)]).committed).toBe(0)
    expect(steps(replication, [local(12), peerHas(11)]).committed).toBe(11)
    expect(steps(replication, [peerHas(14), local(12)]).committed).toBe(12)
  })

  test('R43: acts on nothing new when its peer is lost, until the boards remember that (P14)', () => {
    const { replication, mark } = step(paired(), lost)
    expect(mark).toEqual({ epoch: 5, number: 1, outOfSync: 'm2', index: 12 })
    const waiting = steps(replication, [local(13)])
    expect(waiting).toMatchObject({ mode: 'marking', committed: 12 })
    expect(steps(waiting, [marked(1)])).toMatchObject({ mode: 'alone', committed: 13 })
  })

  test('R43: takes no other mark for the one that it waits for', () => {
    const waiting = steps(paired(), [lost, local(13)])
    for (const other of [marked(2), marked(1, 3)]) expect(steps(waiting, [other]).committed).toBe(12)
  })

  test('leaves a peer behind that lets a record wait too long', () => {
    const waiting = step(paired(), local(13), 1_000).replication
    expect(step(waiting, { type: 'tick' }, 1_000 + ackMs).mark).toBeNull()
    expect(step(waiting, { type: 'tick' }, 1_001 + ackMs).replication.mode).toBe('marking')
  })

  test('is patient with a peer that is always one batch behind and never late', () => {
    let replication = paired()
    for (let round = 1; round <= 50; round += 1)
      replication = steps(replication, [local(12 + 10 * round), peerHas(2 + 10 * round)], round * 100)
    expect(replication).toMatchObject({ mode: 'paired', committed: 502 })
  })
})

describe('a leader without its peer', () => {
  test('begins by marking it, and counts nothing that it inherited as acted on before that', () => {
    const { replication, mark } = open({ isPeerLinked: false })
    expect(replication).toMatchObject({ mode: 'marking', committed: 0 })
    expect(mark).toEqual({ epoch: 5, number: 1, outOfSync: 'm2', index: 10 })
    expect(steps(replication, [marked(1)]).committed).toBe(10)
  })

  test('says since when the peer misses records, also when it marks it anew', () => {
    expect(open({ isPeerLinked: false, mark: markOf('m2', 3) }).mark?.index).toBe(7)
  })

  test('R43: does not take what the peer had before it was lost for what it has', () => {
    const back = steps(alone(), [linked, local(21)])
    expect(back).toMatchObject({ mode: 'alone', peerHas: -1 })
  })

  test('takes the peer back when it has everything, and asks the boards to forget', () => {
    const { replication, mark } = step(steps(alone(), [linked]), peerHas(20))
    expect(mark).toEqual({ epoch: 5, number: 2, outOfSync: null, index: 20 })
    expect(replication.mode).toBe('clearing')
    expect(steps(replication, [local(21)]).committed).toBe(20)
    expect(steps(replication, [marked(2)]).mode).toBe('paired')
  })

  test('R47: takes the peer back under steady load, and clears the mark only when it has what was acted on', () => {
    const behind = steps(alone(), [linked, local(30)], 1_000)
    const joining = steps(behind, [peerHas(20)], 1_100)
    expect(joining).toMatchObject({ mode: 'joining', committed: 30 })
    expect(steps(joining, [local(40)], 1_150).committed).toBe(30)
    expect(step(joining, peerHas(30), 1_200).mark).toMatchObject({ outOfSync: null, index: 30 })
  })

  test('goes on alone by its old mark when a joining peer is lost', () => {
    const joining = steps(steps(alone(), [linked, local(30)], 1_000), [peerHas(20), local(31)], 1_100)
    const { replication, mark } = step(joining, lost, 1_150)
    expect(mark).toBeNull()
    expect(replication).toMatchObject({ mode: 'alone', committed: 31 })
  })

  test('R43: needs a new mark when the peer is lost while the old one is being cleared', () => {
    const clearing = steps(alone(), [linked, peerHas(20), local(21)])
    const { replication, mark } = step(clearing, lost)
    expect(mark).toMatchObject({ number: 3, outOfSync: 'm2' })
    expect(steps(replication, [marked(1), marked(2)])).toMatchObject({ mode: 'marking', committed: 20 })
  })
})

describe('a leader whose peer was marked in an epoch before', () => {
  const joining = () => open({ mark: markOf('m2', 3) }).replication

  test('acts on nothing without it, and does not trust the old mark', () => {
    expect(steps(joining(), [local(12)])).toMatchObject({ mode: 'joining', committed: 0 })
    expect(step(joining(), lost).mark).toEqual({ epoch: 5, number: 1, outOfSync: 'm2', index: 7 })
  })

  test('R43: keeps the mark until the peer has everything that was inherited', () => {
    expect(step(joining(), peerHas(9))).toMatchObject({ mark: null, replication: { mode: 'joining', committed: 9 } })
    expect(step(joining(), peerHas(10)).mark).toMatchObject({ outOfSync: null })
  })
})

test('a leader that is itself marked takes that back: nobody acted on it, or an operator accepted the loss', () => {
  const { replication, mark } = open({ mark: markOf('m1', 3) })
  expect(replication.mode).toBe('clearing')
  expect(mark).toMatchObject({ epoch: 5, number: 1, outOfSync: null })
})
