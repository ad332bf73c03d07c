#!/usr/bin/env node
// The command line. Exit codes: 0 done, 1 it failed, 2 the input was wrong.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ConfigError, type ErrorCode, errorTable, isErrorCode } from '../errors.ts'
import { closestTo } from './closest.ts'
import type { Command, CommandInput } from './command.ts'
import { parseConfigOf } from './command.ts'
import { commands } from './commands.ts'
import { plainText } from './plain-text.ts'

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const asked = name === 'help' && rest[0] !== undefined ? rest : []
    process.stdout.write(isGroup(asked) || asked.length === 0 ? overview(asked[0]) : helpOf(find(asked)))
    return name === undefined ? 2 : 0
  }
  if (isGroup(args)) {
    process.stdout.write(overview(name))
    return rest.length === 0 ? 2 : 0
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`)
    return 0
  }
  const command = find(args)
  const input = read(command, args.slice(wordsOf(command)))
  if (input === 'help') {
    process.stdout.write(helpOf(command))
    return 0
  }
  return command.run(input)
}

/** The first word of some commands, and what follows is none of theirs but asks for help. */
function isGroup([name, next]: readonly string[]): boolean {
  const inGroup = commands.some((one) => one.name.startsWith(`${name} `))
  return inGroup && (next === undefined || next === '--help' || next === '-h')
}

function wordsOf({ name }: Command): number {
  return name.split(' ').length
}

function find(args: readonly string[]): Command {
  const found = commands.find((one) => one.name === args.slice(0, wordsOf(one)).join(' '))
  if (found) return found
  const [first = '', next] = args
  const name = commands.some((one) => one.name.startsWith(`${first} `)) ? `${first} ${next}` : first
  const near = closestTo(
    name,
    commands.map((one) => one.name),
  )
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  throw new ConfigError('COMMAND_INVALID', `there is no command ${name}${hint}`)
}

function read(command: Command, args: readonly string[]): CommandInput | 'help' {
  const options = parseConfigOf(command)
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    if (values.help === true) return 'help'
    const [min, max] = command.words
    if (positionals.length < min || positionals.length > max)
      throw new ConfigError('COMMAND_INVALID', `usage: bladewright ${command.usage}`, command.name)
    return {
      words: positionals,
      text(option) {
        const value = values[option]
        return typeof value === 'string' ? value : undefined
      },
      texts(option) {
        const given = values[option] ?? []
        return [given].flat().filter((one) => typeof one === 'string')
      },
      isOn: (option) => values[option] === true,
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(
      'COMMAND_INVALID',
      `${mistakeOf(error, command)}; usage: bladewright ${command.usage}`,
      command.name,
    )
  }
}

/** What parseArgs objects to, without its advice for programmers; with the option that was meant, if one is near. */
function mistakeOf(error: unknown, { options }: Command): string {
  const text = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error)
  const unknown = /^Unknown option '--([^']+)'/.exec(text)?.[1]
  const names = [...options.map(({ name }) => name), 'help']
  const near = unknown === undefined ? undefined : closestTo(unknown, names)
  return near === undefined ? text : `${text}, did you mean --${near}?`
}

/** @param group the first word of the commands that are meant; all without one */
function overview(group?: string): string {
  const listed = commands.filter(({ name }) => group === undefined || name.startsWith(`${group} `))
  const width = Math.max(...listed.map(({ name }) => name.length))
  const lines = listed.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'bladewright moves physical servers between customers by itself, safely, and can say why.',
    '',
    `usage: bladewright ${group === undefined ? '' : `${group} `}<command> [options]`,
    '',
    ...lines,
    '',
    'bladewright <command> --help explains one. Exit codes: 0 done, 1 failed, 2 wrong input.',
    '',
  ].join('\n')
}

function helpOf({ usage, summary, options, examples }: Command): string {
  const all = [...options, { name: 'help', summary: 'this text' }]
  const flag = ({ name, value }: { name: string; value?: string }) =>
    `--${name}${value === undefined ? '' : ` ${value}`}`
  const width = Math.max(...all.map((option) => flag(option).length))
  return [
    `usage: bladewright ${usage}`,
    '',
    `${summary}.`,
    '',
    ...all.map((option) => `  ${flag(option).padEnd(width)}  ${option.summary}`),
    '',
    'examples:',
    ...examples.map((example) => `  ${example}`),
    '',
  ].join('\n')
}

function version(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const text = readFileSync(new URL(path, import.meta.url), 'utf8')
      return String((JSON.parse(text) as { version: string }).version)
    } catch {
      // Installed, the file lies one folder further up.
    }
  }
  return 'unknown'
}

function complain(error: unknown): number {
  const code = codeOf(error)
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`${message.split('\n').map(plainText).join('\n')}\n`)
  if (code === undefined) {
    if (error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`)
    return 1
  }
  process.stderr.write(`${errorTable[code].whatToDo}\n`)
  return error instanceof ConfigError ? 2 : 1
}

function codeOf(error: unknown): ErrorCode | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  return isErrorCode(code) ? code : undefined
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', () => process.exit(0))
main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode
  },
  (error: unknown) => {
    process.exitCode = complain(error)
  },
)
