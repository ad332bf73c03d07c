// What the contract suites of boards and switches need from an implementation: one blade, ways to harm it, and a way to let time pass.
// The same sentences are then proven of simulated hardware on a virtual clock and of real child processes in real time.
import type { HostBoard } from '../../src/ports/host-board.ts'
import type { NetworkSwitch } from '../../src/ports/network-switch.ts'
import type { Answer, Result } from '../../src/ports/result.ts'
import type { StorageSwitch } from '../../src/ports/storage-switch.ts'
import type { BootPointers } from '../../src/protocol/board.ts'
import type { BladeId } from '../../src/protocol/ids.ts'

export interface HardwareBench {
  readonly blade: BladeId
  /** Of the agent that lives now; another object after `loseAgent`. */
  board(): HostBoard
  networkSwitch(): NetworkSwitch
  storageSwitch(): StorageSwitch
  /** An image of shop/web that becomes healthy. */
  readonly shopPointers: BootPointers
  /** One that boots and fails its health check for ever. */
  readonly brokenPointers: BootPointers
  /** The blade dies by itself. */
  kill(): Promise<void>
  /** The agent dies; another one opens the same hardware. */
  loseAgent(): void
  /** Until the answer. */
  ask<T>(call: (answer: Answer<T>) => void): Promise<Result<T>>
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

export type MakeBench = () => Promise<HardwareBench>

export async function okOf<T>(result: Promise<Result<T>>): Promise<T> {
  const got = await result
  if (!got.ok) throw new Error(`${got.code}: ${got.detail}`)
  return got.value
}

export async function codeOf<T>(result: Promise<Result<T>>): Promise<string> {
  const got = await result
  return got.ok ? 'ok' : got.code
}

/** Powers the blade on and waits until it says who it is. */
export async function bootShop(bench: HardwareBench, bootId: string) {
  await okOf(bench.ask<void>((answer) => bench.board().setPointers(bench.shopPointers, answer)))
  await okOf(bench.ask<void>((answer) => bench.board().powerOn(bootId, answer)))
  return identityOf(bench)
}

export async function identityOf(bench: HardwareBench) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const result = await bench.ask((answer) => bench.board().readIdentity(answer))
    if (result.ok) return result.value
    await bench.pass(30)
  }
  throw new Error('the blade never said who it is')
}

export function reading(bench: HardwareBench) {
  return okOf(bench.ask((answer: Parameters<HostBoard['read']>[0]) => bench.board().read(answer)))
}

export async function scrubbed(bench: HardwareBench) {
  await okOf(bench.ask<void>((answer) => bench.board().powerOff(answer)))
  return okOf(bench.ask((answer: Parameters<HostBoard['scrub']>[0]) => bench.board().scrub(answer)))
}
