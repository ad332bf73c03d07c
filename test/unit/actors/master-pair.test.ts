// A site master that is alone with three boards, each with its own agent: what it asks of them, and what it lets happen when.
import { expect, test } from 'vitest'
import { BoardLeases } from '../../../src/actors/board-leases.ts'
import { MasterPair } from '../../../src/actors/master-pair.ts'
import type { SiteMasterEvent } from '../../../src/machines/site-master-machine.ts'
import { leaseTimes } from '../../../src/pair/master-lease.ts'
import { firstVoters } from '../../../src/pair/voters.ts'
import type { LeaseAsk } from '../../../src/protocol/pair.ts'
import { journalOnDisk } from '../store/journal-on-disk.ts'

const blades = ['c01-s01', 'c02-s01', 'c03-s01'] as const
const boards = blades.map((blade) => ({ blade, cabinet: blade.slice(0, 3) }))
const agentOf = (blade: string) => `a${blade.slice(1, 3)}`

function site({ isDiskSlow = false } = {}) {
  const { clock, log, openWhole } = journalOnDisk(1)
  const journal = openWhole().journal
  const edges: SiteMasterEvent[] = []
  const asks: LeaseAsk[] = []
  const silent = new Set<string>()
  const kept: number[] = []
  const leases = new Map(
    blades.map((blade, index) => [
      agentOf(blade),
      new BoardLeases({
        boards: [blade],
        words: new Map(),
        incarnation: index + 1,
        clock,
        journal: (_entries, answer) => answer({ ok: true, value: undefined }),
        lastOrderOf: () => ({ epoch: 0, index: 0 }),
      }),
    ]),
  )
  const pair = new MasterPair({
    node: 'm1',
    parity: 1,
    peer: null,
    agents: [...leases.keys()],
    boards,
    voters: firstVoters(boards),
    epochSeen: 0,
    times: leaseTimes(1),
    clock,
    log,
    journal,
    keepEpoch(epoch, answer) {
      const end = () => {
        kept.push(epoch)
        answer({ ok: true, value: undefined })
      }
      if (isDiskSlow) clock.setTimer(50, end)
      else end()
    },
    send(agent, body) {
      if (body.type !== 'lease.ask' || silent.has(agent)) return
      expect(kept).toContain(body.epoch)
      asks.push(body)
      clock.setTimer(1, () =>
        leases.get(agent)?.ask(body, (answer) => clock.setTimer(1, () => pair.received(agent, answer))),
      )
    },
    edge: (event) => edges.push(event),
    lossEpoch: () => 0,
    committed: () => {},
    failed({ code, detail }) {
      throw new Error(`${code}: ${detail}`)
    },
  })
  pair.start()
  const entries = () => journal.records(0, 100).map(({ entry }) => entry)
  return { pair, clock, edges, asks, silent, entries, leases }
}

test('P10: what couples boards waits until each has promised the new epoch', () => {
  const { pair, clock, silent } = site()
  silent.add('a03')
  pair.campaign(0, false)
  clock.advanceBy(500)
  expect(pair.isSettled()).toBe(true)
  expect(pair.isBarrierOver()).toBe(false)
  silent.delete('a03')
  clock.advanceBy(300)
  expect(pair.isBarrierOver()).toBe(true)
})

test('P10: or until no command of a former leader can be on its way any more', () => {
  const { pair, clock, silent } = site()
  silent.add('a03')
  pair.campaign(0, false)
  clock.advanceBy(3_000)
  expect(pair.isBarrierOver()).toBe(false)
  clock.advanceBy(40)
  expect(pair.isBarrierOver()).toBe(true)
})

test('P11: what a command to a board echoes is what its agent answered last', () => {
  const { pair, clock, leases } = site()
  expect(pair.nonceOf('a01')).toBe(0)
  pair.campaign(0, false)
  clock.advanceBy(500)
  const first = pair.nonceOf('a01')
  expect(leases.get('a01')?.standingOf('c01-s01', 1, first).isRecent).toBe(true)
  clock.advanceBy(10_000)
  expect(pair.nonceOf('a01')).not.toBe(first)
  expect(leases.get('a01')?.standingOf('c01-s01', 1, first).isRecent).toBe(false)
})

test('P7: it leads no longer than the leases that a majority granted', () => {
  const { pair, clock, silent, edges } = site()
  pair.campaign(0, false)
  clock.advanceBy(500)
  expect(pair.isLeading()).toBe(true)
  for (const agent of ['a01', 'a02']) silent.add(agent)
  clock.advanceBy(1_000)
  expect(pair.isLeading()).toBe(false)
  expect(edges.map(({ type }) => type).filter((type) => type !== 'master.lead')).toEqual(['lease.won', 'lease.lost'])
})

test('P8: no epoch is asked for before it is on the disk', () => {
  const { pair, clock, asks } = site({ isDiskSlow: true })
  pair.campaign(0, false)
  clock.advanceBy(49)
  expect(asks).toEqual([])
  clock.advanceBy(200)
  expect(pair.isLeading()).toBe(true)
})

test('R42: the list of a file is replaced by a leader’s own; both majorities keep it before it is noted', () => {
  const { pair, clock, asks, entries } = site()
  pair.campaign(0, false)
  clock.advanceBy(1_000)
  const lists = asks.map(({ voters }) => voters)
  const versions = [...new Set(lists.map(({ version }) => version))]
  expect(versions).toHaveLength(3)
  expect(versions).toEqual(versions.toSorted((a, b) => a - b))
  expect(lists.find(({ version }) => version === versions[1])?.former).toEqual(blades)
  expect(entries().filter(({ type }) => type === 'voters.kept')).toEqual([
    { type: 'voters.kept', voters: { version: versions[2], members: blades, former: null } },
  ])
})

test('R42: a list is not noted while a majority has not kept it', () => {
  const { pair, clock, silent, asks, entries } = site()
  pair.campaign(0, false)
  while (asks.every(({ voters }) => voters.version === 1)) clock.runNext()
  for (const agent of ['a01', 'a02', 'a03']) silent.add(agent)
  clock.advanceBy(900)
  expect(entries().length).toBeGreaterThan(0)
  expect(entries().filter(({ type }) => type === 'voters.kept')).toEqual([])
})
