// What our WebSocket link costs over the socket it runs on: round trips a second and bytes a second between two processes, beside
// bare ws and msgpackr with the same messages in the same run. The link adds what the bare socket lacks: lanes with bounds,
// keep-alive, and a check of every message against the protocol before anybody sees it. Measured one at a time, 64 at a time (the
// status of a board each way), one way (such a status, unanswered: the far end says after every 256 how many came) and with large
// messages one way (a list of 256 members, answered by a short one).
// `node bench/transport.ts [--quick]` prints JSON. An answer that does not come, or comes out of order, and a message that the far
// end did not get are errors.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Packr } from 'msgpackr'
import { WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../src/drivers/seeded-random.ts'
import type { Log } from '../src/ports/log.ts'
import type { Envelope } from '../src/protocol/envelope.ts'
import { createWebSocketTransport, encodeEnvelope } from '../src/transport/index.ts'
import { machine, measureInTurn, ratio, roundsPerSecond } from './in-turn.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const parts = { incarnation: 1, clock: systemClock, random: createSeededRandom(1), log: silent }
const token = 'of-this-bench'
const packr = new Packr({ useRecords: false })
const addressed = { from: 'bw://s1/c01-s01/board#1', to: 'bw://s1/m1/site#1' } as const
/** Counts what comes, and says how much when it is polled. */
const sink = 'bw://s1/m1/sink#1'
const batch = 256
let questions = 0

const [role] = process.argv.slice(2)
if (role === 'link') answerOverLink()
else if (role === 'bare') answerOverBareSocket()
else await runBench(process.argv.includes('--quick'))

// — the far end ————————————————————————————————————————————————————————————————————————————————

function answerOverLink(): void {
  const answerTo = createAnswerer()
  const transport = createWebSocketTransport({
    ...parts,
    node: 'm1',
    listen: { host: '127.0.0.1', port: 0, tokensOf: () => [token], listening: tellPort },
  })
  transport.start({
    linkUp() {},
    linkLost() {},
    received(peer, envelope) {
      const answer = answerTo(envelope)
      if (answer && transport.send(peer, answer) === 'refused') throw new Error('an answer was refused')
    },
  })
}

function answerOverBareSocket(): void {
  const answerTo = createAnswerer()
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false }, () => {
    const address = server.address()
    if (address && typeof address === 'object') tellPort(address.port)
  })
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const answer = answerTo(packr.unpack(data))
      if (answer) socket.send(packr.pack(answer))
    })
  })
}

function tellPort(port: number): void {
  process.send?.(port)
  process.once('disconnect', () => process.exit())
}

function createAnswerer(): (question: Envelope) => Envelope | undefined {
  let sunk = 0
  return ({ from, to, lane, key, body }) => {
    const returned = { from: to, to: from, lane, ...(key === undefined ? {} : { key }) }
    if (to !== sink) return { ...returned, body: body.type === 'balancer.members.set' ? { type: 'board.poll' } : body }
    if (body.type !== 'board.poll') {
      sunk += 1
      return undefined
    }
    const count = sunk
    sunk = 0
    return { ...statusOfBoard(count), ...returned }
  }
}

// — the near end ———————————————————————————————————————————————————————————————————————————————

interface Line {
  tell(envelope: Envelope): void
  /** Resolves with the answer. */
  ask(envelope: Envelope): Promise<Envelope>
  close(): void
}

/** Answers come in the order of the questions. */
function createAnswers() {
  const waiting: ((answer: Envelope) => void)[] = []
  let head = 0
  return {
    after(ask: () => void): Promise<Envelope> {
      ask()
      return new Promise((answered) => waiting.push(answered))
    },
    came(answer: Envelope) {
      waiting[head]?.(answer)
      head += 1
      if (head === 1024) waiting.splice(0, head)
      head %= 1024
    },
  }
}

async function openLink(port: number): Promise<Line> {
  const answers = createAnswers()
  const connect = [{ peer: 'm1', url: `ws://127.0.0.1:${port}` }]
  const transport = createWebSocketTransport({ ...parts, node: 'c01-s01', token, connect })
  await new Promise<void>((up) => {
    transport.start({
      linkUp: () => up(),
      linkLost(_peer, why) {
        throw new Error(`the link was lost: ${why}`)
      },
      received: (_peer, envelope) => answers.came(envelope),
    })
  })
  const tell = (envelope: Envelope) => {
    if (transport.send('m1', envelope) === 'refused') throw new Error('a message was refused')
  }
  return { tell, ask: (envelope) => answers.after(() => tell(envelope)), close: () => transport.stop(() => {}) }
}

async function openBareSocket(port: number): Promise<Line> {
  const answers = createAnswers()
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
  await once(socket, 'open')
  socket.on('message', (data: Buffer) => answers.came(packr.unpack(data)))
  const tell = (envelope: Envelope) => socket.send(packr.pack(envelope))
  return { tell, ask: (envelope) => answers.after(() => tell(envelope)), close: () => socket.close() }
}

// — what is measured ———————————————————————————————————————————————————————————————————————————

