// An option that is a number within bounds.
import { ConfigError } from '../errors.ts'
import type { CommandInput } from './command.ts'

export function numberOption(input: CommandInput, name: string, min: number, max: number): number | undefined {
  const text = input.text(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && value >= min && value <= max) return value
  throw new ConfigError('COMMAND_INVALID', `--${name} ${text}: a number from ${min} to ${max}`)
}
