import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { Store } from '../../src/ports/store.ts'

export interface StoreUnderTest {
  readonly store: Store
  close(): void
}

export function storeContract(name: string, make: () => StoreUnderTest): void {
  describe(`the store contract, ${name}`, () => {
    let opened: StoreUnderTest | undefined

    afterEach(() => opened?.close())

    function open(keys: readonly string[] = []): Store {
      opened = make()
      const { store } = opened
      for (const key of keys) store.put('moves', key, { key })
      return store
    }
    const keysOf = (listed: readonly { key: string }[]) => listed.map(({ key }) => key)

    test('what was put is got back, equal and not the same; the newest value counts', () => {
      const store = open()
      const value = { step: 'scrub', at: 0.1, names: ['ä', '\u0000', '😀'], none: null, deep: [{ a: [] }] }
      store.put('moves', 'mv-1', 'former')
      store.put('moves', 'mv-1', value)
      value.step = 'changed by its owner'
      const got = store.get('moves', 'mv-1')
      expect(got).toEqual({ ...value, step: 'scrub' })
      expect(store.get('moves', 'mv-1')).not.toBe(got)
    })

    test('values of every kind of JSON, and nothing for what is not there', () => {
      const store = open()
      for (const value of [null, false, 0, '', [], {}]) {
        store.put('moves', 'mv-1', value)
        expect(store.get('moves', 'mv-1')).toEqual(value)
      }
      expect([store.get('moves', 'mv-2'), store.get('decisions', 'mv-1')]).toEqual([undefined, undefined])
      expect(store.list('decisions')).toEqual([])
    })

    test.each([
      ['nothing', undefined],
      ['a function', () => {}],
      ['a bigint', 1n],
    ])('%s is no JSON: it throws and changes nothing', (_what, value) => {
      const store = open(['mv-1'])
      expect(() => store.put('moves', 'mv-1', value)).toThrow()
      expect(store.get('moves', 'mv-1')).toEqual({ key: 'mv-1' })
    })

    test('tables and keys are told apart, whatever characters they are made of', () => {
      const store = open()
      const names = [
        'a',
        'A',
        'a ',
        '',
        'a\u0000b',
        'a\u0000',
        "'; DROP TABLE records; --",
        '__proto__',
        '%',
        'é',
        'e\u0301',
      ]
      for (const table of names) for (const key of names) store.put(table, key, [table, key])
      for (const table of names) for (const key of names) expect(store.get(table, key)).toEqual([table, key])
      expect(keysOf(store.list('a'))).toEqual(names.toSorted())
    })

    test('half a surrogate pair is no key: two keys must not become one', () => {
      const store = open()
      expect(() => store.put('moves', '\ud83d', 1)).toThrow('INVARIANT_BROKEN')
      expect(() => store.get('moves', '\ud83d')).toThrow('INVARIANT_BROKEN')
      expect(() => store.put('\ude00', 'mv-1', 1)).toThrow('INVARIANT_BROKEN')
    })

    test('lists in the order of UTF-8 bytes, either way, after a key that need not be there', () => {
      // By UTF-16 units the emoji would come before U+FF5E.
      const store = open(['b', '～', 'a', '😀', 'c'])
      expect(store.list('moves', { limit: 1 })).toEqual([{ key: 'a', value: { key: 'a' } }])
      expect(keysOf(store.list('moves'))).toEqual(['a', 'b', 'c', '～', '😀'])
      expect(keysOf(store.list('moves', { reverse: true }))).toEqual(['😀', '～', 'c', 'b', 'a'])
      expect(keysOf(store.list('moves', { after: 'b' }))).toEqual(['c', '～', '😀'])
      expect(keysOf(store.list('moves', { after: 'b', reverse: true }))).toEqual(['a'])
      expect(keysOf(store.list('moves', { after: 'bb', limit: 2 }))).toEqual(['c', '～'])
      expect(keysOf(store.list('moves', { after: '😀' }))).toEqual([])
      store.delete('moves', 'c')
      store.put('moves', 'aa', 0)
      expect(keysOf(store.list('moves'))).toEqual(['a', 'aa', 'b', '～', '😀'])
    })

    test('lists 100 unless told, and never more than 1000 or less than one', () => {
      const store = open(Array.from({ length: 1001 }, (_, i) => String(i).padStart(4, '0')))
      const counts = [undefined, 3, 2.7, 5_000, 0, -1, Number.NaN].map(
        (limit) => store.list('moves', limit === undefined ? {} : { limit }).length,
      )
      expect(counts).toEqual([100, 3, 2, 1000, 1, 1, 1])
    })

    test('what was deleted is gone; deleting what is not there is no failure', () => {
      const store = open(['mv-1', 'mv-2'])
      store.delete('moves', 'mv-1')
      store.delete('moves', 'mv-1')
      store.delete('decisions', 'mv-2')
      expect([store.get('moves', 'mv-1'), keysOf(store.list('moves'))]).toEqual([undefined, ['mv-2']])
    })

    test('a transaction that throws leaves everything as it was, and the next one works', () => {
      const store = open(['mv-1', 'mv-2'])
      const work = () => {
        store.put('moves', 'mv-1', 'changed')
        store.put('moves', 'mv-1', 'changed twice')
        store.delete('moves', 'mv-2')
        store.put('moves', 'mv-3', 'new')
        store.delete('moves', 'mv-3')
        store.put('decisions', 'dc-1', 'new')
        expect(keysOf(store.list('moves'))).toEqual(['mv-1'])
        throw new Error('of its owner')
      }
      expect(() => store.transaction(work)).toThrow('of its owner')
      expect(store.list('moves')).toEqual(['mv-1', 'mv-2'].map((key) => ({ key, value: { key } })))
      expect(store.list('decisions')).toEqual([])
      store.transaction(() => store.delete('moves', 'mv-2'))
      expect(keysOf(store.list('moves'))).toEqual(['mv-1'])
    })

    test('a transaction in a transaction throws, and undoes both', () => {
      const store = open()
      const nested = () => {
        store.put('moves', 'mv-1', 1)
        store.transaction(() => store.put('moves', 'mv-2', 2))
      }
      expect(() => store.transaction(nested)).toThrow('INVARIANT_BROKEN')
      expect(store.list('moves')).toEqual([])
    })

    test('closing twice is harmless', () => {
      const store = open()
      store.close()
      store.close()
    })

    const change = fc.record({
      verb: fc.constantFrom('put' as const, 'delete' as const),
      table: fc.constantFrom('moves', 'decisions'),
      key: fc.constantFrom('a', 'b', 'ÿ', '～', '😀'),
      value: fc.integer(),
    })
    const batch = fc.record({ changes: fc.array(change, { maxLength: 6 }), fails: fc.boolean() })

    test('after any transactions it holds what a map of those that succeeded holds', () => {
      fc.assert(
        fc.property(fc.array(batch, { maxLength: 12 }), (batches) => {
          const store = open()
          let expected = new Map<string, number>()
          for (const { changes, fails } of batches) {
            const next = new Map(expected)
            const work = () => {
              for (const { verb, table, key, value } of changes) {
                if (verb === 'put') store.put(table, key, value)
                else store.delete(table, key)
                if (verb === 'put') next.set(`${table} ${key}`, value)
                else next.delete(`${table} ${key}`)
              }
              if (fails) throw new Error('of its owner')
            }
            if (fails) expect(() => store.transaction(work)).toThrow('of its owner')
            else store.transaction(work)
            if (!fails) expected = next
          }
          const held = ['moves', 'decisions'].flatMap((table) =>
            store.list(table).map(({ key, value }) => [`${table} ${key}`, value]),
          )
          expect(new Map(held.map(([key, value]) => [String(key), Number(value)]))).toEqual(expected)
          opened?.close()
        }),
        { seed: 3, numRuns: 100 },
      )
    })
  })
}
