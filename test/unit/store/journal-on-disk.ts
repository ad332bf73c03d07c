// A journal on a simulated disk, driven by hand: nothing happens on the disk unless the clock is moved.
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { Answer, Result } from '../../../src/ports/result.ts'
import { type Journal, type OpenedJournal, openJournal } from '../../../src/store/journal.ts'
import type { JournalRecord, Snapshot } from '../../../src/store/journal-record.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import { createProcessLife } from '../../../src/testing/process-life.ts'
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

export interface View {
  readonly snapshot: Snapshot | null
  readonly records: readonly JournalRecord[]
}

export function viewOf(journal: Journal): View {
  return { snapshot: journal.snapshot(), records: journal.records(0, Number.POSITIVE_INFINITY) }
}

export function journalOnDisk(seed: number, segmentBytesMax = 300) {
  const clock = createVirtualClock({ startMs: 1_000_000 })
  const disk = createSimulatedDisk({ clock, random: createSeededRandom(seed) })
  const log = createArrayLog()

  /** Runs until the disk is idle. */
  function call<T>(work: (answer: Answer<T>) => void): Result<T> {
    let answered: Result<T> | undefined
    work((result) => {
      answered = result
    })
    clock.runUntilIdle(10_000)
    if (!answered) throw new Error('no answer')
    return answered
  }
  let life = createProcessLife(clock)
  function start(answer: Answer<OpenedJournal>): void {
    life = createProcessLife(clock)
    openJournal(disk, { name: 'j', clock: life.clock, log, segmentBytesMax }, answer)
  }
  /** The process dies, and the power fails. */
  function crash(): void {
    life.die()
    disk.crash()
  }
  const open = () => call(start)
  function openWhole(): OpenedJournal {
    const opened = open()
    if (!opened.ok) throw new Error(`${opened.code} ${opened.detail}`)
    return opened.value
  }
  function bytesOf(file: string): Uint8Array {
    const read = call<Uint8Array>((answer) => disk.read(file, answer))
    if (!read.ok) throw new Error(read.detail)
    return read.value
  }
  function files(): readonly string[] {
    const listed = call<readonly string[]>((answer) => disk.list(answer))
    if (!listed.ok) throw new Error(listed.detail)
    return listed.value
  }
  function put(file: string, bytes: Uint8Array): void {
    call<void>((answer) => disk.replace(file, bytes, answer))
  }
  return { clock, disk, crash, log, call, start, open, openWhole, bytesOf, files, put }
}
