import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCanDecoder } from '../../../src/cli/can-decoder.ts'
import { encodeLine } from '../../../src/cli/can-lines.ts'
import type { DecodedTransfer } from '../../../src/cli/decoded-transfer.ts'

const cli = fileURLToPath(new URL('../../../src/cli/bladewright.ts', import.meta.url))
const vectors = fileURLToPath(new URL('../../vectors/cyphal-spec-vectors.candump.log', import.meta.url))

function decode(lines: readonly string[]): DecodedTransfer[] {
  const decoder = createCanDecoder()
  const all = lines.flatMap((line) => {
    const decoded = decoder.line(line)
    if ('problem' in decoded) throw new Error(`${decoded.problem}: ${line}`)
    return decoded
  })
  return [...all, ...decoder.end()]
}

function encode(text: string, dataBytesMax: 8 | 64 = 8): readonly string[] {
  const lines = encodeLine(text, dataBytesMax)
  if ('problem' in lines) throw new Error(lines.problem)
  return lines
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(args: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, 'can', ...args], { timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
    child.stdin?.end(input)
  })
}

const response = { t: 1, iface: 'can1', kind: 'response', service: 430, source: 42, destination: 123, priority: 2 }

describe('can decode', () => {
  test('says of the examples of the specification what they are', () => {
    const decoded = decode(readFileSync(vectors, 'utf8').trim().split('\n'))
    expect(decoded.map(({ kind, subject, service, bytes, crc }) => [kind, subject ?? service, bytes, crc])).toEqual([
      ['message', 7509, 7, null],
      ['message', 7509, 7, null],
      ['message', 4919, 15, null],
      ['request', 430, 0, null],
      ['response', 430, 69, 'ok'],
      ['message', 4919, 108, 'ok'],
    ])
    expect(decoded[0]).toEqual({
      t: 1_600_000_000,
      iface: 'can0',
      kind: 'message',
      subject: 7509,
      source: 42,
      destination: null,
      priority: 4,
      transferId: 0,
      bytes: 7,
      payload: '000000000001a1',
      crc: null,
      error: null,
    })
  })

  test('says what is wrong with the rest, with what there is of it', () => {
    const start = '(1.000000) can0 126BBDAA#01020304050607A1'
    const end = '(1.001000) can0 126BBDAA#080961'
    const faults = [
      ['(1.0) can0 123#E0'],
      ['(1.0) can0 107D552A#000000000001A1C0'],
      [end],
      [start],
      [start, '(1.1) can0 126BBDAA#0809000000000081', '(1.2) can0 126BBDAA#0849'],
      [start, '(1.0001) can0 126BBDAA#08090A0B0C0D0E01', '(1.2) can0 126BBDAA#000061'],
    ].map(decode)
    expect(faults.map((all) => all.map(({ kind, crc, payload, error }) => [kind, crc, payload, error]))).toEqual([
      [[null, null, 'e0', 'not a Cyphal/CAN v1.0 frame']],
      [[null, null, '000000000001a1c0', 'not a Cyphal/CAN v1.0 frame']],
      [['response', null, '0809', 'continues a transfer whose start is missing (end)']],
      [['response', null, '01020304050607', 'its end is missing']],
      [
        [null, null, '0809000000000081', 'not a Cyphal/CAN v1.0 frame'],
        ['response', null, '08', 'continues a transfer whose start is missing (end)'],
        ['response', null, '01020304050607', 'its end is missing'],
      ],
      [['response', 'bad', '0102030405060708090a0b0c0d0e', 'wrong transfer CRC']],
    ])
  })

  test('takes each bus for itself: a redundant transfer is said twice', () => {
    expect(decode(['(1.0) can0 107D552A#E0', '(1.0) can1 107D552A#E0', '(1.1) can0 107D552A#E0'])).toMatchObject([
      { iface: 'can0', error: null },
      { iface: 'can1', error: null },
      { iface: 'can0', error: expect.stringContaining('came already') },
    ])
  })

  test('takes no more buses than a machine has', () => {
    const decoder = createCanDecoder()
    const answers = Array.from({ length: 100 }, (_, index) => decoder.line(`(1.0) can${index} 107D552A#E0`))
    expect(answers.filter((answer) => 'problem' in answer)).toHaveLength(36)
  })
})

