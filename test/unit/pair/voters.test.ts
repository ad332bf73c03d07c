import { describe, expect, test } from 'vitest'
import {
  changedVoters,
  firstVoters,
  hasMajority,
  isVoter,
  settledVoters,
  wantedVoters,
} from '../../../src/pair/voters.ts'
import { boards, five } from './asking.ts'

const [a, b, c, d, e] = boards
const isFor =
  (...list: string[]) =>
  (board: string) =>
    list.includes(board)

test('R42: a majority is one of the configured boards, not of those that can be reached (P1)', () => {
  expect(hasMajority(five, isFor(a, b))).toBe(false)
  expect(hasMajority(five, isFor(a, b, c))).toBe(true)
  expect(hasMajority({ version: 1, members: [a, b], former: null }, isFor(a))).toBe(false)
})

test('boards that do not vote do not count', () => {
  const three = { version: 1, members: [a, b, c], former: null }
  expect(hasMajority(three, isFor(a, d, e))).toBe(false)
  expect(isVoter(three, d)).toBe(false)
})

test('while the list is changed it takes a majority of both', () => {
  const joint = changedVoters({ version: 1, members: [a, b, c], former: null }, [c, d, e], 3)
  expect(joint.former).toEqual([a, b, c])
  expect(hasMajority(joint, isFor(a, b))).toBe(false)
  expect(hasMajority(joint, isFor(d, e))).toBe(false)
  expect(hasMajority(joint, isFor(a, b, d, e))).toBe(true)
  expect([a, c, e].every((board) => isVoter(joint, board))).toBe(true)
  expect(hasMajority(settledVoters(joint, 3), isFor(d, e))).toBe(true)
})

test('a change that is going on is ended first', () => {
  const joint = changedVoters(five, [a, b, c], 3)
  expect(changedVoters(joint, [d], 3)).toBe(joint)
  expect(settledVoters(five, 3)).toBe(five)
})

test('the lists of two leaders have no version in common, and the later leader has the newer', () => {
  const versions = [3, 4].flatMap((epoch) => {
    const joint = changedVoters(five, [a, b, c], epoch)
    return [joint.version, settledVoters(joint, epoch).version]
  })
  expect(new Set(versions).size).toBe(4)
  expect(versions.toSorted((x, y) => x - y)).toEqual(versions)
})

test('the first list takes the boards of the cabinets in turn, nine at most', () => {
  const site = ['01', '02'].flatMap((cabinet) =>
    Array.from({ length: 8 }, (_, i) => ({ blade: `c${cabinet}-s0${i + 1}`, cabinet })),
  )
  const { members } = firstVoters(site)
  expect(members).toHaveLength(9)
  expect(members.slice(0, 3)).toEqual(['c01-s01', 'c02-s01', 'c01-s02'])
})

describe('who should vote', () => {
  const cabinets = ['01', '02', '03'].map((cabinet) =>
    Array.from({ length: 4 }, (_, i) => ({ blade: `c${cabinet}-s0${i + 1}`, cabinet })),
  )
  const site = cabinets.flat()
  const first = firstVoters(site)
  const sorted = (members: readonly string[]) => members.toSorted()

  test('who does already, as long as each is heard', () => {
    expect(sorted(wantedVoters(first, site, () => true))).toEqual(sorted(first.members))
  })

  test('one that is silent gives way to one of the cabinet that has the fewest', () => {
    const wanted = wantedVoters(first, site, (board) => board !== 'c02-s01')
    expect(sorted(wanted)).toEqual(sorted([...first.members.filter((board) => board !== 'c02-s01'), 'c02-s04']))
  })

  test('those of a silent cabinet give way to what the others have, and one of them stays to make nine', () => {
    const wanted = wantedVoters(first, site, (board) => !board.startsWith('c02'))
    expect(wanted).toHaveLength(9)
    expect(wanted.filter((board) => board.startsWith('c02'))).toHaveLength(1)
    expect(new Set(wanted).size).toBe(9)
  })

  test('the silent stay when nobody can take their place: the list shrinks with the configuration only', () => {
    const few = site.slice(0, 5)
    expect(sorted(wantedVoters(firstVoters(few), few, (board) => board === 'c01-s01'))).toHaveLength(5)
    expect(sorted(wantedVoters(firstVoters(site), few, () => true))).toEqual(few.map(({ blade }) => blade))
  })

  test('boards that are new in the configuration vote where there were fewer than nine', () => {
    const few = site.slice(0, 5)
    expect(wantedVoters(firstVoters(few), site, () => true)).toHaveLength(9)
  })
})
