// Plants one fault in a running system: the n-th time that a thing of its kind is done, it goes wrong. Everything else goes through
// untouched. Without a fault it only counts, which says how many points there are.
import type { AnyStateMachine, EventObject } from 'xstate'
import type { ActorSystemOptions, Observation } from '../../../src/actors/actor-system.ts'
import type { ChildSpec } from '../../../src/actors/child-spec.ts'
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
  /** It says at once that it failed, and yet the entries become durable. */
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

type Start = Parameters<Effects['call']>[1]
type Journal = NonNullable<ActorSystemOptions['journal']>

export class FaultInjector {
  readonly counts: FaultCounts = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as FaultCounts
  private readonly point: FaultPoint | undefined
  /** How often it struck. */
  strikes = 0
  private struck = ''

  private readonly called: (name: string) => void

  /** `called` hears of each port call that begins. */
  constructor(point: FaultPoint | undefined, called: (name: string) => void) {
    this.point = point
    this.called = called
  }

  private isDue(kind: FaultKind, what = ''): boolean {
    const count = this.counts[kind]
    this.counts[kind] += 1
    if (this.point?.kind !== kind || count < this.point.at || this.strikes >= (this.point.times ?? 1)) return false
    if (this.strikes > 0 && this.struck !== what) return false
    this.strikes += 1
    this.struck = what
    return true
  }

  private strike(kind: FaultKind, what = ''): void {
    if (this.isDue(kind, what)) throw new Error(`planted: ${kind}`)
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
      const what = `${scope.self.id} ${event.type}`
      this.strike('event.before', what)
      const next = transition(snapshot, event, scope)
      this.strike('event.after', what)
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

  /** `spare` is a child that could be spawned if its path were free. */
  effects(effects: Effects, spare: () => ChildSpec): Effects {
    const asked = (append: () => void) => {
      this.strike('effect')
      this.addVain(effects, spare)
      append()
    }
    return {
      get path() {
        return effects.path
      },
      get self() {
        return effects.self
      },
      get now() {
        return effects.now
      },
      send: (...args) => asked(() => effects.send(...args)),
      tell: (...args) => asked(() => effects.tell(...args)),
      journal: (...args) => asked(() => effects.journal(...args)),
      setTimer: (...args) => asked(() => effects.setTimer(...args)),
      cancelTimer: (...args) => asked(() => effects.cancelTimer(...args)),
      spawn: (...args) => asked(() => effects.spawn(...args)),
      stop: (...args) => asked(() => effects.stop(...args)),
      publish: (...args) => asked(() => effects.publish(...args)),
      call: (name, start) => asked(() => effects.call(name, (answer) => this.startCall(name, start, answer))),
    }
  }

  private addVain(effects: Effects, spare: () => ChildSpec): void {
    if (this.isDue('send.nowhere')) {
      for (const to of ['nobody', 'bw://here/', 'bw://here/lost/boards/x']) effects.send(to, { type: 'board.poll' })
      effects.tell('nobody', { type: 'hello' })
    }
    if (this.isDue('spawn.collides')) {
      const [id = '', ...above] = effects.path.split('/').reverse()
      effects.spawn(above.reverse().join('/'), { ...spare(), id })
      effects.spawn('no/such/supervisor', spare())
      effects.spawn('', { ...spare(), id: 'a b#c' })
    }
    if (this.isDue('stop.nobody')) effects.stop('no/such/child')
  }

  private startCall(name: string, start: Start, answer: (event: EventObject) => void): void {
    this.strike('call.throws')
    const isTwice = this.isDue('call.answersTwice')
    this.called(name)
    start((event) => {
      answer(event)
      if (isTwice) answer(event)
    })
    this.strike('call.throwsLate')
  }

  journal(journal: Journal): Journal {
    return (entries, answer: Answer<void>) => {
      this.strike('journal.throws')
      const isLying = this.isDue('journal.lies')
      if (isLying) journal(entries, () => {})
      if (isLying || this.isDue('journal.refuses')) {
        answer({ ok: false, code: 'DISK_FULL', detail: 'planted' })
        return
      }
      const isTwice = this.isDue('journal.answersTwice')
      journal(entries, (result) => {
        answer(result)
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
