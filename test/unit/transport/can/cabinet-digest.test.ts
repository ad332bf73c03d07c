import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  allSilent,
  type CabinetStates,
  emptyBook,
  encodeChanges,
  encodeWhole,
  readDigest,
  slotCountMax,
  slotStates,
} from '../../../../src/transport/can/cabinet-digest.ts'

const states: fc.Arbitrary<CabinetStates> = fc.array(fc.constantFrom(...slotStates), {
  minLength: slotCountMax,
  maxLength: slotCountMax,
})

test('R44: a whole digest of 32 blades is 9 bytes, and says what it was made of', () => {
  fc.assert(
    fc.property(states, fc.nat(255), (cabinet, sequence) => {
      const bytes = encodeWhole(sequence, cabinet)
      expect(bytes).toHaveLength(9)
      expect(readDigest(emptyBook, bytes)).toEqual({ sequence, states: cabinet, isBehind: false })
    }),
    { seed: 1, numRuns: 200 },
  )
})

const change = fc.tuple(fc.nat(slotCountMax - 1), fc.constantFrom(...slotStates))
const step = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 9 }),
  isLost: fc.boolean(),
  isTwice: fc.boolean(),
})

test('R44: whatever digest is lost or comes twice, the book is right or knows that it is behind', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let sequence = 250
      let now = allSilent
      let book = readDigest(emptyBook, encodeWhole(sequence, now))
      for (const { changes, isLost, isTwice } of steps) {
        const before = now
        now = now.map((state, index) => changes.findLast(([slot]) => slot === index)?.[1] ?? state)
        if (now.every((state, index) => state === before[index])) continue
        sequence += 1
        const bytes = encodeChanges(sequence, before, now) ?? encodeWhole(sequence, now)
        for (let times = isLost ? 0 : isTwice ? 2 : 1; times > 0; times -= 1) book = readDigest(book, bytes)
        const isRight = book.states.every((state, index) => state === now[index])
        // What was just lost cannot be missed yet: nothing has come since.
        if (!isLost) expect(isRight || book.isBehind).toBe(true)
      }
    }),
    { seed: 2, numRuns: 300 },
  )
})

test('up to six changes are one classic frame; more, or none, are said by a whole', () => {
  const changed = (count: number) => allSilent.map((state, index) => (index < count ? 'warning' : state))
  expect(encodeChanges(1, allSilent, changed(6))).toHaveLength(7)
  expect(encodeChanges(1, allSilent, changed(7))).toBeUndefined()
  expect(encodeChanges(1, allSilent, allSilent)).toBeUndefined()
})

test('any bytes leave the book as it is or make it a book', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const book = readDigest(emptyBook, bytes)
      expect(book.states).toHaveLength(slotCountMax)
      expect(book.states.every((state) => slotStates.includes(state))).toBe(true)
    }),
    { seed: 3, numRuns: 500 },
  )
})
