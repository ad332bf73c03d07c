// Group commit, and what of a journal is durable: one batch is on its way to the disk, what comes meanwhile is the next one.
import type { Clock } from '../ports/clock.ts'
import type { Answer, Failure, Result } from '../ports/result.ts'
import type { SnapshotToKeep } from './journal-segment.ts'
import type { Segments } from './segments.ts'

export interface Write {
  /** It begins a segment that needs none before it. */
  readonly anew: SnapshotToKeep | null
  readonly payloads: readonly Buffer[]
  /** Of the newest record after it. */
  readonly lastIndex: number
  /** It takes back what came before it, after this index. */
  readonly takesBackAfter: number | null
  readonly answer: Answer<void>
}

export class WriteQueue {
  private readonly segments: Segments
  private readonly clock: Clock
  private durable: number
  private waiting: Write[] = []
  private isWriting = false
  private failure: Failure | undefined

  constructor(segments: Segments, clock: Clock, durableIndex: number) {
    this.segments = segments
    this.clock = clock
    this.durable = durableIndex
  }

  /** Of the newest record that is durable, and not about to be taken back. */
  durableIndex(): number {
    return this.durable
  }

  /** After a failure, everything: the answer is on its way. */
  isRefused(answer: Answer<void>): boolean {
    if (!this.failure) return false
    const { code, detail } = this.failure
    this.clock.setTimer(0, () => answer({ ok: false, code, detail }))
    return true
  }

  push(write: Write): void {
    this.durable = Math.min(this.durable, write.takesBackAfter ?? Number.POSITIVE_INFINITY)
    this.waiting.push(write)
    this.writeNext()
  }

  private writeNext(): void {
    const [first] = this.waiting
    if (this.isWriting || first === undefined) return
    this.isWriting = true
    const batch = this.takeBatch(first)
    const payloads = batch.flatMap((each) => each.payloads)
    const done: Answer<void> = (result) => this.written(batch, result)
    if (first.anew) this.segments.beginAnew(first.anew, payloads, done)
    else if (payloads.length > 0) this.segments.write(payloads, done)
    else this.clock.setTimer(0, () => done({ ok: true, value: undefined }))
  }

  /** As many as can go to the disk at once. */
  private takeBatch(first: Write): readonly Write[] {
    const end = this.waiting.findIndex((each) => each.anew !== null && each !== first)
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end)
  }

  private written(batch: readonly Write[], result: Result<void>): void {
    this.isWriting = false
    if (result.ok) this.durable = Math.min(batch.at(-1)?.lastIndex ?? 0, this.takenBackAfter())
    else this.failure = result
    for (const { answer } of batch) answer(result)
    if (!result.ok) for (const { answer } of this.waiting.splice(0)) answer(result)
    else this.writeNext()
  }

  private takenBackAfter(): number {
    return this.waiting.reduce(
      (lowest, { takesBackAfter }) => Math.min(lowest, takesBackAfter ?? lowest),
      Number.POSITIVE_INFINITY,
    )
  }
}
