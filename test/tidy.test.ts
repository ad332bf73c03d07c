// The house rules of docs/architecture.md and CONTRIBUTING.md, as tests. Each rule is tried on a planted violation first:
// a rule that cannot fail is no rule.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createMachine, StateMachine } from 'xstate'
import { bannedWords } from './tidy/banned-words.ts'
import { barrels, medianLinesMax, wrongLengths, wrongNames } from './tidy/file-shape.ts'
import { directImports, importCycles, reachableFrom, type SourceFile, wrongImports } from './tidy/import-direction.ts'
import {
  hiddenMachines,
  machineNames,
  mutantCount,
  mutantCountMin,
  statesWithoutDescription,
  untestedMachines,
} from './tidy/machine-tests.ts'
import { importsOf, readSource } from './tidy/source-text.ts'

const root = new URL('..', import.meta.url)
/** Tracked and new files, as git would commit them. */
const paths = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\n')
  .filter((path) => path !== '' && existsSync(new URL(path, root)))
const files: SourceFile[] = paths
  .filter((path) => /\.(?:ts|js|json|ya?ml|md|txt|html|css)$|^\.ci\//.test(path) && path !== 'package-lock.json')
  .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }))
const source = files.filter(({ path }) => /^(?:src|models)\/.*\.ts$/.test(path))
const typeScript = files.filter(({ path }) => path.endsWith('.ts'))

const file = (path: string, text: string): SourceFile => ({ path, text })

describe('this repository', () => {
  test('is seen by these tests', () => {
    expect(source.length).toBeGreaterThan(20)
  })
  test('imports run one way', () => expect(wrongImports(source)).toEqual([]))
  test('imports make no cycle', () => expect(importCycles(source)).toEqual([]))
  test('holds no banned word', () => expect(bannedWords(files)).toEqual([]))
  test('names its files in kebab-case, for what is in them', () =>
    expect(wrongNames(typeScript.map(({ path }) => path))).toEqual([]))
  test('has no barrel but the published entries', () => expect(barrels(source)).toEqual([]))
  test('keeps its files short', () => expect(wrongLengths(source)).toEqual([]))
  test('has no machine in a file of another name', () => expect(hiddenMachines(source)).toEqual([]))
  test('R49: every machine has its graph test, model test, model and mutants', () => {
    expect(machineNames(files).length).toBeGreaterThan(0)
    expect(untestedMachines(files)).toEqual([])
  })
})

describe.each(machineNames(files))('R49: the %s machine', (name) => {
  test(`has at least ${mutantCountMin} planted bugs`, async () => {
    const mutants: Record<string, unknown> = await import(`./machines/${name}.mutants.ts`)
    expect(mutantCount(mutants)).toBeGreaterThanOrEqual(mutantCountMin)
  })

  test('describes every state', async () => {
    const exported: Record<string, unknown> = await import(`../src/machines/${name}-machine.ts`)
    const machines = Object.values(exported).filter((value) => value instanceof StateMachine)
    expect(machines).not.toEqual([])
    expect(machines.flatMap((machine) => statesWithoutDescription(machine.root))).toEqual([])
  })
})

describe('reading source', () => {
  test('tells code from comments, strings, templates and regular expressions', () => {
    const text = [
      "const a = 'it\\'s // text' // said",
      'const b = `x @{call(`y @{inner} z`)} w` /* two'.replaceAll('@', '$'),
      'lines */ + 1 / 2 / 3',
      'const c = /[/\'"`]/g.test(d)',
    ].join('\n')
    const { code, comments } = readSource(text)
    expect(code.split('\n').map((line) => line.replace(/ +/g, ' ').trim())).toEqual([
      "const a = ' '",
      'const b = call( inner )',
      '+ 1 / 2 / 3',
      'const c = g.test(d)',
    ])
    expect(comments.replace(/\s+/g, ' ').trim()).toBe('// said /* two lines */')
    expect(code.length).toBe(text.length)
  })

  test('finds every kind of import, and none in strings or comments', () => {
    const text = [
      "import './a.ts'",
      "import type { A } from './b.ts'",
      "import b, {\n  type C,\n} from './c.ts'",
      "export * from './d.ts'",
      "const e = await import('./e.ts')",
      "// import './f.ts'",
      'const g = "import \'./g.ts\'"',
      "export const from = 'h'",
    ].join('\n')
    expect(importsOf(text)).toEqual([
      { specifier: './a.ts', line: 1, isType: false },
      { specifier: './b.ts', line: 2, isType: true },
      { specifier: './c.ts', line: 5, isType: false },
      { specifier: './d.ts', line: 6, isType: false },
      { specifier: './e.ts', line: 7, isType: false },
    ])
  })
})

