// `bladewright can dump` and `can send`: a live bus, heard and spoken to.
import { existsSync } from 'node:fs'
import { systemClock } from '../drivers/node/system-clock.ts'
import { ConfigError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import { openRunDirectory, runDirectoryName } from '../processes/run-directory.ts'
import type { CanBus, CanFrame } from '../transport/can/can-bus.ts'
import { formatCandumpLine, parseCandumpLine } from '../transport/can/candump-log.ts'
import { encodeTransfer, problemOfTransfer } from '../transport/can/cyphal/encode-transfer.ts'
import { encodeHeartbeat, healths, heartbeatSubject, modes } from '../transport/can/cyphal/heartbeat.ts'
import type { Transfer } from '../transport/can/cyphal/transfer.ts'
import { canBusOf } from './can-bus-of.ts'
import { createCanDecoder } from './can-decoder.ts'
import type { CommandInput } from './command.ts'
import { plainText } from './plain-text.ts'

/** Of lines that whoever reads has not taken; what comes above it is left out, and counted. */
const unreadBytesMax = 16 * 2 ** 20
const heartbeatPeriodMs = 1000
const sendTimeoutMs = 2000

/** Until it is interrupted, or for as long or as many as was asked. Exit code 1 when the bus was lost. */
export function dumpBus(input: CommandInput): Promise<number> {
  const lastsMs = numberOf(input, 'for', 0.001, 1e6) * 1000
  const framesMax = numberOf(input, 'frames', 1, Number.MAX_SAFE_INTEGER)
  const isJson = input.isOn('json')
  return onBus(input, 0, !/^slcan/.test(input.words[0] ?? '') || input.isOn('fd'), (bus, end) => {
    const decoder = createCanDecoder()
    let frames = 0
    let leftOut = 0
    const say = (lines: readonly string[]) => {
      if (process.stdout.writableLength > unreadBytesMax) leftOut += lines.length
      else for (const line of lines) process.stdout.write(`${plainText(line)}\n`)
    }
    const finish = () => {
      if (isJson) say(decoder.end().map((one) => JSON.stringify(one)))
      if (leftOut > 0) process.stderr.write(`left out, because nobody read them: ${leftOut} lines\n`)
      end(0)
    }
    process.once('SIGINT', finish)
    process.once('SIGTERM', finish)
    // Whoever read us has gone.
    process.stdout.on('error', () => end(0))
    if (Number.isFinite(lastsMs)) systemClock.setTimer(lastsMs, finish)
    return {
      received(frame) {
        if (frames >= framesMax) return
        frames += 1
        const line = formatCandumpLine(systemClock.now() / 1000, bus.name, frame)
        if (!isJson) say([line])
        else {
          const decoded = decoder.line(line)
          if (!('problem' in decoded)) say(decoded.map((one) => JSON.stringify(one)))
        }
        if (frames === framesMax) finish()
      },
      sent() {},
      stateChanged() {},
    }
  })
}

/** Exit code 1 when not everything was on the bus in time. */
export function sendToBus(input: CommandInput): Promise<number> {
  const [what = ''] = input.words
  const isHeartbeat = what === 'heartbeat'
  const count = Math.trunc(numberOf(input, 'count', 1, 1e6, 1))
  const isFd = input.isOn('fd')
  const framesOf = isHeartbeat ? heartbeats(input, isFd ? 64 : 8) : () => [frameOf(what)]
  const first = framesOf(0)
  return onBus(input, 1, isFd || first.some((frame) => frame.isFd), (bus, end) => {
    let round = 0
    let waiting = [...first]
    const deadline = () =>
      systemClock.setTimer(sendTimeoutMs, () => {
        process.stderr.write(`${plainText(bus.name)} did not take it within ${sendTimeoutMs / 1000} s\n`)
        end(1)
      })
    let timer = deadline()
    const sendNext = () => {
      const [next] = waiting
      if (next && bus.send(next) === 'invalid') end(1)
    }
    systemClock.setTimer(0, sendNext)
    return {
      received() {},
      sent() {
        waiting.shift()
        if (waiting.length > 0) return sendNext()
        timer.cancel()
        round += 1
        if (round >= count) return end(0)
        systemClock.setTimer(heartbeatPeriodMs, () => {
          waiting = [...framesOf(round)]
          timer = deadline()
          sendNext()
        })
      },
      stateChanged() {},
    }
  })
}

/** A bus that a farm of this machine calls so, as `canBusOf` takes it; its first one without a name. Undefined for what names another. */
function busOfFarm(name: string | undefined, runDirectory: string | undefined): string | undefined {
  if (name !== undefined && !/^[a-z][a-z0-9-]*$/.test(name)) return undefined
  if (name === 'udp' || (runDirectory === undefined && !existsSync(runDirectoryName))) return undefined
  const { backend, buses, port } = openRunDirectory(runDirectory ?? runDirectoryName).config.channel.can
  const index = name === undefined ? 0 : buses.indexOf(name)
  const place = buses[index]
  if (backend === 'off' || place === undefined)
    throw new ConfigError(
      'COMMAND_INVALID',
      `the farm has no bus ${name ?? ''}; its buses: ${backend === 'off' ? 'none' : buses.join(', ')}`,
    )
  return backend === 'udp' ? `udp:${port + index}` : `${backend}:${place}`
}

type OnBus = (bus: CanBus, end: (code: number) => void) => Parameters<CanBus['start']>[0]

/** @param word which word of the command line names the bus */
async function onBus(input: CommandInput, word: number, isFd: boolean, use: OnBus): Promise<number> {
  let fail = () => {}
  const say = (_: string, { detail = '' }: Readonly<Record<string, unknown>> = {}) => {
    process.stderr.write(`${plainText(`the bus has trouble: ${detail}`)}\n`)
  }
  const failed: Log['error'] = (event, fields) => {
    say(event, fields)
    fail()
  }
  const log: Log = { debug() {}, info() {}, warn: say, error: failed, child: () => log }
  const named = input.words[word] ?? (input.text('run-dir') === undefined ? 'udp' : undefined)
  const bus = canBusOf(busOfFarm(named, input.text('run-dir')) ?? named ?? '', { isFd, log })
  return new Promise((resolve) => {
    let hasEnded = false
    const end = (code: number) => {
      if (hasEnded) return
      hasEnded = true
      bus.stop(() => resolve(code))
    }
    fail = () => end(1)
    bus.start(use(bus, end))
  })
}

function heartbeats(input: CommandInput, dataBytesMax: 8 | 64): (round: number) => CanFrame[] {
  const source = numberOf(input, 'node', 0, 127)
  if (!Number.isInteger(source)) throw new ConfigError('COMMAND_INVALID', 'whose heartbeat? --node is 0 to 127')
  const health = oneOf(input, 'health', healths)
  const mode = oneOf(input, 'mode', modes)
  const vendorStatus = numberOf(input, 'vendor', 0, 255, 0)
  const uptimeSeconds = numberOf(input, 'uptime', 0, 0xffffffff, 0)
  return (round) => {
    const payload = encodeHeartbeat(uptimeSeconds + round, { health, mode, vendorStatus })
    const header = { kind: 'message', port: heartbeatSubject, destination: undefined, priority: 4 } as const
    const transfer: Transfer = { ...header, source, transferId: round % 32, payload }
    const problem = problemOfTransfer(transfer, dataBytesMax)
    if (problem !== undefined) throw new ConfigError('COMMAND_INVALID', problem)
    return encodeTransfer(transfer, dataBytesMax)
  }
}

/** As cansend of can-utils takes it: `107D552A#0011`. */
function frameOf(text: string): CanFrame {
  const read = parseCandumpLine(`(0.0) can0 ${text}`)
  if ('problem' in read) throw new ConfigError('COMMAND_INVALID', `neither heartbeat nor a frame: ${text}`)
  return read.frame
}

function oneOf<T extends string>(input: CommandInput, name: string, words: readonly [T, ...T[]]): T {
  const text = input.text(name)
  const found = text === undefined ? words[0] : words.find((word) => word === text)
  if (found === undefined) throw new ConfigError('COMMAND_INVALID', `--${name} is one of ${words.join(', ')}`)
  return found
}

/** Infinity where it was not given and has no default. */
function numberOf(input: CommandInput, name: string, min: number, max: number, otherwise = Number.POSITIVE_INFINITY) {
  const text = input.text(name)
  if (text === undefined) return otherwise
  const value = Number(text)
  if (text.trim() === '' || !(value >= min && value <= max))
    throw new ConfigError('COMMAND_INVALID', `--${name} is a number from ${min} to ${max}`)
  return value
}
