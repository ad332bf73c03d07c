// docs/cli.md says what the command line does: its commands, their usage and options, and the requests of the control port.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { commands } from '../../src/cli/commands.ts'
import { controlBodies } from '../../src/runtime/control-protocol.ts'

const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text.split(/^## /m)[0] ?? '']),
)

test('docs/cli.md has one section a command, and none of what is no command', () => {
  expect([...sections.keys()].sort()).toEqual(commands.map(({ name }) => name).sort())
})

describe.each(commands)('docs/cli.md on $name', ({ name, usage, options }) => {
  const section = sections.get(name) ?? ''

  test('has its usage as --help prints it', () => expect(section).toContain(`\nbladewright ${usage}\n`))

  test('names every option, and no other', () => {
    const named = new Set([...section.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => option))
    expect([...named].filter((option) => option !== 'help').sort()).toEqual(options.map((option) => option.name).sort())
  })
})

describe.each(commands)('the help of $name', ({ name, usage, options, examples }) => {
  test('names every option of its usage, and shows an example of itself', () => {
    const inUsage = [...usage.matchAll(/--([a-z-]+)/g)].map(([, option = '']) => option)
    const known = options.map((option) => option.name)
    expect(inUsage.filter((option) => !known.includes(option))).toEqual([])
    expect(`${usage} `.startsWith(`${name} `)).toBe(true)
    expect(examples.length).toBeGreaterThan(0)
    expect(examples.filter((example) => !example.startsWith(`bladewright ${name}`))).toEqual([])
  })
})

test('docs/cli.md has every request of the control port that tells the master something, with the fields of its body', () => {
  const rows = new Map(
    [...page.matchAll(/^\| `POST (\/\w+)` \| `(.*)` \|/gm)].map(([, path = '', body = '']) => [path, body]),
  )
  const fieldsOf = (body: string) =>
    [...body.matchAll(/"(\w+)"(\?)?/g)].map(([, field, mark = '']) => `${field}${mark}`)
  const documented = [...rows].map(([path, body]) => [path, fieldsOf(body)])
  const taken = Object.entries(controlBodies).map(([path, { shape }]) => [
    path,
    Object.entries(shape).map(([field, schema]) => `${field}${schema.safeParse(undefined).success ? '?' : ''}`),
  ])
  expect(documented).toEqual(taken)
})
