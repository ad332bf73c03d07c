import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { address, formatAddress, parseAddress } from '../../../src/protocol/address.ts'
import { commandKey } from '../../../src/protocol/board.ts'
import { accountOf, bladeId, decisionId, groupId, moveId, nodeId, roleId, siteId } from '../../../src/protocol/ids.ts'
import { arbitraryAddress } from './arbitrary-envelope.ts'

describe('an id', () => {
  const ids = { bladeId, decisionId, groupId, moveId, nodeId, roleId, siteId }
  const examples = {
    bladeId: 'c01-s07',
    decisionId: 'd-000042',
    groupId: 'shop/web',
    moveId: 'mv-000042',
    nodeId: 'm1',
    roleId: 'front',
    siteId: 'here',
  }
  const hostile = [
    '',
    ' ',
    '../x',
    'A',
    'x\n',
    '\nx',
    '{}',
    '__proto__',
    'x'.repeat(100),
    'é',
    'a b',
    '-a',
    0,
    null,
    {},
  ]

  test.each(Object.entries(ids))('%s takes its example and nothing hostile', (name, schema) => {
    expect(schema.safeParse(Reflect.get(examples, name)).success).toBe(true)
    expect(hostile.filter((value) => schema.safeParse(value).success)).toEqual([])
  })

  test('R01: a group belongs to the account in its name', () => {
    expect(accountOf('shop/web')).toBe('shop')
    expect(['web', 'shop/', '/web', 'a/b/c'].filter((text) => groupId.safeParse(text).success)).toEqual([])
  })

  test('a command is told from every other by move, step and attempt', () => {
    const keys = [
      commandKey({ move: 'mv-1', step: 'boot', attempt: 1 }),
      commandKey({ move: 'mv-1', step: 'boot', attempt: 11 }),
      commandKey({ move: 'mv-11', step: 'boot', attempt: 1 }),
      commandKey({ move: 'mv-1', step: 'probe', attempt: 1 }),
    ]
    expect(new Set(keys).size).toBe(4)
  })
})

describe('an address', () => {
  test('is read back as it was written', () => {
    const site = fc.stringMatching(/^[a-z][a-z0-9-]{0,31}$/)
    const path = fc.stringMatching(/^[A-Za-z0-9:._/-]{1,128}$/)
    fc.assert(
      fc.property(site, site, path, fc.option(fc.nat(), { nil: undefined }), (here, node, there, incarnation) => {
        expect(parseAddress(formatAddress(here, node, there, incarnation))).toEqual({
          site: here,
          node,
          path: there,
          incarnation,
        })
      }),
      { seed: 1 },
    )
  })

  test('is what the schema takes, and the schema takes nothing else', () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryAddress, fc.string()), (text) => {
        expect(address.safeParse(text).success).toBe(parseAddress(text) !== undefined)
      }),
      { seed: 2 },
    )
  })

  test.each([
    'bw://here/m1',
    'bw://here/m1/',
    'bw:///m1/a',
    'http://here/m1/a',
    'bw://here/m1/a#',
    'bw://here/m1/a#-1',
    'bw://here/m1/a#1x',
    `bw://here/m1/a#${'9'.repeat(16)}`,
    `bw://here/m1/${'a'.repeat(129)}`,
    'bw://here/m1/a b',
    'bw://here/m1/a\n',
    ' bw://here/m1/a',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })
})
