import { readFileSync } from 'node:fs'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  ConfigError,
  type ErrorCode,
  type ErrorEntry,
  errorTable,
  InvariantError,
  isErrorCode,
  ProtocolError,
  TransportError,
} from '../../src/errors.ts'

const entries = Object.entries<ErrorEntry>(errorTable)

describe('the table of errors', () => {
  test('is the type: a code that is not in it is no ErrorCode', () => {
    expectTypeOf<ErrorCode>().toEqualTypeOf<keyof typeof errorTable>()
    expect(entries.filter(([code]) => !isErrorCode(code))).toEqual([])
    expect(['', 'NO_SUCH', 'toString', '__proto__', 'constructor'].filter(isErrorCode)).toEqual([])
  })

  test('says of every code what happened and what to do, each in whole sentences', () => {
    const isSentence = (text: string) => /^[A-Z`].*\.$/.test(text)
    expect(entries.filter(([, { what, whatToDo }]) => !isSentence(what) || !isSentence(whatToDo))).toEqual([])
  })

  test('names its codes NOUN_VERB, and no two codes say the same', () => {
    expect(entries.filter(([code]) => !/^[A-Z]+(?:_[A-Z]+)*$/.test(code))).toEqual([])
    expect(new Set(entries.map(([, { what }]) => what)).size).toBe(entries.length)
  })

  test('is docs/errors.md, word for word', async () => {
    await expect(errorPage()).toMatchFileSnapshot('../../docs/errors.md')
  })

  test('is read back from docs/errors.md whole: nothing there that is not in the table', () => {
    const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*) \| (.*) \| (yes|no) \|$/gm)].map(
      ([, code = '', what, whatToDo, retriable]) => [code, { what, whatToDo, retriable: retriable === 'yes' }],
    )
    expect(rows).toEqual(entries)
  })
})

describe('an error', () => {
  test('carries its code, where it happened and what to do', () => {
    const error = new ConfigError('CONFIG_INVALID', '99; allowed: 1 to 32', 'farm.yaml')
    expect(error).toMatchObject({
      name: 'ConfigError',
      code: 'CONFIG_INVALID',
      message: 'CONFIG_INVALID at farm.yaml: 99; allowed: 1 to 32',
      whatToDo: errorTable.CONFIG_INVALID.whatToDo,
    })
  })

  test('is told from the others by what the catcher does', () => {
    const classes = [ConfigError, TransportError, ProtocolError, InvariantError]
    for (const one of classes) {
      const thrown = new one('INVARIANT_BROKEN', 'x')
      expect(classes.filter((other) => thrown instanceof other)).toEqual([one])
      expect(thrown.message).toBe('INVARIANT_BROKEN: x')
    }
  })
})

function errorPage(): string {
  const rows = entries.map(
    ([code, { what, whatToDo, retriable }]) => `| \`${code}\` | ${what} | ${whatToDo} | ${retriable ? 'yes' : 'no'} |`,
  )
  return [
    '# Errors',
    '',
    'A code never changes its meaning. *Again* says whether the same request can succeed later without anybody changing anything.',
    'This page is made from the table in `src/errors.ts` by `npx vitest run test/unit/errors.test.ts -u`.',
    '',
    '| code | what happened | what to do | again |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}
