// A foreign peer on the bus of datagrams: python-can, which many tools are made of. Needs Debian's `python3-can` and `python3-msgpack`.
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CanCounters } from '../../src/transport/can/can-bus.ts'
import { formatCandumpLine } from '../../src/transport/can/candump-log.ts'
import { framesToPython } from './python-can-frames.ts'

interface Said {
  readonly sent: number
  readonly received: readonly string[]
  readonly counters: CanCounters
  readonly log: readonly unknown[]
}

const canRun =
  spawnSync('/usr/bin/python3', ['-c', 'import can, msgpack']).status === 0 &&
  spawnSync('unshare', ['--map-root-user', '--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0
const isNeeded = process.env.CI === 'true'

test.runIf(isNeeded)('what these tests need is here', () => {
  expect(canRun, 'python3-can, python3-msgpack, iproute2 and network namespaces').toBe(true)
})

describe.skipIf(!canRun)('R09: python-can on our bus of datagrams', () => {
  let folder = ''
  let said: Said
  let logged: string[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bladewright-python-can-'))
    const file = join(folder, 'out.log')
    const peers = new URL('python-can-peers.ts', import.meta.url).pathname
    const args = ['--map-root-user', '--net', process.execPath, peers, file]
    const { stdout } = await promisify(execFile)('unshare', args, { timeout: 50_000, maxBuffer: 2 ** 24 })
    said = JSON.parse(stdout) as Said
    logged = readFileSync(file, 'utf8').trim().split('\n')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('its logger sees every frame of a burst of 3,000, in order', () => {
    expect([said.sent, said.log]).toEqual([3000, []])
    const ours = logged.filter((line) => line.includes(' ours ')).map(bare)
    expect(ours).toEqual(framesToPython().map((frame) => bare(formatCandumpLine(0, 'ours', frame))))
  })

  test('we see every frame that it sends, and none of our own', () => {
    const theirs = Array.from({ length: 500 }, (_, index) => {
      const isFd = index % 2 === 1
      const data = Uint8Array.from([index & 255, index >> 8, ...new Array<number>(isFd ? 62 : 6).fill(index & 255)])
      return formatCandumpLine(0, 'can0', {
        ...{ id: 0x10000000 + index, isExtended: true, isFd, isBitRateSwitched: isFd },
        data,
      })
    })
    expect(said.received).toEqual(theirs)
    expect(said.counters).toMatchObject({ sent: 3000, received: 500, errors: 0, busOffs: 0 })
  })
})

/** Without time, interface and direction. */
function bare(line: string): string {
  return line.split(' ')[2] ?? ''
}
