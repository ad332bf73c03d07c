import { afterEach, describe, expect, test } from 'vitest'
import type { Transport } from '../../src/ports/transport.ts'
import { type Address, formatAddress } from '../../src/protocol/address.ts'
import type { Envelope, Lane } from '../../src/protocol/envelope.ts'
import type { NodeId } from '../../src/protocol/ids.ts'
import type { Message, MessageOf } from '../../src/protocol/messages.ts'

/** A site whose centre is `m1`: the other nodes have a link to it, and it alone may relay. */
export interface TransportsUnderTest {
  /** Not started yet. */
  attach(node: NodeId, incarnation: number): Transport
  /** The process dies without a word. */
  kill(node: NodeId): void
  /** Nothing gets through between the node and m1, and neither end is told. */
  cut(node: NodeId): void
  heal(node: NodeId): void
  /** Lets time pass until the condition holds; fails when it never does. */
  until(condition: () => boolean): Promise<void>
  close(): Promise<void>
}

export type Heard =
  | { readonly kind: 'up'; readonly peer: NodeId; readonly incarnation: number }
  | { readonly kind: 'lost'; readonly peer: NodeId; readonly why: string }
  | { readonly kind: 'received'; readonly peer: NodeId; readonly envelope: Envelope }

/** A started transport and everything its handlers heard. */
export interface Ear {
  readonly transport: Transport
  readonly heard: Heard[]
  count(kind: Heard['kind']): number
  bodies(lane?: Lane): Message[]
}

export function listen(transport: Transport): Ear {
  const heard: Heard[] = []
  transport.start({
    linkUp: (peer, incarnation) => heard.push({ kind: 'up', peer, incarnation }),
    linkLost: (peer, why) => heard.push({ kind: 'lost', peer, why }),
    received: (peer, envelope) => heard.push({ kind: 'received', peer, envelope }),
  })
  return {
    transport,
    heard,
    count: (kind) => heard.filter((entry) => entry.kind === kind).length,
    bodies: (lane) =>
      heard.flatMap((entry) =>
        entry.kind === 'received' && (lane ?? entry.envelope.lane) === entry.envelope.lane ? entry.envelope.body : [],
      ),
  }
}

export const at = (node: NodeId): Address => formatAddress('s1', node, 'test')

/** A message that carries a number and, where wanted, weight. */
export function numbered(from: NodeId, to: NodeId, lane: Lane, number: number, padding = ''): Envelope {
  const texts = padding.match(/.{1,500}/gs) ?? []
  const reasons = texts.map((text) => ({ code: 'n', text, numbers: {} }))
  const body: Message = { type: 'loan.refused', loan: String(number), reasons }
  return { from: at(from), to: at(to), lane, body }
}

export function numbersOf(bodies: readonly Message[]): number[] {
  return bodies.map((body) => ('loan' in body ? Number(body.loan) : Number.NaN))
}

const reliable: readonly Lane[] = ['control', 'normal', 'bulk']

