// The member list of a group, and who is told what about it. What a move hears must be so: it acts on it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterApplied,
  afterDrained,
  afterRefused,
  evidenceGap,
  type JoinRequest,
  type MemberRequest,
  type MemberTable,
  pendingCountMax,
  takeRequest,
  withoutMember,
} from '../../../src/machines/member-table.ts'
import type { Address } from '../../../src/protocol/address.ts'
import type { BladeId, MoveId } from '../../../src/protocol/ids.ts'

const digest = `sha256:${'c'.repeat(64)}`
const roles = [{ role: 'front', imageDigest: digest }]
const from: Address = 'bw://here/m1/moves/mv-1'
const empty: MemberTable = {
  version: { epoch: 5, index: 1 },
  members: [],
  isApplied: true,
  pending: [],
  answered: [],
}

function join(move: MoveId, blade: BladeId, changes: Partial<JoinRequest> = {}): JoinRequest & { from: Address } {
  const receipt = { id: 'r', blade, formerGroup: 'news/web', removed: [], digest, at: 0 }
  const address = `${blade}:80`
  const proof = { role: 'front', address, bootId: 'b1', imageDigest: digest, receipt }
  return { type: 'group.member.join', move, blade, attempt: 1, from, ...proof, ...changes }
}

function leave(step: 'drain' | 'unjoin', move: MoveId, blade: BladeId): MemberRequest & { from: Address } {
  return { type: `group.member.${step}`, move, blade, attempt: 1, from }
}

const told = ({ answered }: MemberTable) =>
  answered.map(({ move, step, isSo }) => `${move} ${step} ${isSo ? 'so' : 'not so'}`)
const waiting = ({ pending }: MemberTable) => pending.map(({ move, step }) => `${move} ${step}`)
const listed = ({ members }: MemberTable) => members.map(({ blade, state }) => `${blade} ${state}`)
const heard = (table: MemberTable): MemberTable => ({ ...table, answered: [] })

describe('the evidence that a join needs', () => {
  const gap = (changes: Partial<JoinRequest>) => evidenceGap('shop/web', roles, join('mv-1', 'c01-s01', changes))?.code

  test('whole, it passes', () => expect(gap({})).toBeUndefined())
  test('R08: no receipt', () => expect(gap({ receipt: null })).toBe('RECEIPT_MISSING'))
  test("R08: another blade's receipt", () => {
    const { receipt } = join('mv-1', 'c01-s02')
    expect(gap({ receipt })).toBe('RECEIPT_MISSING')
  })
  test('another image than its role has', () =>
    expect(gap({ imageDigest: `sha256:${'d'.repeat(64)}` })).toBe('IDENTITY_MISMATCH'))
  test('a role that the group does not have', () => expect(gap({ role: 'back' })).toBe('IDENTITY_MISMATCH'))
})

describe('a move is told when the list that holds its change is in force', () => {
  const asked = takeRequest(empty, join('mv-1', 'c01-s01'))

  test('not before', () => {
    expect([listed(asked), waiting(asked), told(asked)]).toEqual([['c01-s01 ready'], ['mv-1 join'], []])
    expect(told(afterApplied(asked, empty.version))).toEqual([])
  })

  test('then', () => expect(told(afterApplied(asked, asked.version))).toEqual(['mv-1 join so']))

  test('a list of another epoch, or one that was never sent, is not it', () => {
    const { epoch, index } = asked.version
    for (const version of [
      { epoch: epoch + 1, index },
      { epoch: epoch - 1, index: index + 1 },
      { epoch, index: index + 1 },
    ])
      expect([version, told(afterApplied(asked, version))]).toEqual([version, []])
  })

  test('a repeat while it waits is one request, a repeat afterwards is told at once', () => {
    const again = takeRequest(asked, { ...join('mv-1', 'c01-s01'), attempt: 2 })
    expect(again.version).toEqual(asked.version)
    expect(again.pending.map(({ attempt }) => attempt)).toEqual([2])
    const applied = heard(afterApplied(again, again.version))
    expect(told(takeRequest(applied, join('mv-1', 'c01-s01')))).toEqual(['mv-1 join so'])
  })

  test('who is not listed has nothing to drain, but the list without it must be in force before it has left', () => {
    expect(told(takeRequest(asked, leave('drain', 'mv-2', 'c01-s02')))).toEqual(['mv-2 drain so'])
    const left = takeRequest(asked, leave('unjoin', 'mv-2', 'c01-s02'))
    expect([told(left), waiting(left)]).toEqual([[], ['mv-1 join', 'mv-2 unjoin']])
    expect(told(afterApplied(left, left.version))).toEqual(['mv-1 join so', 'mv-2 unjoin so'])
  })
})

