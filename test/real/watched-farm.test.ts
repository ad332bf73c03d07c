// Foreign tools beside a farm at work: python-can's logger and Wireshark's dissector on what its processes say. Needs Debian's `python3-can`,
// `python3-msgpack` and `tshark`.
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from './farm-process.ts'

interface Said {
  readonly names: readonly string[]
  readonly information: { readonly name: string; readonly id: string }
  readonly group: { readonly value: string; readonly isMutable: boolean; readonly isPersistent: boolean }
  readonly written: { readonly value: string }
  readonly absent: { readonly value: string }
  readonly command: { readonly status: string }
  readonly pointers: string
  readonly channels: readonly { readonly name: string; readonly state: string; readonly sent: readonly number[] }[]
  readonly code: number
}

const canRun =
  spawnSync('tshark', ['--version']).status === 0 &&
  spawnSync('/usr/bin/python3', ['-c', 'import can, msgpack']).status === 0 &&
  spawnSync('unshare', ['--map-root-user', '--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0

test.runIf(process.env.CI === 'true')('what these tests need is here', () => {
  expect(canRun, 'tshark, python3-can, python3-msgpack, iproute2 and network namespaces').toBe(true)
})

describe.skipIf(!canRun)('R09, R44: beside a farm at work', () => {
  let folder = ''
  let log = ''
  let said: Said

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bladewright-watched-'))
    const raw = join(folder, 'python.log')
    log = join(folder, 'frames.log')
    const script = new URL('watched-farm.ts', import.meta.url).pathname
    const args = ['--map-root-user', '--net', process.execPath, script, raw]
    const { stdout } = await promisify(execFile)('unshare', args, { timeout: 110_000, maxBuffer: 2 ** 24 })
    said = JSON.parse(stdout) as Said
    // It says after each frame which way it went.
    writeFileSync(
      log,
      readFileSync(raw, 'utf8')
        .replace(/ [RT]$/gm, '')
        .replace(/^(\(\S+\)) \S+/gm, '$1 can0'),
    )
  }, 120_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('the farm was at work, and ended in order', () => {
    expect(said.code).toBe(0)
    const can = said.channels.filter(({ name }) => name.startsWith('can'))
    expect(can.map(({ state }) => state)).toEqual(['healthy', 'healthy'])
    // Acknowledgements, commands, statuses.
    for (const { sent } of can) for (const priority of [2, 3, 4]) expect(sent[priority]).toBeGreaterThan(0)
  })

  test('the logger of python-can heard thousands of frames, and tshark has no complaint about any', () => {
    const fields = [
      'uavcan_can.toggle_bit.error',
      'uavcan_can.transfer_crc.error',
      'uavcan_can.subject_id',
      'uavcan_can.src_addr',
    ]
    const args = [
      '-2',
      '-r',
      log,
      '-d',
      'can.subdissector,uavcan_can',
      '-T',
      'fields',
      ...fields.flatMap((one) => ['-e', one]),
    ]
    const text = execFileSync('tshark', args, {
      encoding: 'utf8',
      maxBuffer: 2 ** 27,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const rows = text
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'))
    expect(rows.length).toBeGreaterThan(1_000)
    expect(rows.filter(([toggle, crc]) => toggle || crc)).toEqual([])
    const sources = new Set(rows.map(([, , , source]) => source))
    for (const node of ['33', '34', '41', '100', '101', '102']) expect(sources).toContain(node)
    expect(new Set(rows.map(([, , subject]) => subject))).toContain('7509')
  })

  test('can decode finds every transfer whole, but for those at the very ends of the log', async () => {
    const { stdout, code } = await run('can', 'decode', log, '--json')
    expect(code).toBe(0)
    const transfers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { crc: string | null; error: string | null })
    expect(transfers.filter(({ crc }) => crc === 'bad')).toEqual([])
    expect(transfers.length).toBeGreaterThan(1_000)
    expect(transfers.filter(({ error }) => error !== null).length).toBeLessThan(8)
  })

  test('R04: a Cyphal tool reads who an agent is and what its boards are to boot, and can change neither', () => {
    expect(said.information.name).toBe('bladewright.here.a01')
    expect(said.information.id).toMatch(/^(?!0{32})[0-9a-f]{32}$/)
    expect(said.names.length).toBe(27)
    expect(said.names).toContain('c01-s03.boot.digest')
    expect(said.group).toEqual({ value: said.pointers, isMutable: false, isPersistent: true })
    expect(said.written.value).toBe(said.pointers)
    expect(said.absent.value).toBe('empty')
    expect(said.command.status).toBe('notAuthorized')
  })
})
