// A file that a person named on the command line.
import { readFileSync } from 'node:fs'
import { ConfigError } from '../errors.ts'

export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigError('CONFIG_UNREADABLE', error instanceof Error ? error.message : String(error), file)
  }
}