describe('a drain ends when the balancer says that nothing is in flight', () => {
  const serving = heard(afterApplied(takeRequest(empty, join('mv-1', 'c01-s01')), { epoch: 5, index: 2 }))
  const drains = takeRequest(serving, leave('drain', 'mv-2', 'c01-s01'))

  test('R10: being applied is not enough', () => {
    const applied = afterApplied(drains, drains.version)
    expect([told(applied), waiting(applied)]).toEqual([[], ['mv-2 drain']])
    expect(told(afterDrained(applied, 'c01-s01', drains.version))).toEqual(['mv-2 drain so'])
  })

  test('what is said of another blade, of an older list or of one that was never sent, is not it', () => {
    const { epoch, index } = drains.version
    expect(told(afterDrained(drains, 'c01-s02', drains.version))).toEqual([])
    expect(told(afterDrained(drains, 'c01-s01', { epoch, index: index - 1 }))).toEqual([])
    expect(told(afterDrained(drains, 'c01-s01', { epoch, index: index + 1 }))).toEqual([])
    expect(told(afterDrained(drains, 'c01-s01', { epoch: epoch + 1, index: 0 }))).toEqual([])
  })

  test('of a failed blade nothing is in flight', () =>
    expect(told(withoutMember(drains, 'c01-s01'))).toEqual(['mv-2 drain so']))
})

describe('what does not come about is told as such', () => {
  const joining = takeRequest(empty, join('mv-1', 'c01-s01'))

  test('a blade that fails while it waits to be taken in has not joined', () => {
    const lost = withoutMember(joining, 'c01-s01')
    expect([told(lost), waiting(lost), listed(lost)]).toEqual([['mv-1 join not so'], [], []])
    expect(told(afterApplied(heard(lost), lost.version))).toEqual([])
  })

  test('a change that another move undoes before it is in force', () => {
    const undone = takeRequest(joining, leave('unjoin', 'mv-2', 'c01-s01'))
    expect([told(undone), waiting(undone)]).toEqual([['mv-1 join not so'], ['mv-2 unjoin']])
    const redone = takeRequest(heard(undone), join('mv-3', 'c01-s01'))
    expect([told(redone), waiting(redone)]).toEqual([['mv-2 unjoin not so'], ['mv-3 join']])
  })

  test('another boot of the same blade', () => {
    const other = takeRequest(joining, join('mv-2', 'c01-s01', { bootId: 'b2' }))
    expect([told(other), waiting(other)]).toEqual([['mv-1 join not so'], ['mv-2 join']])
  })

  test('but two that ask for the same are both told that it is so', () => {
    const both = takeRequest(joining, join('mv-2', 'c01-s01'))
    expect(told(afterApplied(both, both.version))).toEqual(['mv-1 join so', 'mv-2 join so'])
  })

  test('a move that turns back is told of its way out only', () => {
    const back = takeRequest(joining, leave('unjoin', 'mv-1', 'c01-s01'))
    expect(told(back)).toEqual([])
    expect(told(afterApplied(back, back.version))).toEqual(['mv-1 unjoin so'])
  })
})

