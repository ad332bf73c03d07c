// A frame as the bits on the wire, one by one, written from ISO 11898-1 and nothing else: slow, and meant to be read beside it.
import type { CanFrame } from '../../../../src/transport/can/can-bus.ts'

export interface ReferenceFrame {
  /** All bits from start of frame to end of frame, `0` dominant. */
  readonly wire: string
  /** Those of them that are sent at the data rate. */
  readonly fast: string
  readonly crc: number
}

const binary = (value: number, digits: number) => value.toString(2).padStart(digits, '0')
const bytes = (data: Uint8Array) => Array.from(data, (byte) => binary(byte, 8)).join('')

/** Long division of the bits by the polynomial, with the register of ISO 11898-1 10.4.2.6. */
export function divide(bits: string, polynomial: number, digits: number, start: number): number {
  let register = binary(start, digits)
  const divisor = binary(polynomial, digits)
  for (const bit of bits) {
    const isNext = bit !== register[0]
    register = `${register.slice(1)}0`
    if (isNext) register = Array.from(register, (one, i) => (one === divisor[i] ? '0' : '1')).join('')
  }
  return Number.parseInt(register, 2)
}

/** Each bit with the stuff bit that follows it, if one does. */
function stuff(bits: string): string[] {
  const sent: string[] = []
  let run = ''
  for (const bit of bits) {
    run = run.endsWith(bit) ? run + bit : bit
    let out = bit
    if (run.length === 5) {
      run = bit === '0' ? '1' : '0'
      out += run
    }
    sent.push(out)
  }
  return sent
}

export function referenceFrame(frame: CanFrame, isErrorPassive = false): ReferenceFrame {
  return frame.isFd ? fd(frame, isErrorPassive) : classic(frame)
}

function classic({ id, isExtended, data }: CanFrame): ReferenceFrame {
  const arbitration = isExtended
    ? `${binary(id, 29).slice(0, 11)}11${binary(id, 29).slice(11)}0` // SRR, IDE; RTR
    : `${binary(id, 11)}00` // RTR, IDE
  const control = `${isExtended ? '00' : '0'}${binary(data.length, 4)}` // FDF (and r0), length
  const bits = `0${arbitration}${control}${bytes(data)}`
  const crc = divide(bits, 0b100_0101_1001_1001, 15, 0)
  const wire = `${stuff(bits + binary(crc, 15)).join('')}1${'01'}${'1111111'}`
  return { wire, fast: '', crc }
}

const lengths = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]
/** Table of ISO 11898-1: stuff bits modulo 8, Gray coded, even parity. */
const stuffCounts = ['0000', '0011', '0110', '0101', '1100', '1111', '1010', '1001']

function fd({ id, isExtended, isBitRateSwitched, data }: CanFrame, isErrorPassive: boolean): ReferenceFrame {
  const arbitration = isExtended
    ? `${binary(id, 29).slice(0, 11)}11${binary(id, 29).slice(11)}0` // SRR, IDE; RRS
    : `${binary(id, 11)}00` // RRS, IDE
  const nominal = `0${arbitration}10${isBitRateSwitched ? '1' : '0'}` // FDF, res, BRS
  const control = `${isErrorPassive ? '1' : '0'}${binary(lengths.indexOf(data.length), 4)}` // ESI, length
  const sent = stuff(nominal + control + bytes(data))
  // No stuff bit behind the last: the fixed one comes there.
  sent.push((sent.pop() ?? '').slice(0, 1))
  const stuffBits = sent.join('').length - sent.length
  const field = stuffCounts[stuffBits % 8] ?? ''
  const isShort = data.length <= 16
  const covered = sent.join('') + field
  const crc = isShort
    ? divide(covered, 0b1_0110_1000_0101_1011, 17, 0b1_0000_0000_0000_0000)
    : divide(covered, 0b1_0000_0010_1000_1001_1001, 21, 0b1_0000_0000_0000_0000_0000)
  let check = ''
  for (const [i, bit] of Array.from(field + binary(crc, isShort ? 17 : 21)).entries()) {
    if (i % 4 === 0) check += (i === 0 ? covered.slice(0, -4) : check).endsWith('1') ? '0' : '1'
    check += bit
  }
  const slowPart = sent.slice(0, nominal.length).join('')
  const fastPart = `${sent.slice(nominal.length).join('')}${check}1`
  return {
    wire: `${slowPart}${fastPart}01${'1111111'}`,
    fast: isBitRateSwitched ? fastPart : '',
    crc,
  }
}
