// Two processes of one site, m1 and a01, on one virtual clock, with a channel between them that can be cut or lose messages.
import type { ActorSystemOptions } from '../../../src/actors/actor-system.ts'
import { type Envelope, envelope } from '../../../src/protocol/envelope.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import { createRig, type Rig } from './actor-rig.ts'

export interface TwoNodes {
  readonly m1: Rig
  readonly a01: Rig
  readonly sent: Envelope[]
  /** Both hear of it. */
  cut(): void
  connect(): void
  /** From now on lost on the way, and nobody is told. */
  lose(type: string): void
  /** The process of a01 dies and starts anew; m1 hears of nothing but the new incarnation. */
  replaceAgent(incarnation: number): Rig
  settle(): void
}

export function createTwoNodes(more: Partial<ActorSystemOptions> = {}): TwoNodes {
  const clock = createVirtualClock({ startMs: 1_000_000 })
  const sent: Envelope[] = []
  const lost = new Set<string>()
  let isUp = true

  function node(name: string, incarnation: number, peer: () => Rig): Rig {
    const route: ActorSystemOptions['route'] = (one) => {
      if (!isUp) return 'refused'
      sent.push(one)
      // As on a wire: what is no envelope of the protocol does not arrive.
      const arrived = envelope.parse(structuredClone(one))
      if (!lost.has(one.body.type)) clock.setTimer(1, () => peer().system.deliver(arrived))
      return 'accepted'
    }
    return createRig({ ...more, clock, node: name, incarnation, route })
  }

  const nodes: { readonly m1: Rig; a01: Rig } = {
    m1: node('m1', 7, () => nodes.a01),
    a01: node('a01', 3, () => nodes.m1),
  }
  return {
    m1: nodes.m1,
    a01: nodes.a01,
    sent,
    cut() {
      isUp = false
      nodes.m1.system.linkLost('a01', 'cut')
      nodes.a01.system.linkLost('m1', 'cut')
    },
    connect() {
      isUp = true
      nodes.m1.system.linkUp('a01', 3)
      nodes.a01.system.linkUp('m1', 7)
    },
    lose: (type) => lost.add(type),
    replaceAgent(incarnation) {
      nodes.a01 = node('a01', incarnation, () => nodes.m1)
      nodes.m1.system.linkUp('a01', incarnation)
      return nodes.a01
    },
    settle: () => clock.advanceBy(20),
  }
}
