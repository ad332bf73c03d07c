// A command of the command line: what it is called, what it takes, how it is explained, what it does.
import type { ParseArgsConfig } from 'node:util'

export interface Command {
  /** One word, or two when it is one of a group: `can decode`. */
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** After `bladewright`, e.g. `move <blade> <group> [--dry-run]`. */
  readonly usage: string
  readonly options: readonly CommandOption[]
  /** Whole command lines that work. */
  readonly examples: readonly string[]
  /** How many words it takes besides options. */
  readonly words: readonly [min: number, max: number]
  /** Resolves to the exit code: 0, 1 for a failure, 2 for bad input. */
  run(input: CommandInput): Promise<number>
}

export interface CommandOption {
  readonly name: string
  /** What stands for its value in help; a switch has none. */
  readonly value?: string
  readonly summary: string
  /** It may be given several times. */
  readonly isRepeated?: boolean
}

export interface CommandInput {
  readonly words: readonly string[]
  /** Values by option name. */
  text(name: string): string | undefined
  /** Of one that may be repeated: all values, in their order. */
  texts(name: string): readonly string[]
  isOn(name: string): boolean
}

export const runDirOption: CommandOption = {
  name: 'run-dir',
  value: 'DIR',
  summary: 'run directory of the farm; default .bladewright',
}
export const jsonOption: CommandOption = { name: 'json', summary: 'one JSON object on standard output' }
export const dryRunOption: CommandOption = { name: 'dry-run', summary: 'say what would happen, and change nothing' }

export function parseConfigOf({ options }: Command): NonNullable<ParseArgsConfig['options']> {
  const own = options.map(({ name, value, isRepeated = false }) => {
    const type = value === undefined ? 'boolean' : 'string'
    return [name, { type, multiple: isRepeated }] as const
  })
  return Object.fromEntries([...own, ['help', { type: 'boolean', short: 'h' }] as const])
}
