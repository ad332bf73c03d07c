// Reads a journal back from its segments. The rules:
//   - Segments are numbered without gaps, and each says its own number and how long the one before it is. The newest one that needs
//     none before it (the first of all, or one that starts with a snapshot) is where reading starts; older ones are superseded: a
//     crash left them there, and they are removed.
//   - A segment is begun only when everything in the one before is durable, and it comes into being whole. So a torn end is the
//     mark of an interrupted write in the last segment only, and only behind what came into the file with its start. It is cut and
//     logged; nobody was told that it was durable.
//   - Everything else that does not read, or is not what may follow what is before it, is JOURNAL_CORRUPT with file and offset.
//     Nothing is repaired by guessing: a record that was answered may be among what is gone.
//   - Readable is not durable: a process may have died between a write and its sync. The last segment is synced before anything
//     that was read is used, and before what it supersedes is removed.
// Damage of the very last batch cannot be told from a torn end. A master is told by its peer and by its boards what it misses.
import { errorTable } from '../errors.ts'
import type { Disk } from '../ports/disk.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Result } from '../ports/result.ts'
import { JournalMemory, problemAfter } from './journal-memory.ts'
import { type Damage, readSegment, type Segment, segmentFile, segmentsAmong } from './journal-segment.ts'
import { nothingFound, removeSegments, type SegmentsFound } from './segments.ts'

export interface JournalPlace {
  readonly disk: Disk
  readonly name: string
  readonly log: Log
}

export interface JournalRead {
  readonly memory: JournalMemory
  readonly found: SegmentsFound
}

export function readJournal(place: JournalPlace, answer: Answer<JournalRead>): void {
  const { disk, name } = place
  disk.list((listed) => {
    if (!listed.ok) {
      answer(listed)
      return
    }
    const numbers = segmentsAmong(listed.value, name)
    const last = numbers.at(-1)
    if (last === undefined) answerNothing(place, answer)
    else
      readBack(place, last, [], (read) => {
        if (!read.ok) answer(read)
        else takeUp(place, numbers, read.value, answer)
      })
  })
}

/** A name that no file may have is refused now, not at the first write. */
function answerNothing({ disk, name }: JournalPlace, answer: Answer<JournalRead>): void {
  disk.read(segmentFile(name, 1), (read) =>
    answer(read.ok ? { ok: true, value: { memory: new JournalMemory(), found: nothingFound } } : read),
  )
}

/** From this segment back to one that needs none before it. @param newer those after it, in order */
function readBack(place: JournalPlace, number: number, newer: readonly Segment[], answer: Answer<Segment[]>): void {
  const file = segmentFile(place.name, number)
  place.disk.read(file, (read) => {
    if (!read.ok) {
      answer(read)
      return
    }
    const segment = read.value.byteLength === 0 ? missing : readSegment(Buffer.from(read.value))
    const damage = 'why' in segment ? segment : damageBetween(segment, number, newer[0])
    if ('why' in segment || damage !== undefined) answer(corrupt(place, number, damage ?? missing))
    else if (segment.start.formerBytes === null) answer({ ok: true, value: [segment, ...newer] })
    else readBack(place, number - 1, [segment, ...newer], answer)
  })
}

const missing: Damage = { offset: 0, why: 'it is missing or empty' }

function damageBetween(segment: Segment, number: number, next: Segment | undefined): Damage | undefined {
  const { start, validBytes, isTorn } = segment
  const isFirst = start.segment === 1 || start.snapshot !== null
  if (start.segment !== number) return { offset: 0, why: `it says that it is segment ${start.segment}` }
  if (isFirst !== (start.formerBytes === null)) return { offset: 0, why: 'it starts with nothing' }
  if (next === undefined) return undefined
  if (isTorn) return { offset: validBytes, why: 'it is damaged' }
  const wholeBytes = next.start.formerBytes
  return wholeBytes === validBytes
    ? undefined
    : { offset: Math.min(validBytes, wholeBytes ?? 0), why: `it had ${wholeBytes} bytes` }
}

function takeUp(
  place: JournalPlace,
  numbers: readonly number[],
  segments: readonly Segment[],
  answer: Answer<JournalRead>,
): void {
  const [base] = segments
  const last = segments.at(-1)
  if (base === undefined || last === undefined) return
  const memory = new JournalMemory(base.start.snapshot && { ...base.start.snapshot, entries: base.kept })
  for (const { start, steps } of segments)
    for (const step of steps) {
      const why = play(memory, step)
      if (why !== undefined) {
        answer(corrupt(place, start.segment, { offset: step.offset, why }))
        return
      }
    }
  makeDurable(place, last, (durable) => {
    if (!durable.ok) {
      answer(durable)
      return
    }
    const first = base.start.segment
    removeSegments(
      place,
      numbers.filter((number) => number < first),
    )
    const baseBytes = base.start.snapshot === null ? 0 : base.firstBytes
    const olderBytes = segments.slice(0, -1).reduce((sum, { validBytes }) => sum + validBytes, 0)
    const found = {
      first,
      last: last.start.segment,
      lastBytes: last.validBytes,
      olderBytes,
      baseBytes,
    }
    answer({ ok: true, value: { memory, found } })
  })
}

function play(memory: JournalMemory, step: Segment['steps'][number]): string | undefined {
  if (step.kind === 'record') {
    const problem = problemAfter(memory.last(), step.record)
    if (problem === undefined) memory.add(step.record)
    return problem
  }
  if (!memory.canCutAfter(step.after)) return `a cut after ${step.after} of ${memory.last().index} records`
  memory.cutAfter(step.after)
  return undefined
}

function makeDurable({ disk, name, log }: JournalPlace, last: Segment, answer: Answer<void>): void {
  const file = segmentFile(name, last.start.segment)
  if (!last.isTorn) {
    disk.sync(file, answer)
    return
  }
  log.warn('journal.tail.cut', { file, offset: last.validBytes })
  disk.truncate(file, last.validBytes, (cut) => (cut.ok ? disk.sync(file, answer) : answer(cut)))
}

function corrupt({ name, log }: JournalPlace, segment: number, { offset, why }: Damage): Result<never> {
  const file = segmentFile(name, segment)
  log.error('journal.corrupt', { file, offset, why })
  return {
    ok: false,
    code: 'JOURNAL_CORRUPT',
    detail: `${file} at byte ${offset}: ${why}. ${errorTable.JOURNAL_CORRUPT.whatToDo}`,
  }
}
