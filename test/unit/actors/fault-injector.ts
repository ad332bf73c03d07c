// Plants one fault in a running system: the n-th time that a thing of its kind is done, it goes wrong. Everything else goes through
// untouched. Without a fault it only counts, which says how many points there are.
import type { AnyStateMachine } from 'xstate'
import type { ActorSystemOptions, Observation } from '../../../src/actors/actor-system.ts'
import type { Effects, PublicEvent } from '../../../src/actors/effects.ts'
import type { Answer } from '../../../src/ports/result.ts'

/** What can go wrong, by the place where it does. */
export const faultKinds = [
  /** The machine throws before it looked at the event… */
  'event.before',
  /** …or when all its actions have run. */
  'event.after',
  'guard',
  'action',
  /** An action throws half-way: when it asks for this effect. */
  'effect',
  'journal.refuses',
  'journal.throws',
  /** The entries are durable, and yet it says that they are not. */
  'journal.lies',
  'journal.answersTwice',
  /** The port throws before it begins… */
  'call.throws',
  /** …or after, and its answer comes all the same. */
  'call.throwsLate',
  'call.answersTwice',
  /** With this effect, mail to nobody, to no address and to a node without a way to it. */
  'send.nowhere',
  /** With this effect, children whose path is taken, whose supervisor is not there, or that no address can name. */
  'spawn.collides',
  'stop.nobody',
  'publish.throws',
  'observer.throws',
] as const
export type FaultKind = (typeof faultKinds)[number]

export interface FaultPoint {
  readonly kind: FaultKind
  /** The first is 0. */
  readonly at: number
  /** How often in a row, each time on the repeat of what failed. Default 1. */
  readonly times?: number
}

export type FaultCounts = Record<FaultKind, number>

type Journal = NonNullable<ActorSystemOptions['journal']>

export class FaultInjector {
  readonly counts: FaultCounts = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as FaultCounts
  private readonly point: FaultPoint | undefined
  /** How often it struck. */
  strikes = 0

  constructor(point: FaultPoint | undefined) {
    this.point = point
  }

  private isDue(kind: FaultKind): boolean {
    const count = this.counts[kind]
    this.counts[kind] += 1
    if (this.point?.kind !== kind || count < this.point.at || this.strikes >= (this.point.times ?? 1)) return false
    this.strikes += 1
    return true
  }

  private strike(kind: FaultKind): void {
    if (this.isDue(kind)) throw new Error(`planted: ${kind}`)
  }

  machine<Machine extends AnyStateMachine>(machine: Machine): Machine {
    const { guards, actions } = machine.implementations
    const faulty = machine.provide({
      guards: this.wrapAll('guard', guards),
      actions: this.wrapAll('action', actions),
    } as never) as Machine
    const transition = faulty.transition.bind(faulty)
    faulty.transition = (snapshot, event, scope) => {
      // How a root is told that it is given up: no event of the machine.
      if (event.type === 'xstate.stop') return transition(snapshot, event, scope)
      this.strike('event.before')
      const next = transition(snapshot, event, scope)
      this.strike('event.after')
      return next
    }
    return faulty
  }

  /** `assign` and its like are functions that xstate knows by their fields. */
  private wrapAll(kind: 'guard' | 'action', all: Readonly<Record<string, unknown>>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, this.wrap(kind, one)]))
  }

  private wrap(kind: 'guard' | 'action', implementation: unknown): unknown {
    if (typeof implementation !== 'function') return implementation
    if ('resolve' in implementation && typeof implementation.resolve === 'function') {
      const { resolve } = implementation
      return Object.assign((): never => never(), implementation, {
        resolve: (...args: unknown[]) => {
          this.strike(kind)
          return resolve(...args)
        },
      })
    }
    return (...args: unknown[]) => {
      this.strike(kind)
      return implementation(...args)
    }
  }

  effects(effects: Effects, spare: { readonly taken: () => Parameters<Effects['spawn']>[1] }): Effects {
    const before = () => {
      this.strike('effect')
      if (this.isDue('send.nowhere')) {
        effects.send('nobody', { type: 'board.poll' })
        effects.send('bw://here/', { type: 'board.poll' })
        effects.send('bw://here/lost/boards/x', { type: 'board.poll' })
        effects.tell('nobody', { type: 'hello' })
      }
      if (this.isDue('spawn.collides')) {
        const child = spare.taken()
        effects.spawn(effects.path.split('/').slice(0, -1).join('/'), { ...child, id: effects.path.split('/').at(-1) ?? '' })
        effects.spawn('no/such/supervisor', child)
        effects.spawn('', { ...child, id: 'a b#c' })
      }
      if (this.isDue('stop.nobody')) effects.stop('no/such/child')
    }
    const wrapped = {
      send: effects.send,
      tell: effects.tell,
      journal: effects.journal,
      setTimer: effects.setTimer,
      cancelTimer: effects.cancelTimer,
      spawn: effects.spawn,
      stop: effects.stop,
      publish: effects.publish,
      call: (name: string, start: Parameters<Effects['call']>[1]) =>
        effects.call(name, (answer) => {
          this.strike('call.throws')
          const isTwice = this.isDue('call.answersTwice')
          start((event) => {
            answer(event)
            if (isTwice) answer(event)
          })
          this.strike('call.throwsLate')
        }),
    }
    const noted = Object.fromEntries(
      Object.entries(wrapped).map(([name, append]) => [
        name,
        (...args: never[]) => {
          before()
          ;(append as (...args: never[]) => void)(...args)
        },
      ]),
    )
    return Object.defineProperties(noted, {
      path: { get: () => effects.path },
      self: { get: () => effects.self },
      now: { get: () => effects.now },
    }) as unknown as Effects
  }

  journal(journal: Journal): Journal {
    return (entries, answer: Answer<void>) => {
      this.strike('journal.throws')
      if (this.isDue('journal.refuses')) return answer({ ok: false, code: 'DISK_FULL', detail: 'planted' })
      const isLying = this.isDue('journal.lies')
      const isTwice = this.isDue('journal.answersTwice')
      journal(entries, (result) => {
        answer(isLying ? { ok: false, code: 'DISK_FULL', detail: 'planted' } : result)
        if (isTwice) answer(result)
      })
    }
  }

  readonly onPublish = (_event: PublicEvent): void => this.strike('publish.throws')
  readonly observe = (_observation: Observation): void => this.strike('observer.throws')
}

function never(): never {
  throw new Error('xstate calls resolve')
}