export function transportContract(name: string, make: () => Promise<TransportsUnderTest>): void {
  describe(`the transport contract, ${name}`, () => {
    let site: TransportsUnderTest | undefined

    afterEach(async () => {
      await site?.close()
      site = undefined
    })

    async function openSite(): Promise<TransportsUnderTest> {
      site = await make()
      return site
    }

    async function openPair() {
      const opened = await openSite()
      const master = listen(opened.attach('m1', 11))
      const board = listen(opened.attach('c01-s01', 21))
      await opened.until(() => master.count('up') === 1 && board.count('up') === 1)
      return { site: opened, master, board }
    }

    test('both ends hear of the link, with the incarnation of the other', async () => {
      const { master, board } = await openPair()
      expect(master.heard).toEqual([{ kind: 'up', peer: 'c01-s01', incarnation: 21 }])
      expect(board.heard).toEqual([{ kind: 'up', peer: 'm1', incarnation: 11 }])
      expect(master.transport.peers()).toEqual(['c01-s01'])
      expect(board.transport.peers()).toEqual(['m1'])
    })

    test('the reliable lanes deliver everything once and in order, both ways', async () => {
      const { site, master, board } = await openPair()
      const count = 300
      for (let i = 0; i < count; i += 1) {
        for (const lane of reliable) {
          expect(master.transport.send('c01-s01', numbered('m1', 'c01-s01', lane, i))).toBe('accepted')
          expect(board.transport.send('m1', numbered('c01-s01', 'm1', lane, i))).toBe('accepted')
        }
      }
      await site.until(() => master.bodies().length >= 3 * count && board.bodies().length >= 3 * count)
      const all = Array.from({ length: count }, (_, i) => i)
      for (const lane of reliable) {
        expect(numbersOf(master.bodies(lane))).toEqual(all)
        expect(numbersOf(board.bodies(lane))).toEqual(all)
      }
      expect(master.transport.counters()).toMatchObject({ sent: 3 * count, received: 3 * count, refusedConnections: 0 })
    })

    test('nothing crosses by reference, and an undefined field is an absent one', async () => {
      const { site, master, board } = await openPair()
      const envelope = numbered('m1', 'c01-s01', 'control', 7)
      const body: MessageOf<'loan.refused'> = { type: 'loan.refused', loan: '7', reasons: [] }
      master.transport.send('c01-s01', Object.assign({}, envelope, { body, key: undefined }))
      body.loan = 'changed after it was sent'
      await site.until(() => board.count('received') === 1)
      expect(board.heard.at(-1)).toEqual({
        kind: 'received',
        peer: 'm1',
        envelope: { from: at('m1'), to: at('c01-s01'), lane: 'control', body: { ...body, loan: '7' } },
      })
    })

    test('sending to a stranger, or before the link is up, is refused', async () => {
      const opened = await openSite()
      const master = listen(opened.attach('m1', 11))
      expect(master.transport.send('c01-s01', numbered('m1', 'c01-s01', 'control', 1))).toBe('refused')
      expect(master.transport.send('nobody', numbered('m1', 'nobody', 'control', 1))).toBe('refused')
    })

    test('what cannot be encoded or is too large is refused, and the link stays', async () => {
      const { site, master, board } = await openPair()
      const cyclic = { type: 'board.poll' as const, self: {} }
      cyclic.self = cyclic
      const envelope = numbered('m1', 'c01-s01', 'control', 1)
      expect(master.transport.send('c01-s01', { ...envelope, body: cyclic })).toBe('refused')
      const heavy = numbered('m1', 'c01-s01', 'bulk', 1, 'x'.repeat(1024 * 1024))
      expect(master.transport.send('c01-s01', heavy)).toBe('refused')
      expect(master.transport.send('c01-s01', envelope)).toBe('accepted')
      await site.until(() => board.count('received') === 1)
      expect(master.transport.counters()).toMatchObject({ malformed: 1, oversized: 1, refusedConnections: 0 })
    })

    test('a cut is heard at both ends; after it heals there is a new session, and the old one leaves no trace', async () => {
      const { site, master, board } = await openPair()
      site.cut('c01-s01')
      for (let i = 0; i < 10; i += 1) master.transport.send('c01-s01', numbered('m1', 'c01-s01', 'control', i))
      await site.until(() => master.count('lost') === 1 && board.count('lost') === 1)
      expect([master.transport.peers(), board.transport.peers()]).toEqual([[], []])
      expect(master.transport.send('c01-s01', numbered('m1', 'c01-s01', 'control', 98))).toBe('refused')

      site.heal('c01-s01')
      await site.until(() => master.count('up') === 2 && board.count('up') === 2)
      master.transport.send('c01-s01', numbered('m1', 'c01-s01', 'control', 99))
      await site.until(() => board.bodies().length > 0)
      expect(numbersOf(board.bodies())).toEqual([99])
      expect(board.heard.map(({ kind }) => kind)).toEqual(['up', 'lost', 'up', 'received'])
    })

    test('a node that dies is heard to be lost, and its next life is another link', async () => {
      const { site, master } = await openPair()
      site.kill('c01-s01')
      await site.until(() => master.count('lost') === 1)
      const reborn = listen(site.attach('c01-s01', 22))
      await site.until(() => master.count('up') === 2 && reborn.count('up') === 1)
      expect(master.heard.at(-1)).toEqual({ kind: 'up', peer: 'c01-s01', incarnation: 22 })
    })

    test('the next life takes the place of a former one that is not known to be dead', async () => {
      const { site, master } = await openPair()
      const reborn = listen(site.attach('c01-s01', 22))
      await site.until(() => reborn.count('up') === 1 && master.count('up') === 2)
      expect(master.heard.map((entry) => entry.kind)).toEqual(['up', 'lost', 'up'])
      reborn.transport.send('m1', numbered('c01-s01', 'm1', 'control', 5))
      await site.until(() => master.count('received') === 1)
    })

    test('the loss of one node disturbs no other', async () => {
      const { site, master } = await openPair()
      const other = listen(site.attach('c01-s02', 31))
      await site.until(() => other.count('up') === 1 && master.count('up') === 2)
      site.kill('c01-s01')
      await site.until(() => master.count('lost') === 1)
      other.transport.send('m1', numbered('c01-s02', 'm1', 'normal', 1))
      await site.until(() => master.count('received') === 1)
      expect(other.count('lost')).toBe(0)
      expect(master.transport.peers()).toEqual(['c01-s02'])
    })

    test('an ordered stop is answered once, is heard at the far end, and calls no handler of its own', async () => {
      const { site, master, board } = await openPair()
      let stopped = 0
      board.transport.stop(() => {
        stopped += 1
      })
      await site.until(() => stopped > 0 && master.count('lost') === 1)
      expect(stopped).toBe(1)
      expect(board.heard.map(({ kind }) => kind)).toEqual(['up'])
      expect(board.transport.peers()).toEqual([])
      expect(board.transport.send('m1', numbered('c01-s01', 'm1', 'control', 1))).toBe('refused')
    })

    test('status keeps the newest per key while it waits, never goes back, and ends no session', async () => {
      const { site, master, board } = await openPair()
      const count = 1_000
      const keys = ['a', 'b']
      for (let i = 0; i < count; i += 1) {
        for (const key of keys)
          expect(
            board.transport.send('m1', { ...numbered('c01-s01', 'm1', 'status', i, 'x'.repeat(8_000)), key }),
          ).toBe('accepted')
      }
      const newest = (key: string) => {
        const envelopes = master.heard.flatMap((entry) => (entry.kind === 'received' ? entry.envelope : []))
        return numbersOf(envelopes.filter((envelope) => envelope.key === key).map(({ body }) => body))
      }
      await site.until(() => keys.every((key) => newest(key).at(-1) === count - 1))
      for (const key of keys) expect(newest(key)).toEqual([...new Set(newest(key))].sort((a, b) => a - b))
      expect(board.transport.counters().statusReplaced).toBeGreaterThan(0)
      expect(master.count('received') + board.transport.counters().statusReplaced).toBe(2 * count)
      expect([master.count('lost'), board.count('lost')]).toEqual([0, 0])
    })

    test('a reliable lane that reaches its bound ends the session at both ends: no gap is silent', async () => {
      const { site, master, board } = await openPair()
      let accepted = 0
      const heavy = (i: number) => numbered('m1', 'c01-s01', 'bulk', i, 'x'.repeat(8_000))
      while (accepted < 200_000 && master.transport.send('c01-s01', heavy(accepted)) === 'accepted') accepted += 1
      expect(accepted).toBeLessThan(200_000)
      expect(master.heard.map(({ kind }) => kind)).toEqual(['up'])
      expect(master.transport.peers()).toEqual([])
      await site.until(() => master.count('lost') === 1 && board.count('lost') === 1)
      expect(master.transport.counters().overflows).toBe(1)
      const before = board.heard.slice(
        0,
        board.heard.findIndex(({ kind }) => kind === 'lost'),
      )
      const arrived = numbersOf(board.bodies('bulk'))
      expect(arrived).toEqual(arrived.map((_, i) => i))
      expect(before.filter(({ kind }) => kind === 'received')).toHaveLength(arrived.length)
      await site.until(() => master.count('up') === 2)
    })

    test('who speaks for another node loses its session, is counted, and disturbs nobody else', async () => {
      const { site, master, board } = await openPair()
      const other = listen(site.attach('c01-s02', 31))
      await site.until(() => other.count('up') === 1 && master.count('up') === 2)
      board.transport.send('m1', numbered('c01-s02', 'm1', 'control', 1))
      await site.until(() => master.count('lost') === 1 && board.count('lost') === 1)
      expect(master.count('received')).toBe(0)
      expect(master.transport.counters()).toMatchObject({ unauthorized: 1, refusedConnections: 1 })
      other.transport.send('m1', numbered('c01-s02', 'm1', 'control', 2))
      await site.until(() => master.count('received') === 1)
      expect(other.count('lost')).toBe(0)
    })

    test('a relay may pass on what others said', async () => {
      const { site, master, board } = await openPair()
      master.transport.send('c01-s01', numbered('c01-s02', 'c01-s01', 'control', 3))
      await site.until(() => board.count('received') === 1)
      expect(board.heard.at(-1)).toMatchObject({ peer: 'm1', envelope: { from: at('c01-s02') } })
    })

    test('a message of no known type ends the session that said it, and is counted', async () => {
      const { site, master, board } = await openPair()
      const envelope = numbered('c01-s01', 'm1', 'control', 1)
      const stranger = Object.assign({}, envelope.body, { type: 'farm.destroy' })
      board.transport.send('m1', Object.assign({}, envelope, { body: stranger }))
      await site.until(() => master.count('lost') === 1 && board.count('lost') === 1)
      expect(master.transport.counters()).toMatchObject({ malformed: 1, refusedConnections: 1, received: 0 })
    })
  })
}
