// R46: the member lists of a new leader against what the boards and the balancer have said since it leads.
import { expect, test } from 'vitest'
import type { AnyMachineSnapshot } from 'xstate'
import { GroupLists } from '../../../src/actors/group-lists.ts'
import { siteMemory } from '../../../src/actors/site-memory.ts'
import { SitePicture } from '../../../src/actors/site-picture.ts'
import type { BoardStatus } from '../../../src/protocol/board.ts'
import type { Member } from '../../../src/protocol/messages.ts'

const blade = 'c01-s01'
const [shop, news] = ['shop/web', 'news/web'] as const
const member: Member = { blade, address: '127.0.0.1:9001', bootId: 'boot-1', state: 'ready' }
const version = { epoch: 1, index: 1 }
const status = { type: 'board.status', blade } as BoardStatus

function lists(snapshots: Record<string, object> = {}) {
  const said: string[] = []
  const picture = new SitePicture()
  const effects = {
    send: (to: string, body: { type: string }) => void said.push(`${body.type} to ${to}`),
    tell: (path: string, event: { type: string; blade?: string }) => void said.push(`${event.type} to ${path}`),
  }
  const book = {
    ...{ site: 'hall', balancer: 'lb', blades: [{ blade, agent: 'a01' }] },
    groups: [{ group: shop }, { group: news }],
  }
  const snapshot = (path: string) => snapshots[path] as AnyMachineSnapshot | undefined
  return { said, picture, lists: new GroupLists(effects, { book, picture, memory: siteMemory([]), snapshot }) }
}

test('a board that was heard before this leadership began has not been heard', () => {
  const { picture, lists: made, said } = lists()
  picture.noteStatus(status, 99)
  picture.noteListed({ group: shop, version, members: [member] }, 99)
  expect(made.found(100)).toMatchObject({
    statuses: [],
    listed: new Map([
      [shop, []],
      [news, []],
    ]),
  })
  expect(made.poll(100)).toBe(false)
  expect(said).toEqual([
    'board.poll to bw://hall/a01/boards/c01-s01',
    'balancer.list.poll to bw://hall/lb/gate',
    'balancer.list.poll to bw://hall/lb/gate',
  ])
})

test('what was said since counts, and a balancer is not asked for what all boards say', () => {
  const { picture, lists: made, said } = lists()
  picture.noteStatus(status, 100)
  picture.noteListed({ group: shop, version, members: [member] }, 100)
  expect(made.found(100)).toMatchObject({
    statuses: [status],
    listed: new Map([
      [shop, [member]],
      [news, []],
    ]),
  })
  expect(made.poll(100)).toBe(true)
  expect(said).toEqual([])
})

const table = (members: readonly Member[]) => ({ context: { table: { version, members, pending: [] } } })

test.each([
  ['is in the pool', { value: 'cold', context: { group: null, move: null } }, ['group.member.lost to groups/shop/web']],
  ['is elsewhere', { value: 'joined', context: { group: news, move: null } }, ['group.member.lost to groups/shop/web']],
  ['is not heard', { value: 'unknown', context: { group: null, move: null } }, []],
  ['is in a move', { value: 'draining', context: { group: null, move: 'mv-000001' } }, []],
  ['serves', { value: 'joined', context: { group: shop, move: null } }, []],
])('a blade that is listed and %s: its list is put right', (_what, cell, expected) => {
  const { lists: made, said } = lists({
    'cabinets/c01/c01-s01': cell,
    'groups/shop/web': table([member]),
    'groups/news/web': table([]),
  })
  made.tidy()
  expect(said).toEqual(expected)
})
