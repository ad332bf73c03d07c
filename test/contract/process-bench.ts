import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { type BladePlace, chooseBladeUser, createBladePlace } from '../../src/drivers/process/blade-place.ts'
import { processesAt } from '../../src/drivers/process/blade-process.ts'
import { digestImage } from '../../src/drivers/process/image-store.ts'
import { isAlive } from '../../src/drivers/process/proc.ts'
import { createProcessBoard, type ProcessBoard } from '../../src/drivers/process/process-board.ts'
import { createProcessNetworkSwitch } from '../../src/drivers/process/process-network-switch.ts'
import { createProcessStorageSwitch } from '../../src/drivers/process/process-storage-switch.ts'
import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Answer, Result } from '../../src/ports/result.ts'
import type { BootPointers } from '../../src/protocol/board.ts'
import type { BladeId } from '../../src/protocol/ids.ts'
import type { HardwareBench } from './hardware-bench.ts'

export interface ProcessBench extends HardwareBench {
  /** Directory of the whole farm; the blade's is `place.directory`. */
  readonly farm: string
  readonly place: BladePlace
  board(): ProcessBoard
}

export interface ProcessBenchOptions {
  readonly blade?: BladeId
  readonly images?: string
  /** Shared by several blades; default a new one, removed at the end. */
  readonly farm?: string
  readonly shopImage?: string
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog }

const exampleImages = join(import.meta.dirname, '../../examples/images')

export function makeFarmDirectory(): string {
  const farm = mkdtempSync(join(tmpdir(), 'bladewright-test-'))
  chmodSync(farm, 0o711)
  const files = ['shop/web/content/a.txt', 'shop/web/media/b.txt', 'news/web/content/c.txt']
  for (const file of files) {
    mkdirSync(dirname(join(farm, 'volumes', file)), { recursive: true })
    writeFileSync(join(farm, 'volumes', file), `the words of ${file}\n`)
  }
  chmodSync(join(farm, 'volumes'), 0o700)
  return farm
}

export function pointersTo(images: string, image: string): BootPointers {
  const digest = digestImage(join(images, image))
  if (!digest.ok) throw new Error(digest.detail)
  return { group: 'shop/web', role: 'front', image, imageDigest: digest.value, healthPath: '/healthz' }
}

/** As the runtime composes them: a board for the blade, switches for the agent. */
export async function makeProcessBench(options: ProcessBenchOptions = {}): Promise<ProcessBench> {
  const { blade = 'c01-s01', images = exampleImages, shopImage = 'shop-web' } = options
  const farm = options.farm ?? makeFarmDirectory()
  const { uid } = chooseBladeUser(blade, farm, process.execPath)
  const directory = join(farm, blade)
  const place = createBladePlace(blade, directory, uid)
  const random = createSeededRandom(blade)
  const common = { images, clock: systemClock, random, log: silentLog, nodeBinary: process.execPath, uid }
  const open = () => createProcessBoard({ ...common, blade, boardType: 'small', directory })
  let board = open()
  const find = (of: BladeId) => (of === blade ? place : undefined)
  const makeStorage = () =>
    createProcessStorageSwitch({ volumes: join(farm, 'volumes'), clock: systemClock, place: find })
  const makeNetwork = () =>
    createProcessNetworkSwitch({
      clock: systemClock,
      place: find,
      port: () => board.port(),
      networks: () => ['front', 'private'],
    })
  let storage = makeStorage()
  let network = makeNetwork()

  function ask<T>(call: (answer: Answer<T>) => void): Promise<Result<T>> {
    return new Promise((resolve) => call(resolve))
  }

  const pass = (ms: number) => new Promise<void>((resolve) => systemClock.setTimer(ms, resolve))
  return {
    farm,
    place,
    blade,
    board: () => board,
    networkSwitch: () => network,
    storageSwitch: () => storage,
    shopPointers: pointersTo(images, shopImage),
    brokenPointers: pointersTo(exampleImages, 'broken'),
    async kill() {
      const [running] = processesAt(place)
      if (!running) throw new Error('the blade is off')
      process.kill(running.pid, 'SIGKILL')
      // A signal is sent, not obeyed: on a busy machine the process lives on for a while.
      for (let looks = 0; isAlive(running) && looks < 400; looks += 1)
        await new Promise((resolve) => systemClock.setTimer(5, () => resolve(undefined)))
    },
    loseAgent() {
      board.close()
      board = open()
      storage = makeStorage()
      network = makeNetwork()
    },
    ask,
    pass,
    async close() {
      board.close()
      board = open()
      await ask<void>((answer) => board.powerOff(answer))
      board.close()
      if (options.farm === undefined) rmSync(farm, { recursive: true, force: true })
    },
  }
}