describe('a planted violation of the direction is found', () => {
  const cases: [path: string, text: string, found: string][] = [
    ['src/protocol/ids.ts', "import { x } from '../errors.ts'", 'protocol imports errors'],
    ['src/decision/a.ts', "import { x } from '../machines/b.ts'", 'decision imports machines'],
    ['src/decision/a.ts', "import { x } from '../pair/b.ts'", 'decision imports pair'],
    ['src/machines/a.ts', "import type { x } from '../ports/b.ts'", 'machines imports ports'],
    ['src/actors/a.ts', "import { x } from '../drivers/b.ts'", 'actors imports drivers'],
    ['src/drivers/a.ts', "const x = await import('../store/b.ts')", 'drivers imports store'],
    ['src/runtime/a.ts', "import { x } from '../testing/b.ts'", 'runtime imports testing'],
    ['models/a.ts', "import type { x } from '../src/machines/b.ts'", 'models imports machines'],
    ['models/a.ts', "import { x } from '../src/protocol/b.ts'", 'models imports more than types of protocol'],
    ['src/actors/a.ts', "import { readFileSync } from 'node:fs'", 'actors imports node:fs'],
    ['src/machines/a.ts', "import { WebSocket } from 'ws'", 'machines imports ws'],
    ['src/drivers/a.ts', "import x from 'left-pad'", 'drivers imports left-pad'],
    [
      'src/runtime/a.ts',
      "import x from '../../test/a.ts'",
      'runtime imports ../../test/a.ts, which is outside src and models',
    ],
  ]
  test.each(cases)('%s: %s', (path, text, found) => {
    expect(wrongImports([file(path, text)])).toEqual([`${path}:1: ${found}`])
  })

  test('a layer that nobody planned', () => {
    expect(wrongImports([file('src/core/a.ts', '')])).toEqual(['src/core/a.ts: there is no layer core'])
  })

  test('what the table allows, directly and through others, passes', () => {
    const allowed = [
      file('src/actors/a.ts', "import { x } from '../protocol/b.ts'\nimport { createHash } from 'node:crypto'"),
      file('src/cli/a.ts', "import { x } from '../index.ts'\nimport { y } from '../testing/b.ts'"),
      file('models/a.ts', "import type { x } from '../src/protocol/b.ts'"),
    ]
    expect(wrongImports(allowed)).toEqual([])
  })

  test('no layer of the table reaches itself through others', () => {
    for (const layer of Object.keys(directImports))
      for (const below of directImports[layer] ?? []) expect(reachableFrom(below)).not.toContain(layer)
  })

  test('a cycle, through types as well', () => {
    const planted = [
      file('src/ports/a.ts', "import { b } from './b.ts'"),
      file('src/ports/b.ts', "import type { C } from './c.ts'"),
      file('src/ports/c.ts', "export { a } from './a.ts'"),
    ]
    expect(importCycles(planted)).toEqual(['src/ports/a.ts -> src/ports/b.ts -> src/ports/c.ts -> src/ports/a.ts'])
    expect(importCycles(planted.slice(0, 2))).toEqual([])
  })
})

