// The terms of an evaluation: those of a farm file, over which options go.
import { ConfigError } from '../errors.ts'
import { type FarmTerms, farmTerms, usualTerms } from '../evaluation/farm-terms.ts'
import { valueAt } from '../runtime/farm-config-explain.ts'
import { describeProblems, showPath, showValue } from '../runtime/farm-config-problem.ts'
import { parseConfigText } from '../runtime/farm-config-text.ts'
import type { CommandInput } from './command.ts'
import { numberOption } from './number-option.ts'
import { readText } from './read-text.ts'

export function termsFor(input: CommandInput): FarmTerms {
  const file = input.text('farm')
  const terms = file === undefined ? usualTerms : readTerms(file)
  const blades = numberOption(input, 'blades', 1, 10_000)
  const perBlade = numberOption(input, 'per-blade', 1e-9, 1e12)
  const bootTime = input.text('boot-time')
  return {
    ...terms,
    ...(blades !== undefined && { blades: Math.floor(blades) }),
    ...(perBlade !== undefined && { perBlade }),
    ...(bootTime !== undefined && { coldSeconds: secondsOf(bootTime) }),
  }
}

function readTerms(file: string): FarmTerms {
  const parsed = parseConfigText(readText(file))
  if (!parsed.ok) throw new ConfigError('CONFIG_INVALID', describeProblems(parsed.problems), file)
  const checked = farmTerms.safeParse(parsed.data ?? {})
  if (checked.success) return checked.data
  const problems = checked.error.issues.map(({ path: parts, message }) => {
    const path = parts.filter((part) => typeof part !== 'symbol')
    const line = parsed.lineOf(path)
    const value = showValue(valueAt(parsed.data, path))
    const found = { code: 'CONFIG_INVALID' as const, path: showPath(path), value, allowed: message }
    return line === undefined ? found : { ...found, line }
  })
  throw new ConfigError('CONFIG_INVALID', describeProblems(problems), file)
}

/** `180-300`, or one number for both. */
function secondsOf(text: string): [number, number] {
  const [, least = '', most = least] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? []
  if (least === '' || Number(least) > Number(most))
    throw new ConfigError('COMMAND_INVALID', `--boot-time ${text}: seconds, the shortest first, such as 180-300`)
  return [Number(least), Number(most)]
}
