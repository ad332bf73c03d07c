// The bytes of the standard's types: against the specification's example, and against any bytes.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCandumpLine } from '../../../../../src/transport/can/candump-log.ts'
import {
  commandStatuses,
  decodeCommandRequest,
  decodeCommandResponse,
  encodeCommandRequest,
  encodeCommandResponse,
} from '../../../../../src/transport/can/cyphal/execute-command.ts'
import { decodeHeartbeat, encodeHeartbeat } from '../../../../../src/transport/can/cyphal/heartbeat.ts'
import {
  decodeNodeInformation,
  encodeNodeInformation,
  getInfoService,
} from '../../../../../src/transport/can/cyphal/node-information.ts'
import { createReassembler } from '../../../../../src/transport/can/cyphal/reassembler.ts'
import {
  decodeAccessRequest,
  decodeAccessResponse,
  decodeListRequest,
  decodeRegisterName,
} from '../../../../../src/transport/can/cyphal/registers.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

function examplesOf(kind: string, port: number): Uint8Array[] {
  const log = readFileSync(new URL('../../../../vectors/cyphal-spec-vectors.candump.log', import.meta.url), 'utf8')
  const { accept } = createReassembler({ interestIn: () => ({ payloadBytesMax: 500, transferIdTimeoutMs: 2000 }) })
  return log
    .trim()
    .split('\n')
    .flatMap((line) => {
      const entry = parseCandumpLine(line)
      const transfer = 'problem' in entry ? undefined : accept(entry.frame, 0, entry.t)
      return transfer?.kind === kind && transfer.port === port ? [transfer.payload] : []
    })
}

test("the specification's heartbeats are read and written", () => {
  const [first, second] = examplesOf('message', 7509)
  const status = { health: 'nominal', mode: 'initialization', vendorStatus: 0xa1 } as const
  expect(first && decodeHeartbeat(first)).toEqual({ uptimeSeconds: 0, ...status })
  expect(second && hex(second)).toBe(hex(encodeHeartbeat(1, status)))
})

test('an uptime stays at its end rather than going back', () => {
  const status = { health: 'warning', mode: 'softwareUpdate', vendorStatus: 255 } as const
  expect(hex(encodeHeartbeat(2 ** 32 + 5, status))).toBe('ffffffff0303ff')
})

test("the specification's GetInfo response is read and written", () => {
  const [example] = examplesOf('response', getInfoService)
  const information = example && decodeNodeInformation(example)
  expect(information).toEqual({
    hardware: [0, 0],
    software: [1, 0],
    revision: 0n,
    uniqueId: new Uint8Array(16),
    name: 'org.uavcan.pyuavcan.demo.basic_usage',
  })
  expect(information && example && hex(encodeNodeInformation(information)) === hex(example)).toBe(true)
})

test('commands and their answers, also those of older versions without parameter or output', () => {
  expect(hex(encodeCommandRequest({ command: 65535, parameter: 'ab' }))).toBe('ffff026162')
  expect(decodeCommandRequest(bytes('feff'))).toEqual({ command: 65534, parameter: '' })
  expect(commandStatuses.map((status) => hex(encodeCommandResponse({ status, output: '' })))).toEqual([
    '0000',
    '0100',
    '0200',
    '0300',
    '0400',
    '0500',
    '0600',
  ])
  expect(decodeCommandResponse(bytes('02'))).toEqual({ status: 'notAuthorized', output: '' })
  expect(decodeCommandResponse(bytes('07'))).toBeUndefined()
  expect(encodeCommandRequest({ command: 1, parameter: 'x'.repeat(1000) }).length).toBe(3 + 255)
})

test('R65: of any bytes each type makes something or nothing, and never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (input) => {
      expect(decodeHeartbeat(input).uptimeSeconds).toBeGreaterThanOrEqual(0)
      expect(decodeCommandRequest(input).parameter.length).toBeLessThanOrEqual(255)
      expect(decodeCommandResponse(input)?.output.length ?? 0).toBeLessThanOrEqual(255)
      expect(decodeNodeInformation(input)?.name.length ?? 0).toBeLessThanOrEqual(50)
      expect(decodeListRequest(input)).toBeLessThanOrEqual(0xffff)
      expect(decodeRegisterName(input).length).toBeLessThanOrEqual(255)
      expect(decodeAccessRequest(input)?.name.length ?? 0).toBeLessThanOrEqual(255)
      expect([undefined, true, false]).toContain(decodeAccessResponse(input)?.isMutable)
    }),
    { seed: 12, numRuns: 500 },
  )
})
