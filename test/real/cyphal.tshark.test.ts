// A foreign judge: Wireshark's dissector of Cyphal/CAN (it still says UAVCAN) reads what we write, and agrees. Needs Debian's `tshark`.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatCandumpLine } from '../../src/transport/can/candump-log.ts'
import { encodeTransfer } from '../../src/transport/can/cyphal/encode-transfer.ts'
import { encodeHeartbeat, heartbeatSubject } from '../../src/transport/can/cyphal/heartbeat.ts'
import {
  encodeAccessRequest,
  encodeAccessResponse,
  encodeListRequest,
  registerAccessService,
  registerListService,
} from '../../src/transport/can/cyphal/registers.ts'
import type { Transfer } from '../../src/transport/can/cyphal/transfer.ts'

const hasTshark = spawnSync('tshark', ['--version']).status === 0
const fields = [
  'uavcan_can.serv_not_msg',
  'uavcan_can.req_not_rsp',
  'uavcan_can.subject_id',
  'uavcan_can.service_id',
  'uavcan_can.src_addr',
  'uavcan_can.dst_addr',
  'uavcan_can.priority',
  'uavcan_can.transfer_id',
  'uavcan_can.end_of_transfer',
  'uavcan_can.toggle_bit.error',
  'uavcan_can.transfer_crc.error',
  'data.data',
]
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bladewright-tshark-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** One row a frame, by field. */
function dissect(lines: readonly string[], wanted: readonly string[] = fields): Record<string, string>[] {
  const log = join(folder, 'frames.log')
  writeFileSync(log, `${lines.join('\n')}\n`)
  const args = [
    '-2',
    '-r',
    log,
    '-d',
    'can.subdissector,uavcan_can',
    '-T',
    'fields',
    ...wanted.flatMap((field) => ['-e', field]),
  ]
  const text = execFileSync('tshark', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((row) => Object.fromEntries(row.split('\t').map((value, index) => [wanted[index] ?? '', value])))
}

function linesOf(transfers: readonly Transfer[], dataBytesMax: (index: number) => 8 | 64): string[] {
  let t = 1
  return transfers.flatMap((transfer, index) =>
    encodeTransfer(transfer, dataBytesMax(index)).map((frame) => {
      t += 0.0005
      return formatCandumpLine(t, 'can0', frame)
    }),
  )
}

/** Ports that no type is known of, so that the payload is shown as it is. */
const anyTransfer = fc.record({
  kind: fc.constantFrom<Transfer['kind'][]>('message', 'request', 'response'),
  port: fc.nat(255),
  source: fc.nat(63),
  destination: fc.integer({ min: 64, max: 127 }),
  priority: fc.nat(7),
  transferId: fc.nat(31),
  payload: fc.uint8Array({ maxLength: 180 }),
})

function transfersOf(count: number): Transfer[] {
  return fc
    .sample(anyTransfer, { numRuns: count, seed: 11 })
    .map((one) => (one.kind === 'message' ? { ...one, destination: undefined } : one))
}

test.runIf(process.env.CI === 'true')('tshark is here, where it must be', () => {
  expect(hasTshark).toBe(true)
})

describe.skipIf(!hasTshark)('tshark', () => {
  test('R09: reads 1,200 random transfers, classic and FD, as what they are, without a complaint', () => {
    const transfers = transfersOf(1200)
    const rows = dissect(linesOf(transfers, (index) => (index % 2 === 0 ? 8 : 64)))
    expect(rows.filter((row) => row['uavcan_can.toggle_bit.error'] || row['uavcan_can.transfer_crc.error'])).toEqual([])
    const ends = rows.filter((row) => row['uavcan_can.end_of_transfer'] === '1')
    expect(ends.length).toBe(transfers.length)
    for (const [index, row] of ends.entries()) {
      const { kind, port, source, destination, priority, transferId, payload } =
        transfers[index] ?? expect.unreachable()
      const isService = kind !== 'message'
      expect(row).toMatchObject({
        'uavcan_can.serv_not_msg': isService ? '1' : '0',
        'uavcan_can.req_not_rsp': isService ? (kind === 'request' ? '1' : '0') : '',
        [isService ? 'uavcan_can.service_id' : 'uavcan_can.subject_id']: `${port}`,
        'uavcan_can.src_addr': `${source}`,
        'uavcan_can.dst_addr': `${destination ?? ''}`,
        'uavcan_can.priority': `${priority}`,
        'uavcan_can.transfer_id': `${transferId}`,
      })
      const hex = Buffer.from(payload).toString('hex')
      const shown = row['data.data'] ?? ''
      expect(shown.startsWith(hex) && /^(?:00)*$/.test(shown.slice(hex.length))).toBe(true)
    }
  })

  test('complains of a wrong CRC and of a wrong toggle: it does look', () => {
    const payload = Uint8Array.from({ length: 20 }, (_, index) => index)
    const header = {
      kind: 'message',
      port: 100,
      source: 5,
      destination: undefined,
      priority: 4,
      transferId: 3,
    } as const
    const lines = linesOf([{ ...header, payload }], () => 8)
    const wrongCrc = dissect(lines.map((line) => line.replace('#00010203', '#00010204')))
    expect(wrongCrc.some((row) => row['uavcan_can.transfer_crc.error'])).toBe(true)
    const wrongToggle = dissect(lines.map((line, index) => (index === 1 ? `${line.slice(0, -2)}23` : line)))
    expect(wrongToggle.some((row) => row['uavcan_can.toggle_bit.error'])).toBe(true)
  })

  test('reads our heartbeats and registers as types of the standard', () => {
    const between = { source: 1, priority: 4, transferId: 0 }
    // Of a text tshark 4.0 shows the type and the length, but not the text.
    const value = { type: 'natural16', value: [4, 5] } as const
    const status = { health: 'caution', mode: 'maintenance', vendorStatus: 9 } as const
    const transfers: Transfer[] = [
      {
        ...between,
        kind: 'message',
        port: heartbeatSubject,
        destination: undefined,
        payload: encodeHeartbeat(70_000, status),
      },
      { ...between, kind: 'request', port: registerListService, destination: 2, payload: encodeListRequest(515) },
      {
        ...between,
        kind: 'request',
        port: registerAccessService,
        destination: 2,
        payload: encodeAccessRequest('blade.boot', value),
      },
      {
        ...between,
        kind: 'response',
        port: registerAccessService,
        destination: 2,
        payload: encodeAccessResponse({ value, isMutable: true, isPersistent: false }),
      },
    ]
    const types = ['Heartbeat.uptime', 'Heartbeat.health', 'Heartbeat.mode', 'Heartbeat.vendor_specific_status_code']
    const registers = [
      'register.List.index',
      'register.Name',
      'register.Access.mutable',
      'register.Access.persistent',
      'register.Value.tag',
      'primitive.array.size',
      'primitive.array.Natural16',
    ]
    const wanted = [...types, ...registers].map((name) => `uavcan_dsdl.${name}`)
    const said = dissect(
      linesOf(transfers, () => 64),
      wanted,
    ).map((row) => Object.values(row).filter((text) => text !== ''))
    expect(said).toEqual([
      ['70000', '2', '2', '9'],
      ['515'],
      ['blade.boot', '10', '2', '4,5'],
      ['1', '0', '10', '2', '4,5'],
    ])
  })
})