function statusOfBoard(at: number): Envelope {
  return {
    ...addressed,
    lane: 'normal',
    body: {
      type: 'board.status',
      blade: 'c01-s01',
      boardType: 'process',
      incarnation: 1,
      promisedEpoch: 1,
      power: 'on',
      pid: 4242,
      pointers: null,
      identity: { group: 'shop/web', role: 'front', imageDigest: `sha256:${'0'.repeat(64)}`, bootId: 'boot-1' },
      volumes: ['shop/web/content'],
      networks: ['shop-front', 'shop-private'],
      address: '127.0.0.1:4242',
      formerGroup: 'shop/web',
      receipt: null,
      running: null,
      lost: false,
      cpuRatio: 0.25,
      memoryBytes: 64 * 1024 * 1024,
      at,
    },
  }
}

function listOfMembers(): Envelope {
  return {
    ...addressed,
    lane: 'bulk',
    body: {
      type: 'balancer.members.set',
      list: {
        group: 'shop/web',
        version: { epoch: 1, index: 1 },
        members: Array.from({ length: 256 }, (_, i) => ({
          blade: `c${String(1 + Math.floor(i / 32)).padStart(2, '0')}-s${String(1 + (i % 32)).padStart(2, '0')}`,
          address: `10.0.${Math.floor(i / 200)}.${1 + (i % 200)}:80`,
          bootId: `boot-${i}`,
          state: 'ready' as const,
        })),
      },
    },
  }
}

async function runBench(quick: boolean): Promise<void> {
  const far = { link: await start('link'), bare: await start('bare') }
  const lines = { link: await openLink(far.link.port), bare: await openBareSocket(far.bare.port) }
  const plan = { rounds: quick ? 3 : 7, warmUps: 2, durationMs: quick ? 300 : 1000 }
  const small = bytesOf(statusOfBoard(0))
  const large = bytesOf(listOfMembers())
  const result = {
    bench: 'transport',
    machine: machine(),
    command: `node bench/transport.ts${quick ? ' --quick' : ''}`,
    messageBytes: small,
    oneAtATime: await compareRoundTrips(lines, 1, plan),
    sixtyFourAtATime: await compareRoundTrips(lines, 64, plan),
    oneWay: await compareOneWay(lines, 4, plan),
    largeMessageBytes: large,
    largeOneWay: await compareThroughput(lines, 8, large, plan),
  }
  for (const line of Object.values(lines)) line.close()
  for (const { child } of Object.values(far)) child.kill()
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
}

interface Lines {
  readonly link: Line
  readonly bare: Line
}

interface Plan {
  readonly rounds: number
  readonly warmUps: number
  readonly durationMs: number
}

async function compareRoundTrips(lines: Lines, width: number, plan: Plan) {
  const run = (line: Line) => () =>
    roundsPerSecond(width, plan.durationMs, async () => {
      questions += 1
      const question = statusOfBoard(questions)
      const { body } = await line.ask(question)
      const isIt = body.type === 'board.status' && question.body.type === body.type && body.at === question.body.at
      if (!isIt) throw new Error(`${JSON.stringify(body)} answers ${JSON.stringify(question.body)}`)
    })
  const { link, bare } = await measureInTurn({ link: run(lines.link), bare: run(lines.bare) }, plan)
  return { ratio: ratio(link, bare), linkPerSecond: link, barePerSecond: bare }
}

async function compareOneWay(lines: Lines, batchesAtATime: number, plan: Plan) {
  const run = (line: Line) => async () =>
    batch *
    (await roundsPerSecond(batchesAtATime, plan.durationMs, async () => {
      for (let at = 0; at < batch; at += 1) line.tell({ ...statusOfBoard(at), to: sink })
      const { body } = await line.ask({ ...addressed, to: sink, lane: 'normal', body: { type: 'board.poll' } })
      const came = body.type === 'board.status' ? body.at : undefined
      if (came !== batch) throw new Error(`of ${batch} messages ${came} came`)
    }))
  const { link, bare } = await measureInTurn({ link: run(lines.link), bare: run(lines.bare) }, plan)
  return { ratio: ratio(link, bare), linkPerSecond: link, barePerSecond: bare }
}

async function compareThroughput(lines: Lines, width: number, bytes: number, plan: Plan) {
  const list = listOfMembers()
  const run = (line: Line) => async () =>
    (bytes / 1e6) *
    (await roundsPerSecond(width, plan.durationMs, async () => {
      const { body } = await line.ask(list)
      if (body.type !== 'board.poll') throw new Error(`${body.type} answers a list`)
    }))
  const { link, bare } = await measureInTurn({ link: run(lines.link), bare: run(lines.bare) }, plan)
  return { ratio: ratio(link, bare), linkMegabytesPerSecond: link, bareMegabytesPerSecond: bare }
}

function bytesOf(envelope: Envelope): number {
  const bytes = encodeEnvelope(envelope)
  if (typeof bytes === 'string') throw new Error(bytes)
  return bytes.byteLength
}

async function start(role: keyof Lines): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(fileURLToPath(import.meta.url), [role])
  const [port] = await once(child, 'message')
  return { child, port }
}
