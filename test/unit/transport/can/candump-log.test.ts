import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCandumpLine, parseCandumpLine } from '../../../../src/transport/can/candump-log.ts'
import { isSendable } from '../../../../src/transport/can/sendable.ts'
import { anyClassicFrame, anyFdFrame } from './any-frame.ts'

describe('lines of candump -L', () => {
  test('come back as they were', () => {
    const log = readFileSync(new URL('../../../vectors/cyphal-spec-vectors.candump.log', import.meta.url), 'utf8')
    const lines = log.trim().split('\n')
    const again = lines.map((line) => {
      const entry = parseCandumpLine(line)
      return 'problem' in entry ? entry.problem : formatCandumpLine(entry.t, entry.iface, entry.frame)
    })
    expect(again).toEqual(lines)
  })

  test('say of any frame what it is', () => {
    fc.assert(
      fc.property(fc.oneof(anyClassicFrame, anyFdFrame), fc.nat(2_000_000_000), fc.nat(999_999), (frame, s, us) => {
        const t = Number(`${s}.${String(us).padStart(6, '0')}`)
        expect(parseCandumpLine(formatCandumpLine(t, 'can0', frame))).toEqual({ t, iface: 'can0', frame })
      }),
      { seed: 8, numRuns: 200 },
    )
  })

  test('may say whether a frame was received or transmitted', () => {
    expect(parseCandumpLine('(0.000001) vcan0 123#00 R')).toMatchObject({
      t: 0.000001,
      iface: 'vcan0',
      frame: { id: 0x123 },
    })
    expect(parseCandumpLine('(1.5) c 00000123##3 T')).toMatchObject({
      frame: { isExtended: true, isBitRateSwitched: true },
    })
  })

  test.each([
    '',
    '(1.0) can0',
    '(1.0) can0 123#0',
    '(1.0) can0 123#000102030405060708',
    '(1.0) can0 123##0000102030405060708',
    '(1.0) can0 800#00',
    '(1.0) can0 20000040#0000000000000000',
    '(1.0) can0 123#R8',
    '(1.0) can0 123#00 X',
    `(1.0) can0 123#${'00'.repeat(1e6)}`,
  ])('that are none are not taken: %.40s', (line) => {
    expect(parseCandumpLine(line)).toEqual({ problem: expect.any(String) })
  })

  test('that are frames without data, or of the kernel, are told apart from garbage', () => {
    const problems = ['123#R', '123#R8', '20000040#0000000000000000', '123#xx'].map((frame) => {
      const entry = parseCandumpLine(`(1.0) can0 ${frame}`)
      return 'problem' in entry ? entry.problem : ''
    })
    expect(problems).toEqual(['a remote frame', 'a remote frame', 'an error frame', 'not as candump -L writes it'])
  })

  test('may say a length code above eight', () => {
    expect(parseCandumpLine('(1.0) can0 123#0102030405060708_E')).toMatchObject({ frame: { id: 0x123 } })
  })

  test('of any text never throw, and give only frames that can be on a bus', () => {
    const part = fc.constantFrom('(', ')', '1', '.', ' ', 'can0', '#', '##', 'R', 'F', '12345678', '123', '00')
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const entry = parseCandumpLine(parts.join(''))
        if (!('problem' in entry)) expect(isSendable(entry.frame, 64)).toBe(true)
      }),
      { seed: 9, numRuns: 1000 },
    )
  })
})
