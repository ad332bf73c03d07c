// What most commands begin and end with.
import { runDirectoryName } from '../processes/run-directory.ts'
import type { CommandInput } from './command.ts'
import { type ControlClient, createControlClient } from './control-client.ts'
import { plainText } from './plain-text.ts'

export function runDirectoryOf(input: CommandInput): string {
  return input.text('run-dir') ?? runDirectoryName
}

export function clientFor(input: CommandInput): ControlClient {
  return createControlClient(runDirectoryOf(input))
}

/** For a program with --json, for a person without. */
export function print(input: CommandInput, value: unknown, lines: () => readonly string[]): void {
  const text = input.isOn('json') ? JSON.stringify(value, null, 2) : lines().map(plainText).join('\n')
  process.stdout.write(`${text}\n`)
}
