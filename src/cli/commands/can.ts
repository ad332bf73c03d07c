// What a person does with CAN frames and buses: `bladewright can …`. Each is a command of its own with a name of two words.
// What they run is loaded only when it runs.
import { type Command, jsonOption, runDirOption } from '../command.ts'

const busesOfOption = { ...runDirOption, summary: 'of the farm whose buses are named as it names them: can0' }

const canDecodeCommand: Command = {
  name: 'can decode',
  summary: 'Say which Cyphal transfers are in a log of candump -L, and what is wrong with the others',
  usage: 'can decode <file> [--json]',
  options: [{ ...jsonOption, summary: 'one JSON object a line on standard output' }],
  examples: ['bladewright can decode can0.log', 'bladewright can decode - --json < can0.log'],
  words: [1, 1],
  run: async (input) => (await import('../can-lines.ts')).decodeLines(input),
}

const canEncodeCommand: Command = {
  name: 'can encode',
  summary: 'Write the frames of transfers, as candump -L does: the reverse of can decode --json',
  usage: 'can encode <file> [--fd]',
  options: [{ name: 'fd', summary: 'FD frames of up to 64 bytes; default classic ones of 8' }],
  examples: ['bladewright can encode transfers.jsonl', 'bladewright can encode - --fd < transfers.jsonl'],
  words: [1, 1],
  run: async (input) => (await import('../can-lines.ts')).encodeLines(input),
}

const canDumpCommand: Command = {
  name: 'can dump',
  summary: 'Listen to a bus: its frames as candump -L writes them, or its transfers with --json',
  usage: 'can dump [bus] [--json] [--for SECONDS] [--frames N] [--fd] [--run-dir DIR]',
  options: [
    { ...jsonOption, summary: 'transfers, one JSON object a line, as can decode says them' },
    { name: 'for', value: 'SECONDS', summary: 'end after so long; default when it is interrupted' },
    { name: 'frames', value: 'N', summary: 'end after so many frames' },
    { name: 'fd', summary: 'of an slcan adapter: it can FD; a udp bus hears both' },
    busesOfOption,
  ],
  examples: [
    'bladewright can dump udp:43113',
    'bladewright can dump --json --for 10',
    'bladewright can dump can1 --run-dir .bladewright',
  ],
  words: [0, 1],
  run: async (input) => (await import('../can-live.ts')).dumpBus(input),
}

const canSendCommand: Command = {
  name: 'can send',
  summary: 'Put a heartbeat of a node, or any frame, on a bus',
  usage:
    'can send <heartbeat|FRAME> [bus] [--node N] [--health H] [--mode M] [--vendor N] [--uptime SECONDS] [--count N] [--fd] [--run-dir DIR]',
  options: [
    { name: 'node', value: 'N', summary: 'of a heartbeat: whose it is, 0 to 127' },
    { name: 'health', value: 'H', summary: 'nominal (default), advisory, caution or warning' },
    { name: 'mode', value: 'M', summary: 'operational (default), initialization, maintenance or softwareUpdate' },
    { name: 'vendor', value: 'N', summary: 'the status of the vendor, 0 to 255; default 0' },
    { name: 'uptime', value: 'SECONDS', summary: 'default 0' },
    { name: 'count', value: 'N', summary: 'so many, a second apart; default 1' },
    { name: 'fd', summary: 'in FD frames' },
    busesOfOption,
  ],
  examples: ['bladewright can send heartbeat --node 42', 'bladewright can send 107D552A#000000000001A1E0 udp:43113'],
  words: [1, 2],
  run: async (input) => (await import('../can-live.ts')).sendToBus(input),
}

const canCheckCommand: Command = {
  name: 'can check',
  summary: 'Say what the CAN buses of a farm carry at most, and whether all of it comes in time',
  usage: 'can check [--config FILE] [--bit-rate N] [--data-bit-rate N] [--json]',
  options: [
    { name: 'config', value: 'FILE', summary: 'the farm; default the demonstration farm, examples/demo.yaml' },
    { name: 'bit-rate', value: 'N', summary: 'bits a second; default: as configured' },
    { name: 'data-bit-rate', value: 'N', summary: 'of the data part of FD frames; default: as configured' },
    jsonOption,
  ],
  examples: ['bladewright can check', 'bladewright can check --config bladewright.yaml --bit-rate 500000'],
  words: [0, 0],
  run: async (input) => (await import('../check-can.ts')).checkCan(input),
}

const canBenchCommand: Command = {
  name: 'can bench',
  summary: 'Measure a CAN bus that is simulated to the bit: goodput, response times, loads, beside what is computed',
  usage: 'can bench [--quick]',
  options: [{ name: 'quick', summary: 'fewer frames: a second or two instead of half a minute' }],
  examples: ['bladewright can bench --quick'],
  words: [0, 0],
  run: async (input) => {
    const result = (await import('../../testing/can-bench.ts')).benchCan(input.isOn('quick'))
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    return result.missed.length === 0 ? 0 : 1
  },
}

export const canCommands: readonly Command[] = [
  canDecodeCommand,
  canEncodeCommand,
  canDumpCommand,
  canSendCommand,
  canCheckCommand,
  canBenchCommand,
]
