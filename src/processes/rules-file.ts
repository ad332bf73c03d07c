// The fuzzy rules of a farm, as text: those of its file, or those of the house.
import { defaultRules } from '../decision/default-rules.ts'
import { parseRules } from '../decision/fuzzy-rules.ts'
import { readIfThere } from '../drivers/process/durable-file.ts'
import { ConfigError } from '../errors.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'

/** Throws ConfigError: CONFIG_UNREADABLE, or CONFIG_INVALID with file, line and column. */
export function rulesOf({ decisions: { rulesFile } }: FarmConfig): string {
  if (rulesFile === undefined) return defaultRules
  const text = readIfThere(rulesFile)
  if (text === undefined) throw new ConfigError('CONFIG_UNREADABLE', 'there is no such file of rules', rulesFile)
  const parsed = parseRules(text)
  if (parsed.ok) return text
  const [first] = parsed.errors
  throw new ConfigError(
    'CONFIG_INVALID',
    first?.message ?? 'not understood',
    `${rulesFile}:${first?.line}:${first?.column}`,
  )
}
