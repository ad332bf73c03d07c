import { describe, expect, test } from 'vitest'
import { answerAsk, type BoardLease, freshWord, isGranted, openBoardLease } from '../../../src/pair/board-vote.ts'
import type { LeaseAsk } from '../../../src/protocol/pair.ts'
import { askOf, markOf } from './asking.ts'

const board = 'c01-s01'

function ask(lease: BoardLease, over: Partial<LeaseAsk>, now: number) {
  return answerAsk(lease, askOf(over), { now, lastOrder: { epoch: 0, index: 0 } })
}

function granted(now = 0, over: Partial<LeaseAsk> = {}): BoardLease {
  return ask(openBoardLease(board, null, 0), over, now).lease
}

describe('a board', () => {
  test('that promised nothing grants its lease to whoever asks first, and has to write that down (P8)', () => {
    const { lease, persists, vote } = ask(openBoardLease(board, null, 0), {}, 0)
    expect(vote).toMatchObject({ outcome: 'granted', promised: 1 })
    expect(persists).toBe(true)
    expect(lease.word).toMatchObject({ promised: 1, promisedTo: 'm1' })
  })

  test('writes nothing when a lease is merely renewed', () => {
    const { persists, lease } = ask(granted(), { round: 2 }, 400)
    expect(persists).toBe(false)
    expect(lease.grantedUntil).toBe(1_400)
  })

  test('R42: refuses a lower epoch, and says which it has promised (P3)', () => {
    const lease = granted(0, { epoch: 4, master: 'm2' })
    const { vote, lease: after } = ask(lease, { epoch: 3 }, 5_000)
    expect(vote).toMatchObject({ outcome: 'outbid', promised: 4 })
    expect(after).toBe(lease)
  })

  test('R42: gives an epoch to one master only', () => {
    expect(ask(granted(), { master: 'm2' }, 5_000).vote.outcome).toBe('outbid')
  })

  test('R42: leaves the lead with whoever holds its lease, however high the other bids (P4)', () => {
    const { vote, lease } = ask(granted(), { master: 'm2', epoch: 8 }, 400)
    expect(vote).toMatchObject({ outcome: 'held', promised: 1, heldMs: 600 })
    expect(lease.word.promised).toBe(1)
  })

  test('is free when its lease has run out', () => {
    expect(ask(granted(), { master: 'm2', epoch: 2 }, 1_000).vote.outcome).toBe('granted')
  })

  test('grants a higher epoch at once to the master that it promised its last', () => {
    expect(ask(granted(), { epoch: 3 }, 10).vote.outcome).toBe('granted')
  })

  test('R42: is mute after a restart as long as a lease may run that it forgot (P5)', () => {
    const { word } = granted()
    const rebooted = openBoardLease(board, word, 50)
    expect(ask(rebooted, { master: 'm2', epoch: 2 }, 1_049).vote).toMatchObject({ outcome: 'mute', heldMs: 1 })
    expect(ask(rebooted, { master: 'm2', epoch: 2 }, 1_050).vote.outcome).toBe('granted')
  })

  test('R42: is mute as long as the asker said, whatever others say since: a configuration may have been edited', () => {
    const { word } = granted(0, { leaseMs: 4_000 })
    const rebooted = openBoardLease(board, word, 50)
    expect(ask(rebooted, { master: 'm2', epoch: 2, leaseMs: 500 }, 4_049).vote.outcome).toBe('mute')
    expect(ask(granted(0, { leaseMs: 4_000 }), { master: 'm2', epoch: 2 }, 3_999).vote.outcome).toBe('held')
  })

  test('writes down a lease of another length before it grants it', () => {
    const { persists, lease } = ask(granted(), { round: 2, leaseMs: 4_000 }, 400)
    expect(persists).toBe(true)
    expect(lease).toMatchObject({ grantedUntil: 4_400, word: { leaseMs: 4_000 } })
  })

  test('is not mute to the one that can hold such a lease, nor when it never promised anything', () => {
    const { word } = granted()
    expect(ask(openBoardLease(board, word, 50), { round: 2 }, 60).vote.outcome).toBe('granted')
    expect(ask(openBoardLease(board, freshWord, 50), { master: 'm2' }, 60).vote.outcome).toBe('granted')
  })

  test('R42: carries out commands of its own live grant only (P9)', () => {
    const lease = granted(0, { epoch: 3 })
    expect([2, 3, 4].map((epoch) => isGranted(lease, epoch, 500))).toEqual([false, true, false])
    expect(isGranted(lease, 3, 1_000)).toBe(false)
    expect(isGranted(openBoardLease(board, lease.word, 500), 3, 501)).toBe(false)
  })
})

describe('a release', () => {
  test('R41: ends the lease of the epoch that it names, at once', () => {
    expect(ask(granted(), { master: 'm2', epoch: 2, releases: 1 }, 10).vote.outcome).toBe('granted')
  })

  test('R41: ends the silence of a restart as well', () => {
    const rebooted = openBoardLease(board, granted().word, 5)
    expect(ask(rebooted, { master: 'm2', epoch: 2, releases: 1 }, 10).vote.outcome).toBe('granted')
  })

  test('R42: ends no other lease', () => {
    const lease = granted(0, { epoch: 3 })
    for (const releases of [1, 2, 4])
      expect(ask(lease, { master: 'm2', epoch: 4, releases }, 10).vote.outcome).toBe('held')
  })

  test('R42: is for good: a late question of the dead does not renew its lease', () => {
    const { lease } = ask(granted(0, { epoch: 3 }), { master: 'm2', epoch: 2, releases: 3 }, 10)
    expect(ask(lease, { epoch: 3, round: 9 }, 20).vote.outcome).toBe('outbid')
    expect(isGranted(lease, 3, 20)).toBe(false)
  })
})

describe('a mark', () => {
  const marked = granted(0, { mark: markOf('m2') })

  test('R43: bars the master that misses records from leading by itself (P14)', () => {
    expect(ask(marked, { master: 'm2', epoch: 2 }, 2_000).vote).toMatchObject({ outcome: 'barred', mark: markOf('m2') })
  })

  test('yields to an operator who accepts the loss', () => {
    expect(ask(marked, { master: 'm2', epoch: 2, acceptsLoss: true }, 2_000).vote.outcome).toBe('granted')
  })

  test('is replaced by a newer one only, also one that takes it back', () => {
    const cleared = ask(marked, { mark: markOf(null, 1, 2), round: 2 }, 100).lease
    expect(ask(cleared, { master: 'm2', epoch: 2 }, 2_000).vote.outcome).toBe('granted')
    expect(ask(cleared, { mark: markOf('m2'), round: 3 }, 200).lease.word.mark).toEqual(markOf(null, 1, 2))
  })

  test('of an epoch that is over is not taken any more', () => {
    const { lease } = ask(granted(0, { epoch: 4, master: 'm2' }), { epoch: 3, mark: markOf('m2', 3) }, 2_000)
    expect(lease.word.mark).toBeNull()
  })

  test('bars nobody who brings a newer one that does not name it: a board that slept bars no pair', () => {
    const newer = { master: 'm2', epoch: 4, mark: markOf('m1', 3) }
    expect(ask(marked, newer, 2_000).vote).toMatchObject({ outcome: 'granted', mark: markOf('m1', 3) })
    expect(ask(marked, { ...newer, mark: markOf('m2', 3) }, 2_000).vote.outcome).toBe('barred')
  })
})