describe('can encode', () => {
  const payloads = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('hex'))
  const transfers = fc.oneof(
    fc.record({ kind: fc.constant('message'), subject: fc.nat(8191), source: fc.nat(127), payload: payloads }),
    fc.record({
      kind: fc.constantFrom('request', 'response'),
      service: fc.nat(511),
      source: fc.nat(63),
      destination: fc.integer({ min: 64, max: 127 }),
      priority: fc.nat(7),
      transferId: fc.nat(31),
      payload: payloads,
    }),
  )

  test.each([8, 64] as const)('is the reverse of can decode, with frames of %i bytes', (dataBytesMax) => {
    fc.assert(
      fc.property(transfers, (transfer) => {
        const [decoded, ...others] = decode(encode(JSON.stringify(transfer), dataBytesMax))
        const { payload, ...rest } = transfer
        expect(others).toEqual([])
        expect(decoded).toMatchObject({ ...rest, error: null })
        if (dataBytesMax === 8) expect(decoded?.payload).toBe(payload)
        else expect(decoded?.payload.startsWith(payload)).toBe(true)
        expect(encode(JSON.stringify(decoded), dataBytesMax)).toEqual(encode(JSON.stringify(transfer), dataBytesMax))
      }),
      { seed: 10, numRuns: 200 },
    )
  })

  test.each([
    ['no JSON', 'x'],
    ['no object', '7'],
    ['no subject', { kind: 'message' }],
    ['a subject beyond 8191', { kind: 'message', subject: 8192, source: 1 }],
    ['a service without a destination', { kind: 'request', service: 1, source: 1 }],
    ['half a byte', { kind: 'message', subject: 1, source: 1, payload: '123' }],
    ['an anonymous message of two frames', { kind: 'message', subject: 1, payload: '0011223344556677' }],
    ['a name that would break the log', { kind: 'message', subject: 1, source: 1, iface: 'can0 123#00\n' }],
    ['what did not arrive whole', { ...response, payload: '', error: 'its end is missing' }],
  ])('refuses %s', (_, what) => {
    const text = typeof what === 'string' ? what : JSON.stringify(what)
    expect(encodeLine(text, 8)).toEqual({ problem: expect.any(String) })
  })
})

describe.concurrent('in a shell', () => {
  test('what can decode says, can encode writes again', async () => {
    const log = readFileSync(vectors, 'utf8').split('\n')
    const classic = log.filter((line) => line !== '' && !line.includes('##'))
    const { stdout, code } = await run(['decode', '-', '--json'], classic.join('\n'))
    const again = await run(['encode', '-'], stdout)
    expect([code, again.code, again.stderr]).toEqual([0, 0, ''])
    const withoutTime = (lines: readonly string[]) => lines.map((line) => line.replace(/^\(.*?\) /, ''))
    expect(withoutTime(again.stdout.trim().split('\n'))).toEqual(withoutTime(classic))
  })

  test('lines that are none are named, the others are read; a person gets words, without control characters', async () => {
    const { stdout, stderr, code } = await run(
      ['decode', '-'],
      `nonsense\u001b[2J\n\n(1.5) can\u001b 107D552A#07E3\r\n${'0'.repeat(1e6)}`,
    )
    expect(code).toBe(1)
    expect(stdout).toBe('1.500000 can\ufffd message 7509 42 priority 4 id 3 1 byte 07\n')
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).toEqual(['line 1', 'line 4'])
  })

  test('a file that is not there is wrong input', async () => {
    expect(await run(['decode', '/nonexistent'])).toMatchObject({ code: 2, stderr: expect.stringContaining('ENOENT') })
  })
})
