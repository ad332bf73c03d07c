// What a site master does at wire speed to lead and to be followed: asks the boards for their leases, and lets nothing happen that
// its peer, or a majority of the boards in the peer's place, does not know of. The decisions are the pure steps of src/pair; this
// carries them out. The site master's machine hears the edges only: won, lost, barred.
import type { SiteMasterEvent } from '../machines/site-master-machine.ts'
import {
  isLeading,
  type LeaseEffect,
  type LeaseEvent,
  type LeaseTimes,
  type MasterLease,
  openMasterLease,
  stepLease,
} from '../pair/master-lease.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Answer } from '../ports/result.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { LeaseAnswered, LeaseAsk, Voters } from '../protocol/pair.ts'

export interface MasterPairParts {
  readonly node: NodeId
  readonly parity: 0 | 1
  readonly agents: readonly NodeId[]
  readonly voters: Voters
  /** Highest epoch that it asked for in any life. */
  readonly epochSeen: number
  readonly times: LeaseTimes
  readonly clock: Clock
  readonly log: Log
  /** Durable before the epoch is asked for: no two lives of a master ask for the same one. */
  keepEpoch(epoch: number, kept: Answer<void>): void
  ask(agent: NodeId, ask: LeaseAsk): void
  edge(event: SiteMasterEvent): void
  /** Its disk fails: it cannot go on. */
  failed(why: string): void
}

export class MasterPair {
  private readonly parts: MasterPairParts
  private lease: MasterLease
  private keptEpoch: number
  private timer: Timer | undefined
  /** By agent, of its last answer. */
  private readonly nonces = new Map<NodeId, number>()
  private isStopped = false

  constructor(parts: MasterPairParts) {
    this.parts = parts
    this.lease = openMasterLease(parts.node, parts.parity, parts.voters, parts.epochSeen)
    this.keptEpoch = parts.epochSeen
  }

  /** Right before a command is sent (P7). */
  isLeading(): boolean {
    return isLeading(this.lease, this.parts.clock.monotonic())
  }

  /** Everything in its journal may be acted on. */
  isSettled(): boolean {
    return this.isLeading()
  }

  /** To be echoed by a command to a board of this agent. */
  nonceOf(agent: NodeId): number {
    return this.nonces.get(agent) ?? 0
  }

  campaign(releases: number, acceptsLoss = false): void {
    this.step({ type: 'campaign', releases, acceptsLoss })
  }

  /** Leads no more, and asks for nothing. */
  letGo(why: string): void {
    this.step({ type: 'stop', why })
  }

  answered(agent: NodeId, answer: LeaseAnswered): void {
    if (!this.parts.agents.includes(agent)) return
    this.nonces.set(agent, answer.nonce)
    this.step({ type: 'answered', answer })
  }

  stop(): void {
    this.isStopped = true
    this.timer?.cancel()
  }

  private step(event: LeaseEvent): void {
    if (this.isStopped) return
    const { clock, times } = this.parts
    const { lease, effects } = stepLease(this.lease, event, clock.monotonic(), times)
    this.lease = lease
    for (const effect of effects) this.perform(effect)
    this.arm()
  }

  private perform(effect: LeaseEffect): void {
    const { edge, log } = this.parts
    switch (effect.kind) {
      case 'ask':
        this.ask(effect.ask)
        break
      case 'won':
        edge({ type: 'lease.won', epoch: effect.epoch })
        break
      case 'lost':
        edge({ type: 'lease.lost', why: effect.why })
        break
      case 'barred':
        edge({ type: 'lease.barred', index: effect.mark.index })
        break
      case 'marked':
      case 'votersKept':
        log.debug('pair.kept', { kind: effect.kind })
        break
      default:
        effect satisfies never
    }
  }

  private ask(ask: LeaseAsk): void {
    const { agents, keepEpoch, failed } = this.parts
    const send = () => {
      for (const agent of agents) this.parts.ask(agent, ask)
    }
    if (ask.epoch <= this.keptEpoch) {
      send()
      return
    }
    keepEpoch(ask.epoch, (kept) => {
      if (!kept.ok) {
        failed(`${kept.code}: ${kept.detail}`)
        return
      }
      this.keptEpoch = Math.max(this.keptEpoch, ask.epoch)
      if (!this.isStopped && this.lease.stage !== 'idle' && this.lease.epoch === ask.epoch) send()
    })
  }

  /** The next moment at which time itself changes something. */
  private arm(): void {
    this.timer?.cancel()
    this.timer = undefined
    const { stage, askAt, until } = this.lease
    const next = stage === 'leading' ? Math.min(askAt, until) : askAt
    if (stage === 'idle' || this.isStopped) return
    const { clock } = this.parts
    this.timer = clock.setTimer(Math.max(0, next - clock.monotonic()), () => this.step({ type: 'tick' }))
  }
}
