// What it costs that a record is on two disks before it counts: appends a second through the journal of a leader, each answered when
// it is durable here and with the standby, a process of its own at the other end of the channel that site masters use. Beside it the
// same journal without a standby, in the same run. `node bench/replication.ts [--quick] [--dir <folder>]` prints JSON; one at a time,
// and 64 and 512 at a time (group commit). Goal: 3,000 replicated records a second. A standby that does not have every record in the
// end is an error.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { JournalFollower } from '../src/actors/journal-shipping.ts'
import { ReplicatedJournal } from '../src/actors/replicated-journal.ts'
import { createFileDisk } from '../src/drivers/node/file-disk.ts'
import { systemClock } from '../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../src/drivers/seeded-random.ts'
import type { Log } from '../src/ports/log.ts'
import type { Message } from '../src/protocol/messages.ts'
import { type Journal, openJournal } from '../src/store/journal.ts'
import { createWebSocketTransport } from '../src/transport/index.ts'
import { machine, measureInTurn, ratio, roundsPerSecond } from './in-turn.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const link = { incarnation: 1, clock: systemClock, random: createSeededRandom(1), log: silent }
const token = 'of-this-bench'
const widths = [1, 64, 512] as const
const peers = { leader: 'm1', standby: 'm2' } as const
const between = (from: string, to: string, body: Message) => ({
  ...({ from: `bw://bench/${from}/pair#1`, to: `bw://bench/${to}/pair#1`, lane: 'control', body } as const),
})

/** As long as the record of a step of a move. */
const entry = {
  type: 'move.step.ended',
  move: 'mv-1-42',
  blade: 'c01-s07',
  step: 'verifyScrub',
  attempt: 1,
  result: { outcome: 'done', receipt: { id: 'c01-s07-12', digest: `sha256:${'0'.repeat(64)}` } },
}

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, dir: { type: 'string' }, standby: { type: 'string' } },
})
if (values.standby === undefined) await runBench(values.quick === true)
else await standBy(values.standby)

// — the standby ————————————————————————————————————————————————————————————————————————————————

async function standBy(folder: string): Promise<void> {
  const journal = await open(folder)
  const transport = createWebSocketTransport({
    ...link,
    node: peers.standby,
    listen: { host: '127.0.0.1', port: 0, tokensOf: () => [token], listening: tell },
  })
  const follower = new JournalFollower({
    journal,
    log: silent,
    send: (message) => void transport.send(peers.leader, between(peers.standby, peers.leader, message)),
    committed() {},
    failed: stop,
  })
  transport.start({
    linkUp() {},
    linkLost() {},
    received(_peer, { body }) {
      if (body.type === 'journal.ship') follower.shipped(body)
    },
  })
  process.on('message', () => tell(journal.lastIndex()))
  process.once('disconnect', () => process.exit())
}

function tell(figure: number): void {
  process.send?.(figure)
}

// — the leader —————————————————————————————————————————————————————————————————————————————————

async function runBench(quick: boolean): Promise<void> {
  const folder = mkdtempSync(join(values.dir ?? tmpdir(), 'bench-replication-'))
  const loadBefore = loadavg()[0]
  const standby = fork(fileURLToPath(import.meta.url), ['--standby', join(folder, 'standby')])
  try {
    const [port] = (await once(standby, 'message')) as [number]
    const pair = await lead(join(folder, 'leader'), port)
    const alone = await lead(join(folder, 'alone'), null)
    const plan = { rounds: quick ? 3 : 7, warmUps: 1 }
    const durationMs = quick ? 300 : 2_000
    const results: [string, object][] = []
    for (const width of widths) {
      const contenders = {
        replicated: () => roundsPerSecond(width, durationMs, pair.append),
        alone: () => roundsPerSecond(width, durationMs, alone.append),
      }
      const { replicated, alone: single } = await measureInTurn(contenders, plan)
      results.push([`width${width}`, { replicated, alone: single, ratio: ratio(replicated, single) }])
    }
    if (pair.mode() !== 'paired') throw new Error(`the pair is ${pair.mode()}`)
    standby.send('how many?')
    const [standbyHas] = (await once(standby, 'message')) as [number]
    if (standbyHas !== pair.last()) throw new Error(`the standby has ${standbyHas} of ${pair.last()}`)
    const report = { bench: 'replication', machine: machine(), cores: cpus().length, loadBefore, goalPerSecond: 3_000 }
    process.stdout.write(
      `${JSON.stringify({ ...report, ...Object.fromEntries(results), records: pair.last() }, null, 2)}\n`,
    )
    pair.close()
    alone.close()
  } finally {
    standby.disconnect()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param port of its standby; null without one */
async function lead(folder: string, port: number | null) {
  const journal = await open(folder)
  const transport = createWebSocketTransport({
    ...{ ...link, node: peers.leader, token },
    connect: port === null ? [] : [{ peer: peers.standby, url: `ws://127.0.0.1:${port}` }],
  })
  await new Promise<void>((up) => {
    transport.start({
      linkUp: () => up(),
      linkLost(_peer, why) {
        throw new Error(`the link was lost: ${why}`)
      },
      received(_peer, { body }) {
        if (body.type === 'journal.have') replicated.answered(body)
      },
    })
    if (port === null) up()
  })
  const replicated: ReplicatedJournal = new ReplicatedJournal({
    ...{ epoch: 1, peer: port === null ? null : peers.standby, isPeerLinked: port !== null, mark: null, journal },
    ...{ clock: systemClock, log: silent, failed: stop, committed() {} },
    ship: (message) => void transport.send(peers.standby, between(peers.leader, peers.standby, message)),
    // What the boards would remember is not measured.
    carry: (mark) => queueMicrotask(() => replicated.marked(mark)),
  })
  const ticks = setInterval(() => replicated.tick(), 100)
  return {
    append: () => new Promise<void>((answered) => replicated.append([entry], () => answered())),
    mode: () => replicated.mode(),
    last: () => journal.lastIndex(),
    close() {
      clearInterval(ticks)
      transport.stop(() => {})
    },
  }
}

function open(folder: string): Promise<Journal> {
  return new Promise((opened, refused) => {
    openJournal(createFileDisk(folder), { name: 'journal', clock: systemClock, log: silent }, (result) => {
      if (result.ok) opened(result.value.journal)
      else refused(new Error(`${result.code}: ${result.detail}`))
    })
  })
}

function stop(failure: { readonly code: string; readonly detail: string }): void {
  process.stderr.write(`${failure.code}: ${failure.detail}\n`)
  process.exit(1)
}
