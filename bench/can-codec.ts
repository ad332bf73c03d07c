// How fast one core turns transfers into CAN frames and frames into transfers, and what a dropped frame allocates.
// `node bench/can-codec.ts [--quick]` prints JSON. Goals: 1,000,000 classic frames a second encoded, 500,000 reassembled, 0 bytes for a dropped
// frame: a bus at 1 Mb/s carries at most 21,000 frames a second (the shortest ones), so this is what is left for the rest of the process.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { encodeTransfer } from '../src/transport/can/cyphal/encode-transfer.ts'
import { createReassembler } from '../src/transport/can/cyphal/reassembler.ts'
import type { Transfer } from '../src/transport/can/cyphal/transfer.ts'

const isQuick = process.argv.includes('--quick')
const roundMs = isQuick ? 200 : 1000
/** Young memory so large that nothing is collected while it is measured: a collection hides what was allocated. */
const noCollection = ['--min-semi-space-size=512', '--max-semi-space-size=512']
const rounds = isQuick ? 3 : 7

/** Read, so that no compiler can leave the work out. */
let written = 0

if (process.send) {
  process.send(droppedBytes())
} else {
  const began = loadavg()[0]
  const child = fork(fileURLToPath(import.meta.url), { execArgv: ['--expose-gc', ...noCollection] })
  const [bytesPerDroppedFrame] = await once(child, 'message')
  const figures = {
    encode: { goal: 1_000_000, classic: perSecond(encoding(8)), fd: perSecond(encoding(64)) },
    reassemble: { goal: 500_000, classic: perSecond(reassembling(8)), fd: perSecond(reassembling(64)) },
    drop: { goalBytes: 0, bytesPerFrame: bytesPerDroppedFrame, framesPerSecond: perSecond(dropping()) },
  }
  if (written === 0) throw new Error('nothing was encoded')
  const machine = { cores: cpus().length, model: cpus()[0]?.model, node: process.version, loadavgBefore: began }
  process.stdout.write(`${JSON.stringify({ machine, rounds, ...figures })}\n`)
}

/** A heartbeat of one frame, a status of three, a message of 200 bytes: what a cabinet says. */
function transfers(): Transfer[] {
  return [7, 20, 200].flatMap((bytes, port) =>
    Array.from({ length: 32 }, (_, transferId) => ({
      kind: 'message' as const,
      port: 100 + port,
      source: 1 + (transferId % 32),
      destination: undefined,
      priority: 4,
      transferId,
      payload: Uint8Array.from({ length: bytes }, (_byte, index) => index),
    })),
  )
}

/** Each call returns how many frames it went through. */
function encoding(dataBytesMax: 8 | 64): () => number {
  const all = transfers()
  return () => {
    let count = 0
    for (const transfer of all)
      for (const { id, data } of encodeTransfer(transfer, dataBytesMax)) {
        written += id + (data[0] ?? 0)
        count += 1
      }
    return count
  }
}

function reassembling(dataBytesMax: 8 | 64): () => number {
  const interest = { payloadBytesMax: 256, transferIdTimeoutMs: 0 }
  const { accept } = createReassembler({ interestIn: () => interest })
  const frames = transfers().flatMap((transfer) => encodeTransfer(transfer, dataBytesMax))
  let atMs = 0
  return () => {
    atMs += 1
    let delivered = 0
    for (const frame of frames) if (accept(frame, 0, atMs)) delivered += 1
    if (delivered !== 96) throw new Error(`${delivered} of 96 transfers arrived`)
    return frames.length
  }
}

/** Everything that is dropped in a farm: repeated starts, the other bus, frames without a start, ports of others. */
function dropping(): () => number {
  const interest = { payloadBytesMax: 256, transferIdTimeoutMs: 2000 }
  const { accept } = createReassembler({ interestIn: (_kind, port) => (port === 100 ? interest : undefined) })
  const frames = transfers().flatMap((transfer) => encodeTransfer(transfer, 8))
  for (const frame of frames) accept(frame, 0, 0)
  return () => {
    for (const frame of frames) if (accept(frame, 1, 1)) throw new Error('a frame that should be dropped was not')
    return frames.length
  }
}

function droppedBytes(): number {
  const drop = dropping()
  for (let i = 0; i < 2000; i += 1) drop()
  const measured: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    let count = 0
    // So many that what measuring itself allocates, 3 kB, is next to nothing for each.
    for (let i = 0; i < 2000; i += 1) count += drop()
    measured.push((process.memoryUsage().heapUsed - before) / count)
  }
  return Math.round(median(measured) * 100) / 100
}

function perSecond(run: () => number): number {
  for (const until = performance.now() + roundMs / 2; performance.now() < until; ) run()
  const measured: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now()
    let count = 0
    while (performance.now() - startMs < roundMs) for (let i = 0; i < 10; i += 1) count += run()
    measured.push((count / (performance.now() - startMs)) * 1000)
  }
  return Math.round(median(measured))
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
