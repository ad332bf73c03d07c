// Interfaces of this kernel, and what can-utils see and say on them.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../src/drivers/node/system-clock.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import type { CanBus, CanFrame, CanState } from '../../../src/transport/can/can-bus.ts'
import { createSocketcanBus } from '../../../src/transport/can/socketcan-bus.ts'

export function ip(words: string): void {
  execFileSync('ip', words.split(' '))
}

export function cansend(name: string, ...frames: readonly string[]): void {
  for (const frame of frames) execFileSync('cansend', [name, frame])
}

export function makeVirtual(name: string): void {
  ip(`link add ${name} type vcan`)
  ip(`link set ${name} up`)
}

export interface KernelBus {
  readonly bus: CanBus
  readonly received: CanFrame[]
  readonly sent: CanFrame[]
  readonly states: CanState[]
  /** Sends all, one by one as there is room. */
  pump(frames: readonly CanFrame[]): void
  stop(): Promise<void>
}

export function kernelBus(name: string): KernelBus {
  const bus = createSocketcanBus({ name, bitRate: 1_000_000, clock: systemClock, log: createArrayLog() })
  const queue: CanFrame[] = []
  const fill = () => {
    for (let next = queue[0]; next && bus.send(next) === 'accepted'; next = queue[0]) queue.shift()
  }
  const received: CanFrame[] = []
  const sent: CanFrame[] = []
  const states: CanState[] = []
  bus.start({
    received: (one) => received.push(one),
    sent(one) {
      sent.push(one)
      fill()
    },
    stateChanged: (state) => states.push(state),
  })
  return {
    ...{ bus, received, sent, states },
    pump(frames) {
      queue.push(...frames)
      fill()
    },
    stop: () => new Promise((resolve) => bus.stop(resolve)),
  }
}

export async function until(holds: () => boolean, awaited: string, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`still no ${awaited} after ${withinMs} ms`)
    await sleep(5)
  }
}

export interface Dump {
  lines(): readonly string[]
  stop(): void
}

/** `candump -L`, once it hears: a frame of its own kind is sent until it says so. */
export async function candump(name: string): Promise<Dump> {
  const started: ChildProcess = spawn('candump', ['-L', name], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  started.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const hello = '7FF#48454C4C4F'
  while (!text.includes(hello)) {
    cansend(name, hello)
    await sleep(50)
  }
  return {
    lines: () => text.split('\n').filter((line) => line !== '' && !line.endsWith(hello)),
    stop: () => started.kill(),
  }
}
