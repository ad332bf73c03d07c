// What a person does with CAN frames and buses: `bladewright can …`. Each is a command of its own with a name of two words.
// What they run is loaded only when it runs.
import { type Command, jsonOption } from '../command.ts'

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

export const canCommands: readonly Command[] = [canDecodeCommand, canEncodeCommand]
