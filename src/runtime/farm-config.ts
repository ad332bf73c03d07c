// The configuration of a farm: text in, a complete and frozen FarmConfig or every problem found out.
// Three sieves, each only if the one before let everything pass: the text is YAML within bounds; each value is allowed;
// the values agree with one another.
import type { z } from 'zod'
import { ConfigError } from '../errors.ts'
import { checkFarm } from './farm-config-checks.ts'
import { allowedAt, suggestKey, valueAt } from './farm-config-explain.ts'
import { type ConfigPath, type ConfigProblem, describeProblems, showPath, showValue } from './farm-config-problem.ts'
import { type FarmConfig, farmConfigSchema } from './farm-config-schema.ts'
import { parseConfigText } from './farm-config-text.ts'

export type { ConfigProblem } from './farm-config-problem.ts'
export { describeProblems } from './farm-config-problem.ts'
export type { AccountConfig, FarmConfig, GroupConfig, RoleConfig } from './farm-config-schema.ts'

export type ParsedFarm =
  | { readonly ok: true; readonly config: FarmConfig }
  | { readonly ok: false; readonly place: string; readonly errors: readonly ConfigProblem[] }

const problemCountMax = 50

/** @param place how the text is called in messages, usually its path */
export function parseFarmConfig(text: string, place: string): ParsedFarm {
  const parsed = parseConfigText(text)
  if (!parsed.ok) return { ok: false, place, errors: parsed.problems }
  const problem = (code: ConfigProblem['code'], path: ConfigPath, allowed: string): ConfigProblem => {
    const line = parsed.lineOf(path)
    const found = { code, path: showPath(path), value: showValue(valueAt(parsed.data, path)), allowed }
    return line === undefined ? found : { ...found, line }
  }
  const checked = farmConfigSchema.safeParse(parsed.data)
  if (!checked.success) {
    const wrong = checked.error.issues.flatMap(pathsOf).slice(0, problemCountMax)
    return { ok: false, place, errors: wrong.map(({ path, why }) => problem('CONFIG_INVALID', path, why())) }
  }
  const config = complete(checked.data)
  const errors = checkFarm(config).map((found) => problem(found.code, found.path, found.allowed))
  return errors.length > 0
    ? { ok: false, place, errors: errors.slice(0, problemCountMax) }
    : { ok: true, config: freeze(config) }
}

/** As `parseFarmConfig`; throws one ConfigError that names every problem. */
export function requireFarmConfig(text: string, place: string): FarmConfig {
  const parsed = parseFarmConfig(text, place)
  if (parsed.ok) return parsed.config
  throw new ConfigError(parsed.errors[0]?.code ?? 'CONFIG_INVALID', describeProblems(parsed.errors), place)
}

/** `why` is asked only for those that are shown: a hostile text has a hundred thousand. */
function pathsOf(issue: z.core.$ZodIssue): { path: ConfigPath; why: () => string }[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], why: () => suggestKey(path, key) }))
  return [{ path, why: () => (issue.code === 'invalid_format' ? issue.message : allowedAt(path)) }]
}

function complete(farm: z.output<typeof farmConfigSchema>): FarmConfig {
  const accounts = farm.accounts.map((account) => ({
    ...account,
    groups: account.groups.map((group) => ({
      ...group,
      roles: group.roles.map((role) => ({ ...role, initial: role.initial ?? role.committed })),
    })),
  }))
  return { ...farm, accounts }
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freeze)
    Object.freeze(value)
  }
  return value
}
