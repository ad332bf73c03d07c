import { describe, expect, test } from 'vitest'
import {
  isLeading,
  type LeaseEvent,
  type LeaseStep,
  leaseTimes,
  type MasterLease,
  nextEpoch,
  openMasterLease,
  stepLease,
} from '../../../src/pair/master-lease.ts'
import { changedVoters } from '../../../src/pair/voters.ts'
import type { BoardVote } from '../../../src/protocol/pair.ts'
import { answerOf, boards, five, markOf, voteOf } from './asking.ts'

const times = leaseTimes(1)

function step(lease: MasterLease, event: LeaseEvent, now: number): LeaseStep {
  return stepLease(lease, event, now, times)
}

function asking(now = 0): MasterLease {
  return step(openMasterLease('m1', 1, five, 0), { type: 'campaign', releases: 0, acceptsLoss: false }, now).lease
}

function answered(lease: MasterLease, from: readonly string[], now: number, over: Partial<BoardVote> = {}, round = 1) {
  const votes = from.map((board) => voteOf(board, { promised: lease.epoch, ...over }))
  return step(lease, { type: 'answered', answer: answerOf(lease.epoch, round, votes) }, now)
}

function leading(): MasterLease {
  return answered(asking(), boards.slice(0, 3), 10).lease
}

const kinds = ({ effects }: LeaseStep) => effects.map(({ kind }) => kind)

describe('a candidate', () => {
  test('R42: leads when a majority of the voters granted the same round, not before (P1)', () => {
    const two = answered(asking(), boards.slice(0, 2), 10)
    expect(two.effects).toEqual([])
    const three = answered(two.lease, boards.slice(2, 3), 20)
    expect(kinds(three)).toEqual(['won', 'votersKept'])
    expect(isLeading(three.lease, 20)).toBe(true)
  })

  test('R42: holds its lease from before the question was sent, and shorter than the boards do (P2)', () => {
    const { lease } = answered(asking(0), boards.slice(0, 3), 500)
    expect(times.holdMs).toBeLessThanOrEqual(times.leaseMs * 0.99)
    expect(isLeading(lease, times.holdMs - 1)).toBe(true)
    expect(isLeading(lease, times.holdMs)).toBe(false)
  })

  test('does not win by answers that come when their round is over', () => {
    expect(answered(asking(0), boards, times.holdMs).lease.stage).toBe('asking')
  })

  test('counts an answer for the round that it names, and for no other epoch (P6)', () => {
    const second = step(answered(asking(), boards.slice(0, 2), 10).lease, { type: 'tick' }, 60)
    expect(answered(second.lease, boards.slice(2, 3), 70, {}, 2).lease.stage).toBe('asking')
    const other = answerOf(
      9,
      2,
      boards.map((board) => voteOf(board)),
    )
    expect(step(second.lease, { type: 'answered', answer: other }, 70).lease).toBe(second.lease)
  })

  test('asks above what it is outbid by, in its own half of the epochs', () => {
    const { lease } = answered(asking(), boards.slice(0, 1), 10, { outcome: 'outbid', promised: 4 })
    expect(lease).toMatchObject({ stage: 'asking', epoch: 5, votes: {} })
    expect([nextEpoch(4, 0), nextEpoch(4, 1)]).toEqual([6, 5])
  })

  test('falls silent for a while, and what comes late does not end that', () => {
    const silent = step(asking(), { type: 'tick' }, times.campaignMs)
    expect(silent.effects).toEqual([])
    const outbid = answered(silent.lease, boards.slice(0, 1), times.campaignMs, {
      outcome: 'outbid',
      promised: 4,
    }).lease
    expect(step(outbid, { type: 'tick' }, times.campaignMs + times.pauseMs - 1).effects).toEqual([])
    expect(kinds(step(outbid, { type: 'tick' }, times.campaignMs + times.pauseMs))).toEqual(['ask'])
  })

  test('R43: says that it is barred, once, when those who bar it leave no majority', () => {
    const mark = markOf('m1', 2)
    const barred = { outcome: 'barred' as const, mark }
    const two = answered(asking(), boards.slice(0, 2), 10, barred)
    expect(two.effects).toEqual([])
    const three = answered(two.lease, boards.slice(2, 3), 20, barred)
    expect(three.effects).toEqual([{ kind: 'barred', mark }])
    expect(answered(three.lease, boards.slice(3), 30, barred).effects).toEqual([])
  })

  test('carries the newest mark that it heard of, but none that would bar itself', () => {
    const asked = (outOfSync: string) => {
      const { lease } = answered(asking(), boards.slice(0, 1), 10, { mark: markOf(outOfSync, 2) })
      return step(lease, { type: 'tick' }, 60).effects
    }
    expect(asked('m2')).toMatchObject([{ ask: { mark: markOf('m2', 2) } }])
    expect(asked('m1')).toMatchObject([{ ask: { mark: null } }])
  })
})

