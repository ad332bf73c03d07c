// What waits for one cell. Lanes are taken in this order:
//   again        the event that crashed the cell, and `wake`: whatever else waits, waits behind them, as it did before
//   control      commands, answers, promises
//   supervision  what the system itself owes the cell: its timers, the answers to its calls, ends that it watches, links
//   normal, status, bulk
// Every eighth take begins with one of the lower lanes instead, each in its turn, so that a flood of commands keeps no deadline
// and no request waiting for ever.
// Every lane is bounded; a full one refuses, and the sender never notices. The supervision lane is filled by nobody but the
// cell's own requests, so a flood from outside cannot drown a deadline. Of the status lane the newest per sender and key is
// kept, in the place of the one that it replaces: a key that changes faster than it is read still has its turn.
import type { EventObject } from 'xstate'
import type { Address } from '../protocol/address.ts'
import type { Lane } from '../protocol/envelope.ts'
import type { ArmedTimer } from './cell-timers.ts'
import { Fifo } from './fifo.ts'
import type { Cause } from './inspection.ts'

export interface Mail {
  readonly event: EventObject
  readonly from: Address | undefined
  readonly cause: Cause
  /** Of a fired timer: it counts only while that timer is still set. */
  readonly timer: ArmedTimer | undefined
  /** How often the machine crashed on it. */
  crashes: number
}

export type MailboxBounds = Readonly<Partial<Record<Lane, number>>>

/** Higher: longer stalls are bridged. Lower: less memory, and a flood shows sooner. */
export const defaultBounds: Readonly<Record<Lane, number>> = { control: 4096, normal: 1024, status: 1024, bulk: 1024 }
/** Far above what a cell asks for; reached only by one that asks without end. */
const supervisionMax = 65_536
const lowerLaneEvery = 8
const lowerLanes = ['supervision', 'normal', 'status', 'bulk'] as const

export class Mailbox {
  size = 0
  private takes = 0
  private readonly bounds: MailboxBounds | undefined
  private again: Mail[] | undefined
  private control: Fifo<Mail> | undefined
  private supervision: Fifo<Mail> | undefined
  private normal: Fifo<Mail> | undefined
  private status: Map<string, Mail> | undefined
  private bulk: Fifo<Mail> | undefined

  constructor(bounds: MailboxBounds | undefined) {
    this.bounds = bounds
  }

  /** False when the lane is full. `key` is for the status lane. */
  offer(lane: Lane, mail: Mail, key: string | undefined): boolean {
    const bound = this.bounds?.[lane] ?? defaultBounds[lane]
    if (lane === 'status') return this.offerStatus(`${mail.from ?? ''} ${key ?? mail.event.type}`, mail, bound)
    this[lane] ??= new Fifo()
    return this.pushTo(this[lane], mail, bound)
  }

  /** What the system owes the cell. */
  offerOwn(mail: Mail): boolean {
    this.supervision ??= new Fifo()
    return this.pushTo(this.supervision, mail, supervisionMax)
  }

  /** To be taken before all else. */
  putFirst(mail: Mail): void {
    this.again ??= []
    this.again.unshift(mail)
    this.size += 1
  }

  get isUrgent(): boolean {
    return (this.again?.length ?? 0) > 0 || (this.control?.size ?? 0) > 0 || (this.supervision?.size ?? 0) > 0
  }

  take(): Mail | undefined {
    if (this.size === 0) return undefined
    this.size -= 1
    return (
      this.again?.shift() ??
      this.takeLower() ??
      this.control?.take() ??
      this.supervision?.take() ??
      this.normal?.take() ??
      this.takeStatus() ??
      this.bulk?.take()
    )
  }

  /** Lane by lane, oldest first. For debugging: it copies. */
  list(): readonly Mail[] {
    const { again, control, supervision, normal, status, bulk } = this
    const lanes = [again, control?.list(), supervision?.list(), normal?.list(), status?.values(), bulk?.list()]
    return lanes.flatMap((lane) => [...(lane ?? [])])
  }

  private takeLower(): Mail | undefined {
    this.takes = (this.takes + 1) % (lowerLaneEvery * lowerLanes.length)
    const lane = this.takes % lowerLaneEvery === 0 ? lowerLanes[this.takes / lowerLaneEvery] : undefined
    if (lane === undefined) return undefined
    return lane === 'status' ? this.takeStatus() : this[lane]?.take()
  }

  private pushTo(lane: Fifo<Mail>, mail: Mail, bound: number): boolean {
    if (lane.size >= bound) return false
    lane.push(mail)
    this.size += 1
    return true
  }

  private offerStatus(key: string, mail: Mail, bound: number): boolean {
    this.status ??= new Map()
    const isNew = !this.status.has(key)
    if (isNew && this.status.size >= bound) return false
    this.status.set(key, mail)
    if (isNew) this.size += 1
    return true
  }

  private takeStatus(): Mail | undefined {
    if (!this.status) return undefined
    for (const [key, mail] of this.status) {
      this.status.delete(key)
      return mail
    }
    return undefined
  }
}
