// Two nodes, three channels that are cut, one way or both, and lose and repeat datagrams; beside them a perfect link. What one end sent in a
// session comes out at the other once and in order per lane, or both ends hear that the session ended; of a status key the newest counts.
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { Transport } from '../../../src/ports/transport.ts'
import type { Lane } from '../../../src/protocol/envelope.ts'
import { createSimulatedNetwork } from '../../../src/testing/simulated-network.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import { numbered, numbersOf } from '../../contract/transport.ts'

export interface Walked {
  readonly cuts: number
  readonly sent: number
  readonly delivered: number
  /** Sessions that ended, at either end. */
  readonly lost: number
}

const channels = [
  { name: 'can0', kind: 'can' },
  { name: 'can1', kind: 'can' },
  { name: 'ws', kind: 'websocket' },
] as const
const nodes = ['a01', 'm1'] as const
type Node = (typeof nodes)[number]
const reliable: readonly Lane[] = ['control', 'normal', 'bulk']
const statusKeys = ['x', 'y']

/** What one end sent in its session, and what of it came out at the other. */
interface Way {
  readonly sent: Record<Lane, number[]>
  readonly heard: Record<Lane, number[]>
}
const freshWay = (): Way => ({
  sent: { control: [], normal: [], status: [], bulk: [] },
  heard: { control: [], normal: [], status: [], bulk: [] },
})

export interface WalkOptions {
  readonly steps: number
  /** One channel is never cut: then no session may end. */
  readonly keeps?: (typeof channels)[number]['name']
}

/** Throws when what came out is not what a perfect link gives. */
export function walkRedundant(seed: number, { steps, keeps }: WalkOptions): Walked {
  const clock = createVirtualClock()
  const random = createSeededRandom(seed)
  const chance = random.fork('walk')
  const network = createSimulatedNetwork({ clock, random: random.fork('network'), channels })
  const ways: Record<Node, Way> = { a01: freshWay(), m1: freshWay() }
  const counts = { cuts: 0, sent: 0, delivered: 0, lost: 0 }
  let number = 0
  const other = (node: Node): Node => (node === 'a01' ? 'm1' : 'a01')

  const ends: Record<Node, Transport> = { a01: attach('a01'), m1: attach('m1') }

  function attach(node: Node): Transport {
    const transport = network.attach(node, 1)
    transport.start({
      linkUp() {
        // A new session owes nothing of the former one.
        ways[node] = freshWay()
      },
      linkLost() {
        counts.lost += 1
        ways[node] = freshWay()
      },
      received(_peer, { lane, body }) {
        const [value] = numbersOf([body])
        if (value === undefined) return
        counts.delivered += 1
        const way = ways[other(node)]
        way.heard[lane].push(value)
        check(way, lane, node)
      },
    })
    return transport
  }

  function check({ sent, heard }: Way, lane: Lane, node: Node): void {
    const [was, is] = [sent[lane], heard[lane]]
    const last = is.at(-1) ?? 0
    // The far end may hear of a new session a moment before this one does, and the rest of the former one is not compared then.
    if (!was.includes(last)) return
    const isInOrder = is.length < 2 || last > (is.at(-2) ?? 0)
    if (!isInOrder) throw new Error(`${node} heard ${is.slice(-2)} on ${lane}: twice, or out of order`)
    if (lane !== 'status' && last !== was[was.indexOf(is[0] ?? 0) + is.length - 1])
      throw new Error(`${node} heard ${is} of ${was} on ${lane}: a gap`)
  }

  function say(node: Node): void {
    const lane = chance.next() < 0.25 ? 'status' : (reliable[Math.floor(chance.next() * 3)] ?? 'control')
    number += 1
    const padding = 'x'.repeat(chance.next() < 0.1 ? 2_000 : 0)
    const envelope = numbered(node, other(node), lane, number, padding)
    const key = lane === 'status' ? { key: statusKeys[number % 2] ?? 'x' } : {}
    if (ends[node].send(other(node), { ...envelope, ...key }) === 'refused') return
    counts.sent += 1
    ways[node].sent[lane].push(number)
  }

  function cutOrHeal(): void {
    const { name } = channels[Math.floor(chance.next() * channels.length)] ?? channels[0]
    if (chance.next() < 0.5 || name === keeps) network.healChannel(name)
    else {
      counts.cuts += 1
      network.cutChannel(name)
    }
  }

  clock.advanceBy(200)
  for (let step = 0; step < steps; step += 1) {
    const drawn = chance.next()
    if (drawn < 0.6) say(nodes[Math.floor(chance.next() * 2)] ?? 'm1')
    else if (drawn < 0.8) cutOrHeal()
    else clock.advanceBy(chance.next() < 0.9 ? chance.next() * 60 : chance.next() * 2_500)
  }
  for (const { name } of channels) network.healChannel(name)
  clock.advanceBy(6_000)
  if (keeps !== undefined && counts.lost > 0)
    throw new Error(`${counts.lost} sessions ended although ${keeps} was never cut`)
  for (const node of nodes) {
    if (!ends[node].peers().includes(other(node))) throw new Error(`${node} has no link 6 s after everything healed`)
    const { sent, heard } = ways[node]
    for (const lane of reliable)
      if (`${sent[lane]}` !== `${heard[lane]}`)
        throw new Error(`of ${node} on ${lane}: sent ${sent[lane]}, heard ${heard[lane]}`)
    if (sent.status.length > 0 && !heard.status.includes(sent.status.at(-1) ?? 0))
      throw new Error(`the newest status of ${node} did not come out`)
  }
  return counts
}
