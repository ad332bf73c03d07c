// The table of channels in docs/security.md against the tests that prove its cells.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/security.md', root), 'utf8')

function cells(): string[] {
  const section = page.split(/^## /m).find((one) => one.startsWith('Channels')) ?? ''
  const [head = '', , ...rows] = section.slice(section.indexOf('|')).split(/\n\n/)[0]?.split('\n') ?? []
  const columns = head
    .split('|')
    .slice(2, -1)
    .map((one) => one.trim())
  return rows.flatMap((row) => columns.map((column) => `${row.split('|')[1]?.trim()} × ${column}`))
}

function proved(): string[] {
  const files = readdirSync(new URL('test/', root), { recursive: true, encoding: 'utf8' })
  const texts = files
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(new URL(`test/${file}`, root), 'utf8'))
  const titles = texts.flatMap((text) => [...text.matchAll(/[`']R65: (\$\{channel\}|[A-Za-z ]+) × ([a-z ]+): /g)])
  return titles.flatMap(([, channel = '', column]) =>
    (channel.startsWith('$') ? ['CAN', 'second CAN'] : [channel]).map((one) => `${one} × ${column}`),
  )
}

test('R65: each cell of the table of channels is a test, and there is no such test of what is no cell', () => {
  expect(cells()).toHaveLength(12)
  expect(proved().sort()).toEqual(cells().sort())
})
