// `bladewright can decode` and `can encode`: from a log of frames to transfers, and back.
import { z } from 'zod'
import { ConfigError } from '../errors.ts'
import { formatCandumpLine } from '../transport/can/candump-log.ts'
import { encodeTransfer, problemOfTransfer } from '../transport/can/cyphal/encode-transfer.ts'
import type { Transfer } from '../transport/can/cyphal/transfer.ts'
import { createCanDecoder } from './can-decoder.ts'
import type { CommandInput } from './command.ts'
import { type DecodedTransfer, transferToEncode } from './decoded-transfer.ts'
import { linesOf } from './lines-of.ts'
import { plainText } from './plain-text.ts'

const logLineCharsMax = 1024
/** 64 KiB of payload, in hexadecimal digits, and what stands around them. */
const transferLineCharsMax = 132 * 1024
/** Between the frames of one transfer, in seconds: a long frame at 1 Mb/s takes 0.16 ms. */
const frameSeconds = 0.0002

/** Exit code 1 when a line was none. */
export async function decodeLines(input: CommandInput): Promise<number> {
  const decoder = createCanDecoder()
  const say = (all: readonly DecodedTransfer[]) =>
    all.map((one) => (input.isOn('json') ? JSON.stringify(one) : inWords(one)))
  const code = await eachLine(input, logLineCharsMax, (text) => {
    const decoded = decoder.line(text)
    return 'problem' in decoded ? decoded : say(decoded)
  })
  await write(say(decoder.end()))
  return code
}

/** As `decodeLines`. */
export function encodeLines(input: CommandInput): Promise<number> {
  const dataBytesMax = input.isOn('fd') ? 64 : 8
  return eachLine(input, transferLineCharsMax, (text) => encodeLine(text, dataBytesMax))
}

/** The lines of a transfer's frames. */
export function encodeLine(text: string, dataBytesMax: 8 | 64): readonly string[] | { readonly problem: string } {
  const json = jsonOf(text)
  if (json === undefined) return { problem: 'no JSON, or longer than a transfer may be' }
  const read = transferToEncode.safeParse(json)
  if (!read.success) return { problem: z.prettifyError(read.error).replaceAll(/\s+/g, ' ') }
  const { t, iface, kind, subject, service, source, destination, priority, transferId, payload } = read.data
  const port = kind === 'message' ? subject : service
  if (port === undefined) return { problem: kind === 'message' ? 'subject is missing' : 'service is missing' }
  const header = {
    kind,
    port,
    source: source ?? undefined,
    destination: destination ?? undefined,
    priority,
    transferId,
  }
  const transfer: Transfer = { ...header, payload: Uint8Array.from(Buffer.from(payload, 'hex')) }
  const problem = problemOfTransfer(transfer, dataBytesMax)
  if (problem !== undefined) return { problem }
  return encodeTransfer(transfer, dataBytesMax).map((frame, index) =>
    formatCandumpLine(t + index * frameSeconds, iface, frame),
  )
}

type Answer = readonly string[] | { readonly problem: string }

async function eachLine(input: CommandInput, charsMax: number, answer: (text: string) => Answer): Promise<number> {
  const file = input.words[0] ?? '-'
  let number = 0
  let code = 0
  try {
    for await (const text of linesOf(file, charsMax)) {
      number += 1
      if (text.trim() === '') continue
      const said = answer(text)
      if ('problem' in said) {
        process.stderr.write(`line ${number}: ${plainText(said.problem)}\n`)
        code = 1
      } else await write(said)
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    throw new ConfigError('COMMAND_INVALID', `cannot be read: ${error.message}`, file)
  }
  return code
}

/** Waits while whoever reads is slower than we are. */
async function write(lines: readonly string[]): Promise<void> {
  if (lines.length === 0 || process.stdout.write(`${lines.map(plainText).join('\n')}\n`)) return
  await new Promise<void>((resolve) => {
    process.stdout.once('drain', resolve)
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function inWords(transfer: DecodedTransfer): string {
  const { t, iface, kind, source, destination, priority, transferId, bytes, payload, crc, error } = transfer
  const what = kind === null ? 'frame' : `${kind} ${transfer.subject ?? transfer.service}`
  const route = kind === null ? '' : ` ${source ?? 'anonymous'}${destination === null ? '' : ` → ${destination}`}`
  const numbers = kind === null ? '' : ` priority ${priority} id ${transferId}`
  const checked = crc === null ? '' : ` crc ${crc}`
  const size = `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  return `${t.toFixed(6)} ${iface} ${what}${route}${numbers} ${size}${checked} ${payload}${error === null ? '' : ` ! ${error}`}`
}