describe('a leader', () => {
  test('renews before its lease ends, and leads on while majorities answer', () => {
    const renewed = step(leading(), { type: 'tick' }, 210)
    expect(kinds(renewed)).toEqual(['ask'])
    const { lease } = answered(renewed.lease, boards.slice(2), 220, {}, 2)
    expect(lease.until).toBe(210 + times.holdMs)
  })

  test('R42: gives up by itself when no majority renews (P7)', () => {
    const lost = step(leading(), { type: 'tick' }, times.holdMs)
    expect(lost).toMatchObject({ lease: { stage: 'idle' }, effects: [{ kind: 'lost', epoch: 1 }] })
  })

  test('R42: does not lead after its process stood still, whatever it has not processed yet (P7)', () => {
    expect(isLeading(leading(), 60_000)).toBe(false)
  })

  test('R42: steps down when a board has promised a higher epoch (P3)', () => {
    const lost = answered(leading(), boards.slice(4), 30, { outcome: 'outbid', promised: 2 })
    expect(kinds(lost)).toEqual(['lost'])
    expect(lost.lease.epochSeen).toBe(2)
  })

  test('R41: goes on releasing the dead, so that boards that it reaches later need not wait', () => {
    const event = { type: 'campaign', releases: 2, acceptsLoss: false } as const
    const won = answered(step(openMasterLease('m1', 1, five, 0), event, 0).lease, boards.slice(0, 3), 10).lease
    expect(step(won, { type: 'tick' }, 210).effects).toMatchObject([{ ask: { epoch: 3, releases: 2 } }])
  })

  test('R43: says that a mark is kept when a majority has it, once (P14)', () => {
    const mark = markOf('m2')
    const carried = step(leading(), { type: 'carry', mark }, 30)
    expect(carried.effects).toMatchObject([{ kind: 'ask', ask: { mark } }])
    const two = answered(carried.lease, boards.slice(0, 2), 40, { mark }, 2)
    expect(two.effects).toEqual([])
    const three = answered(two.lease, boards.slice(2, 3), 50, { mark }, 2)
    expect(three.effects).toEqual([{ kind: 'marked', mark }])
    expect(answered(three.lease, boards, 60, { mark }, 2).effects).toEqual([])
  })

  test('notices that a mark is kept when the list of voters shrinks to those who have it', () => {
    const mark = markOf('m2')
    const carried = step(leading(), { type: 'carry', mark }, 30).lease
    const two = answered(carried, boards.slice(0, 2), 40, { mark }, 2).lease
    const voters = { version: 2, members: boards.slice(0, 2), former: null }
    expect(kinds(step(two, { type: 'carry', voters }, 50))).toEqual(['ask', 'marked'])
  })

  test('R42: needs both majorities from the moment that it carries a joint list', () => {
    const voters = changedVoters(five, boards.slice(0, 3), 1)
    const carried = step(leading(), { type: 'carry', voters }, 100).lease
    const { lease } = answered(carried, boards.slice(2), 110, { voters }, 2)
    expect(lease.until).toBe(times.holdMs)
    expect(kinds(answered(lease, boards.slice(0, 2), 120, { voters }, 2))).toEqual(['votersKept'])
  })

  test('a new leader goes on with the change of voters that it inherits', () => {
    const voters = changedVoters(five, boards.slice(0, 3), 1)
    const won = answered(asking(), boards, 10, { voters })
    expect(won.effects).toMatchObject([{ kind: 'won' }, { kind: 'votersKept', voters }])
  })

  test('lets go at once', () => {
    const { lease, effects } = step(leading(), { type: 'stop', why: 'handed over' }, 30)
    expect(effects).toEqual([{ kind: 'lost', epoch: 1, why: 'handed over' }])
    expect(isLeading(lease, 30)).toBe(false)
    expect(step(lease, { type: 'tick' }, 500).effects).toEqual([])
  })
})