describe('a planted word is found', () => {
  const checkout = ['/wo', 'rk/main'].join('')
  const cases: [path: string, text: string, found: string][] = [
    ['src/actors/a.ts', 'const now = Date.now()', 'Date'],
    ['src/actors/a.ts', 'const now = new Date()', 'Date'],
    ['src/runtime/a.ts', 'performance.now()', 'performance'],
    ['src/testing/a.ts', 'Math.random()', 'Math.random'],
    ['src/actors/a.ts', 'setTimeout(go, 5)', 'setTimeout'],
    ['src/transport/link/a.ts', 'setImmediate(go)', 'setImmediate'],
    ['src/runtime/a.ts', 'process.env.HOME', 'process.env'],
    ['src/store/a.ts', 'crypto.randomUUID()', 'randomUUID'],
    ['models/a.ts', 'console.log(1)', 'console.'],
    ['test/unit/actors/a.test.ts', 'setTimeout(go, 5)', 'setTimeout'],
    ['bench/a.ts', 'let x: any', 'any'],
    ['src/ports/a.ts', 'const x = y as any', 'any'],
    ['src/ports/a.ts', 'const x = y as unknown as Z', 'as unknown as'],
    ['src/ports/a.ts', '// @ts-ignore', '@ts-ignore'],
    ['test/unit/a.test.ts', '// @ts-expect-error', '@ts-expect-error'],
    ['test/unit/a.test.ts', "test.only('x', f)", 'test.only'],
    ['test/unit/a.test.ts', "describe.concurrent.skip('x', f)", 'describe.concurrent.skip'],
    ['src/machines/a.ts', 'a: { invoke: { src: b } }', 'invoke:'],
    ['src/machines/a.ts', 'a: { after: { 100: b } }', 'after:'],
    ['src/ports/a.ts', '// TODO later', 'TODO'],
    ['docs/a.md', `see ${checkout}/a`, `${checkout.slice(0, 6)}`],
  ]
  test.each(cases)('%s: %s', (path, text, found) => {
    expect(bannedWords([file(path, `\n${text}`)]).map((line) => line.replace(/ \(.*/, ''))).toEqual([
      `${path}:2: ${found}`,
    ])
  })

  const free: [path: string, text: string][] = [
    ['src/drivers/node/clock.ts', 'Date.now()'],
    ['src/cli/a.ts', 'console.log(process.env.HOME)'],
    ['src/transport/websocket/a.ts', "import { WebSocket } from 'ws'\nsetTimeout(go, 5)"],
    ['src/actors/a.ts', "// Date.now() is banned\nconst text = 'setTimeout'"],
    ['src/actors/a.ts', 'clock.setTimeout(go); const { any: x } = y; expect.any(Number)'],
    ['test/real/a.test.ts', 'setTimeout(go, 5)'],
    ['test/types/a.test.ts', '// @ts-expect-error: a blade id is no group id'],
    ['test/unit/a.test.ts', "test('skip the only one', f)"],
    ['docs/a.md', 'the framework/work/ of others'],
  ]
  test.each(free)('%s may say %s', (path, text) => {
    expect(bannedWords([file(path, text)])).toEqual([])
  })

  test('a file of a transport without a socket may not', () => {
    expect(
      bannedWords([file('src/transport/a.ts', "import type { WebSocket } from 'ws'\nsetTimeout(go, 5)")]),
    ).toHaveLength(1)
  })
})

describe('a planted misshape is found', () => {
  test.each([
    'src/ports/hostBoard.ts',
    'src/Ports/a.ts',
    'src/ports/utils.ts',
    'src/helpers/a.ts',
    'test/common.test.ts',
  ])('the name %s', (path) => expect(wrongNames([path])).toHaveLength(1))

  test('names that are fine', () => {
    expect(wrongNames(['src/ports/host-board.ts', 'test/contract/clock.virtual.test.ts', 'test/types/a.ts'])).toEqual(
      [],
    )
  })

  test('a barrel, named so or not', () => {
    const text = "// All of it.\nexport * from './b.ts'\nexport type { C } from './c.ts'\n"
    expect(barrels([file('src/ports/index.ts', 'export const a = 1'), file('src/ports/ports.ts', text)])).toHaveLength(
      2,
    )
    expect(barrels([file('src/index.ts', text), file('src/ports/a.ts', `${text}export const a = 1`)])).toEqual([])
  })

  test('files that are too long', () => {
    const lines = (count: number) => 'a\n'.repeat(count)
    expect(wrongLengths([file('a.ts', lines(medianLinesMax + 1))])).toHaveLength(1)
    expect(wrongLengths([file('a.ts', lines(medianLinesMax))])).toEqual([])
    const short = Array.from({ length: 20 }, (_, i) => file(`s${i}.ts`, lines(10)))
    expect(wrongLengths([...short, file('long.ts', lines(401))])).toHaveLength(1)
    expect(
      wrongLengths([...short, file('long.ts', `// Over 400 lines because it is one table.\n${lines(400)}`)]),
    ).toEqual([])
    expect(wrongLengths([...short, ...short.slice(0, 3).map(({ path }) => file(path, lines(301)))])).toHaveLength(1)
  })
})

describe('a machine that lacks a test is found', () => {
  const whole = [
    file('src/machines/door-machine.ts', ''),
    file('models/door-model.ts', ''),
    file('test/machines/door.graph.test.ts', "import { door } from '../../src/machines/door-machine.ts'"),
    file(
      'test/machines/door.model.test.ts',
      "import { model } from '../../models/door-model.ts'\nimport { mutants } from './door.mutants.ts'",
    ),
    file('test/machines/door.mutants.ts', ''),
  ]

  test('with all of them it passes', () => expect(untestedMachines(whole)).toEqual([]))

  test.each(whole.slice(1).map(({ path }) => path))('without %s it does not', (path) => {
    expect(untestedMachines(whole.filter((one) => one.path !== path))).toEqual([`door machine: ${path} is missing`])
  })

  test('files that do not import what they test', () => {
    expect(untestedMachines(whole.map(({ path }) => file(path, '')))).toEqual([
      'door machine: test/machines/door.graph.test.ts does not import the machine',
      'door machine: test/machines/door.model.test.ts does not import the model',
      'door machine: no test imports test/machines/door.mutants.ts',
    ])
  })

  test('a machine in a file of another name', () => {
    expect(hiddenMachines([file('src/actors/door.ts', 'setup({}).createMachine({})')])).toHaveLength(1)
    expect(hiddenMachines([file('src/machines/door-machine.ts', 'setup({}).createMachine({})')])).toEqual([])
  })

  test('mutants are counted in lists and records', () => {
    expect(mutantCount({ mutants: [1, 2], more: { a: 1 }, text: 'abc', make: () => 1 })).toBe(3)
  })

  test('a state without a description, nested too', () => {
    const machine = createMachine({
      id: 'door',
      initial: 'open',
      states: {
        open: { description: 'It is open' },
        closed: { description: 'It is closed', initial: 'locked', states: { locked: { description: ' ' } } },
      },
    })
    expect(statesWithoutDescription(machine.root)).toEqual(['door.closed.locked'])
  })
})
