// What is wrong with a configuration, in the four things a person needs: where, what is there, what is allowed, which line.

/** Keys and indices from the top of the file. */
export type ConfigPath = readonly (string | number)[]

export interface ConfigProblem {
  readonly code: 'CONFIG_UNREADABLE' | 'CONFIG_INVALID' | 'CONFIG_OVERCOMMITTED'
  /** `accounts[0].groups[0].port`; empty for the file as a whole. */
  readonly path: string
  /** What is there, as JSON, cut to 80 characters; `missing` when there is nothing. */
  readonly value: string
  /** What may be there. */
  readonly allowed: string
  /** From 1, where the text shows it. */
  readonly line?: number
}

/** One line a problem: where, what is there, what is allowed. */
export function describeProblems(problems: readonly ConfigProblem[]): string {
  return problems
    .map(({ path, value, allowed, line }) => {
      const where = [line === undefined ? '' : `line ${line}`, path].filter((part) => part !== '').join(', ')
      return `${where === '' ? '' : `${where}: `}${value}; allowed: ${allowed}`
    })
    .join('\n')
}

/** `accounts[0].groups[0].port` */
export function showPath(path: ConfigPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    const safe = part.length > 64 ? `${part.slice(0, 63)}…` : part
    return text === '' ? safe : `${text}.${safe}`
  }, '')
}

/** As JSON, cut to 80 characters; `missing` when there is nothing. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