describe('the balancer refuses a list', () => {
  const joining = takeRequest(empty, join('mv-1', 'c01-s01'))
  const refused = (version: MemberTable['version'], current: MemberTable['version']) =>
    afterRefused(joining, { version, current })

  test('it holds a newer one of our epoch: ours goes above it, and its requests wait for that', () => {
    const { version, pending, isApplied } = refused(joining.version, { epoch: 5, index: 9 })
    expect({ version, isApplied }).toEqual({ version: { epoch: 5, index: 10 }, isApplied: false })
    expect(pending.map((request) => request.version)).toEqual([version])
  })

  test("R42: it holds a newer master's: we do not go above it", () =>
    expect(refused(joining.version, { epoch: 6, index: 1 })).toBe(joining))

  test('it refuses one that we have replaced already: nothing follows', () =>
    expect(refused({ epoch: 5, index: 1 }, { epoch: 5, index: 2 })).toBe(joining))
})

// — any order of anything ————————————————————————————————————————————————————————————————————————

type Step = (table: MemberTable) => MemberTable

const blade = fc.constantFrom('c01-s01', 'c01-s02', 'c02-s01')
const move = fc.integer({ min: 1, max: 2 * pendingCountMax }).map((number) => `mv-${number}`)
const lag = fc.integer({ min: -2, max: 2 })
const behind = ({ epoch, index }: MemberTable['version'], by: number) => ({ epoch, index: Math.max(0, index - by) })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(move, blade, fc.constantFrom('b1', 'b2')).map(
      ([by, one, bootId]): Step =>
        (table) =>
          takeRequest(table, join(by, one, { bootId })),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom('drain' as const, 'unjoin' as const), move, blade).map(
      ([kind, by, one]): Step =>
        (table) =>
          takeRequest(table, leave(kind, by, one)),
    ),
  },
  {
    weight: 2,
    arbitrary: blade.map(
      (one): Step =>
        (table) =>
          withoutMember(table, one),
    ),
  },
  {
    weight: 1,
    arbitrary: lag.map(
      (by): Step =>
        (table) =>
          afterApplied(table, behind(table.version, by)),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(blade, lag).map(
      ([one, by]): Step =>
        (table) =>
          afterDrained(table, one, behind(table.version, by)),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(lag, fc.integer({ min: 1, max: 3 })).map(
      ([by, ahead]): Step =>
        (table) => {
          const version = behind(table.version, by)
          return afterRefused(table, { version, current: { ...version, index: version.index + ahead } })
        },
    ),
  },
)

/** What the answers of one event say, checked against the list that the balancer then has. */
function falseAnswers({ answered, members, isApplied }: MemberTable): string[] {
  return answered
    .filter(({ isSo }) => isSo)
    .filter(({ step: asked, blade: one }) => {
      const state = members.find((member) => member.blade === one)?.state
      if (asked === 'join') return state !== 'ready' || !isApplied
      return asked === 'unjoin' ? state !== undefined || !isApplied : state === 'ready'
    })
    .map(({ move: by, step: asked, blade: one }) => `${by} ${asked} ${one}`)
}

test('R10: whatever comes in whatever order, no move is told what is not so, and what waits stays bounded', () => {
  let pendingMost = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      let table = empty
      for (const one of steps) {
        const before = table.version.index
        table = one(heard(table))
        pendingMost = Math.max(pendingMost, table.pending.length)
        expect(falseAnswers(table)).toEqual([])
        expect(table.version.index).toBeGreaterThanOrEqual(before)
        expect(table.pending.length).toBeLessThanOrEqual(pendingCountMax)
        expect(new Set(table.pending.map((request) => request.move)).size).toBe(table.pending.length)
        expect(new Set(table.members.map((member) => member.blade)).size).toBe(table.members.length)
      }
    }),
    { seed: 20_261_123, numRuns: 150 },
  )
  expect(pendingMost).toBeGreaterThan(8)
})

test('a faulty plan cannot pile up requests: the newest are kept', () => {
  const serving = heard(takeRequest(empty, join('mv-0', 'c01-s01')))
  const drained = Array.from({ length: pendingCountMax + 3 }, (_, i) => leave('drain', `mv-${i + 1}`, 'c01-s01'))
  const { pending } = drained.reduce((table: MemberTable, request) => takeRequest(table, request), serving)
  expect(pending).toHaveLength(pendingCountMax)
  expect(pending.at(-1)?.move).toBe(`mv-${pendingCountMax + 3}`)
})
