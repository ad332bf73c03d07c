// Agreements with accounts: what is agreed, what would change, a new version, and the way back.
import { instantText, readInstant } from '../../accounts/calendar.ts'
import { type Difference, differences } from '../../accounts/sla-book.ts'
import { ConfigError } from '../../errors.ts'
import { describeProblems } from '../../runtime/farm-config-problem.ts'
import { parseConfigText } from '../../runtime/farm-config-text.ts'
import type { SlaAnswer, SlaStatus } from '../../runtime/farm-control.ts'
import { clientFor, print } from '../client-for.ts'
import { type Command, type CommandInput, dryRunOption, jsonOption, runDirOption } from '../command.ts'
import { readText } from '../read-text.ts'
import { table } from '../status-lines.ts'

const fromOption = { name: 'from', value: 'TIME', summary: 'UTC, such as 2026-12-01 or 2026-12-01T08:00Z; default now' }

const showCommand: Command = {
  name: 'sla show',
  summary: 'Show the versions of an agreement, and the terms of one',
  usage: 'sla show <account> [version] [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright sla show shop', 'bladewright sla show shop 2 --json > shop.json'],
  words: [1, 2],
  async run(input) {
    const status = await clientFor(input).sla(input.words[0] ?? '')
    const version = versionOf(input.words[1], status.inEffect)
    const found = status.versions.find((one) => one.version === version)
    if (found === undefined) throw new ConfigError('COMMAND_INVALID', `${status.account} has no version ${version}`)
    // With a version: its terms alone, as `sla set` takes them.
    print(input, input.words[1] === undefined ? status : found.terms, () => [
      ...versionLines(status),
      '',
      `Terms of version ${version}:`,
      ...JSON.stringify(found.terms, null, 2).split('\n'),
    ])
    return 0
  },
}

const diffCommand: Command = {
  name: 'sla diff',
  summary: 'Say what differs between two versions of an agreement',
  usage: 'sla diff <account> <version> <version> [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright sla diff shop 1 2'],
  words: [3, 3],
  async run(input) {
    const status = await clientFor(input).sla(input.words[0] ?? '')
    const [before, after] = [input.words[1], input.words[2]].map((word) => {
      const version = versionOf(word, 0)
      const found = status.versions.find((one) => one.version === version)
      if (found) return found.terms
      throw new ConfigError('COMMAND_INVALID', `${status.account} has no version ${word}`)
    })
    const changes = after === undefined ? [] : differences(before, after)
    print(input, changes, () => (changes.length === 0 ? ['They are the same.'] : changeLines(changes)))
    return 0
  },
}

const setCommand: Command = {
  name: 'sla set',
  summary: 'Agree new terms with an account, if the farm can keep them',
  usage: 'sla set <account> <file> [--from TIME] [--dry-run] [--json] [--run-dir DIR]',
  options: [fromOption, dryRunOption, jsonOption, runDirOption],
  examples: ['bladewright sla set shop shop.yaml --dry-run', 'bladewright sla set shop shop.yaml --from 2026-12-01'],
  words: [2, 2],
  async run(input) {
    const [account = '', file = ''] = input.words
    const parsed = parseConfigText(readText(file))
    if (!parsed.ok) throw new ConfigError('CONFIG_INVALID', describeProblems(parsed.problems), file)
    const answer = await clientFor(input).setSla({ account, terms: parsed.data, ...whenOf(input) })
    print(input, answer, () => answerLines(answer, input.isOn('dry-run')))
    return 0
  },
}

const rollbackCommand: Command = {
  name: 'sla rollback',
  summary: 'Agree the terms of a former version anew',
  usage: 'sla rollback <account> <version> [--from TIME] [--dry-run] [--json] [--run-dir DIR]',
  options: [fromOption, dryRunOption, jsonOption, runDirOption],
  examples: ['bladewright sla rollback shop 1'],
  words: [2, 2],
  async run(input) {
    const [account = '', word] = input.words
    const rollbackTo = versionOf(word, 0)
    const answer = await clientFor(input).setSla({ account, terms: null, rollbackTo, ...whenOf(input) })
    print(input, answer, () => answerLines(answer, input.isOn('dry-run')))
    return 0
  },
}

export const slaCommands: readonly Command[] = [showCommand, diffCommand, setCommand, rollbackCommand]

function versionOf(word: string | undefined, usual: number): number {
  if (word === undefined) return usual
  if (/^[1-9]\d{0,8}$/.test(word)) return Number(word)
  throw new ConfigError('COMMAND_INVALID', `${word}: the number of a version, from 1`)
}

function whenOf(input: CommandInput): { readonly effectiveAt?: number; readonly dryRun: boolean } {
  const dryRun = input.isOn('dry-run')
  const text = input.text('from')
  if (text === undefined) return { dryRun }
  const effectiveAt = readInstant(text)
  if (effectiveAt !== undefined) return { dryRun, effectiveAt }
  throw new ConfigError('COMMAND_INVALID', `--from ${text}: UTC, such as 2026-12-01 or 2026-12-01T08:00Z`)
}

function versionLines({ account, inEffect, versions }: SlaStatus): string[] {
  const rows = versions.map(({ version, origin, effectiveAt }) => {
    return [String(version), instantText(effectiveAt), origin, version === inEffect ? 'in effect' : '']
  })
  return [`Agreement with ${account}`, ...table(['version', 'from', 'set by', ''], rows)]
}

function answerLines({ account, version, effectiveAt, changes, shortage }: SlaAnswer, isDry: boolean): string[] {
  if (changes.length === 0) return [`${account}: nothing changes.`]
  const risk = `Not everybody who is guaranteed a blade could have it at once with probability ${shortage.toFixed(4)}, at least.`
  return [
    `${account}: version ${version} ${isDry ? 'would be' : 'is'} in effect from ${instantText(effectiveAt)}.`,
    ...changeLines(changes),
    ...(shortage > 0 ? [risk] : []),
  ]
}

function changeLines(changes: readonly Difference[]): string[] {
  return changes.map(({ path, before, after }) => `  ${path}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`)
}
