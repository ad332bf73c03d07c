// What a durable record costs: appends a second through the journal, each answered only when it is on the disk, beside write and
// fdatasync of as many bytes on an open file in the same run. One at a time the journal can at best be as fast as the disk; 64 at a
// time they share syncs (group commit); the same once more while the journal is kept short by snapshots. And how fast a journal of many
// segments is read back. `node bench/journal.ts [--quick] [--dir <folder>]`
// prints JSON; the folder (default: the system's for temporary files) says which disk. A record that is answered and not found
// when the journal is opened anew is an error.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createFileDisk } from '../src/drivers/node/file-disk.ts'
import { systemClock } from '../src/drivers/node/system-clock.ts'
import type { Log } from '../src/ports/log.ts'
import { type Journal, type OpenedJournal, openJournal } from '../src/store/journal.ts'
import { createCompactor } from '../src/store/journal-compaction.ts'
import type { JournalEntry } from '../src/store/journal-record.ts'
import { machine, measureInTurn, ratio, roundsPerSecond } from './in-turn.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/** As long as the record of a step of a move. */
const entry: JournalEntry = {
  type: 'move.step.ended',
  move: 'mv-1-42',
  blade: 'c01-s07',
  step: 'verifyScrub',
  attempt: 1,
  result: { outcome: 'done', receipt: { id: 'c01-s07-12', digest: `sha256:${'0'.repeat(64)}` } },
}

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, dir: { type: 'string' } } })
const directory = mkdtempSync(join(values.dir ?? tmpdir(), 'bladewright-bench-'))
let files = 0
try {
  process.stdout.write(`${JSON.stringify(await runBench(values.quick === true), null, 2)}\n`)
} finally {
  rmSync(directory, { recursive: true })
}

async function runBench(quick: boolean) {
  const frameBytes = await bytesOfOneRecord()
  const plan = { rounds: quick ? 3 : 7, warmUps: 1, durationMs: quick ? 200 : 1000, frameBytes }
  return {
    bench: 'journal',
    machine: machine(),
    command: `node bench/journal.ts${quick ? ' --quick' : ''}`,
    fileSystem: `type 0x${statfsSync(directory).type.toString(16)}`,
    frameBytes,
    oneAtATime: await compare(1, plan),
    sixtyFourAtATime: await compare(64, plan),
    compacting: await compacting(quick ? 1_000 : 5_000),
    readBack: await readBack(quick ? 20_000 : 200_000),
  }
}

interface Plan {
  readonly rounds: number
  readonly warmUps: number
  readonly durationMs: number
  readonly frameBytes: number
}

async function compare(width: number, plan: Plan) {
  const { journal, raw } = await measureInTurn(
    {
      journal: () => appendRound(width, plan.durationMs),
      raw: () => rawRound(width, plan.durationMs, plan.frameBytes),
    },
    plan,
  )
  return { ratio: ratio(journal, raw), journalAppendsPerSecond: journal, rawWritesPerSecond: raw }
}

async function appendRound(width: number, durationMs: number): Promise<number> {
  const name = nextName()
  const { journal } = await openNamed(name)
  let answered = 0
  const perSecond = await roundsPerSecond(width, durationMs, async () => {
    await append(journal, [entry])
    answered += 1
  })
  await requireFound(name, answered)
  return perSecond
}

async function rawRound(width: number, durationMs: number, frameBytes: number): Promise<number> {
  const file = await open(join(directory, nextName()), 'a', 0o600)
  const bytes = Buffer.alloc(frameBytes, 'x')
  const perSecond = await roundsPerSecond(width, durationMs, async () => {
    await file.write(bytes)
    await file.datasync()
  })
  await file.close()
  return perSecond
}

/** A snapshot of as many entries as a cabinet's boards have, whenever it is due: what that costs the appends beside it. */
async function compacting(durationMs: number) {
  const name = nextName()
  const { journal } = await openNamed(name)
  const boards = Array<JournalEntry>(32).fill({ ...entry, records: Array(128).fill(entry.result) })
  let [answered, compactions, sizeMax, longestMs] = [0, 0, 0, 0]
  const fold = () => {
    compactions += 1
    return boards
  }
  const compactWhenDue = createCompactor({ journal, log: silent, fold })
  const appendsPerSecond = await roundsPerSecond(64, durationMs, async () => {
    const startMs = performance.now()
    await append(journal, [entry])
    longestMs = Math.max(longestMs, performance.now() - startMs)
    answered += 1
    compactWhenDue()
    sizeMax = Math.max(sizeMax, journal.size())
  })
  await append(journal, [])
  await requireFound(name, answered)
  return {
    appendsPerSecond: Math.round(appendsPerSecond),
    appendedBytes: answered * (await bytesOfOneRecord()),
    compactions,
    snapshotBytes: journal.baseBytes(),
    sizeMaxBytes: sizeMax,
    longestAppendMs: Math.round(longestMs),
  }
}

async function readBack(records: number) {
  const name = nextName()
  const { journal } = await openNamed(name)
  for (let left = records; left > 0; left -= 1000)
    await append(journal, Array<JournalEntry>(Math.min(left, 1000)).fill(entry))
  const startMs = performance.now()
  await requireFound(name, records)
  const elapsedMs = performance.now() - startMs
  return {
    records,
    bytes: journal.size(),
    openMs: Math.round(elapsedMs),
    recordsPerSecond: Math.round((records / elapsedMs) * 1000),
  }
}

async function requireFound(name: string, answered: number): Promise<void> {
  const { snapshot, records } = await openNamed(name)
  const found = (snapshot?.index ?? 0) + records.length
  if (found !== answered) throw new Error(`${answered} answered, ${found} found`)
}

async function bytesOfOneRecord(): Promise<number> {
  const { journal } = await openNamed(nextName())
  await append(journal, [entry])
  const before = journal.size()
  await append(journal, [entry])
  return journal.size() - before
}

function openNamed(name: string): Promise<OpenedJournal> {
  return new Promise((opened, failed) => {
    openJournal(createFileDisk(directory), { name, clock: systemClock, log: silent }, (result) => {
      if (result.ok) opened(result.value)
      else failed(new Error(`${result.code} ${result.detail}`))
    })
  })
}

function append(journal: Journal, entries: readonly JournalEntry[]): Promise<void> {
  return new Promise((durable, failed) => {
    journal.append(entries, (result) => (result.ok ? durable() : failed(new Error(`${result.code} ${result.detail}`))))
  })
}

function nextName(): string {
  files += 1
  return `file-${files}`
}
