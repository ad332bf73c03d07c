// A port without a contract, or with one implementation, is a promise that nobody compares.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const contracts = new URL('.', import.meta.url)
/** Not a port: what ports answer with. */
const noPorts = ['result']
/** Real and simulated chance are one generator: processes log their seed. */
const implementationsMin = (port: string) => (port === 'random' ? 1 : 2)

function portsOf(files: readonly string[]): string[] {
  return files.map((file) => file.replace(/\.ts$/, '')).filter((port) => !noPorts.includes(port))
}

/** What is missing, a line each. */
function missing(ports: readonly string[], files: readonly string[], read: (file: string) => string): string[] {
  return ports.flatMap((port) => {
    if (!files.includes(`${port}.ts`)) return [`${port}: no contract`]
    const contract = /export function (\w+Contract)\(/.exec(read(`${port}.ts`))?.[1]
    if (contract === undefined) return [`${port}: ${port}.ts exports no contract`]
    const callers = files.filter(
      (file) => file.startsWith(`${port}.`) && file.endsWith('.test.ts') && read(file).includes(`${contract}(`),
    )
    return callers.length >= implementationsMin(port) ? [] : [`${port}: ${callers.length} implementations`]
  })
}

test('every port has a contract that its implementations, real and simulated, are held to', () => {
  const ports = portsOf(readdirSync(new URL('../../src/ports/', contracts)))
  expect(ports.length).toBeGreaterThan(8)
  const read = (file: string) => readFileSync(new URL(file, contracts), 'utf8')
  expect(missing(ports, readdirSync(contracts), read)).toEqual([])
})

test('a port that lacks one is found', () => {
  const texts: Readonly<Record<string, string>> = {
    'door.ts': 'export function doorContract(name: string) {}',
    'door.oak.test.ts': "doorContract('oak')",
    'door.glass.test.ts': '',
    'wall.ts': 'export const wall = 1',
  }
  const read = (file: string) => texts[file] ?? ''
  expect(missing(['door', 'wall', 'roof'], Object.keys(texts), read)).toEqual([
    'door: 1 implementations',
    'wall: wall.ts exports no contract',
    'roof: no contract',
  ])
})
