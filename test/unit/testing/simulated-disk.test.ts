import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { Result } from '../../../src/ports/result.ts'
import { createSimulatedDisk } from '../../../src/testing/simulated-disk.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import { utf8 } from '../../contract/disk.ts'

function openDisk(seed: number) {
  const clock = createVirtualClock()
  const disk = createSimulatedDisk({ clock, random: createSeededRandom(seed) })
  const run = <T>(call: (answer: (result: Result<T>) => void) => void): Result<T> | undefined => {
    let result: Result<T> | undefined
    call((answer) => {
      result = answer
    })
    clock.runUntilIdle(1_000)
    return result
  }
  const read = (file: string) => {
    const result = run<Uint8Array>((answer) => disk.read(file, answer))
    return result?.ok ? Buffer.from(result.value).toString() : undefined
  }
  return { clock, disk, run, read }
}

test('a crash keeps what was synced and any prefix of the rest, also none and all', () => {
  const lengths = new Set<number>()
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { disk, run, read } = openDisk(seed)
      run<void>((answer) => disk.append('j', utf8('synced'), answer))
      run<void>((answer) => disk.sync('j', answer))
      run<void>((answer) => disk.append('j', utf8('-tail'), answer))
      disk.crash()
      const left = read('j') ?? ''
      lengths.add(left.length)
      expect('synced-tail'.startsWith(left) && left.length >= 6).toBe(true)
    }),
    { seed: 3, numRuns: 200 },
  )
  expect([...lengths].sort((a, b) => a - b)).toEqual([6, 7, 8, 9, 10, 11])
})

test('a truncation that was not synced may be undone by a crash; one that was may not', () => {
  const seen = new Set<string | undefined>()
  for (let seed = 0; seed < 50; seed += 1) {
    const { disk, run, read } = openDisk(seed)
    run<void>((answer) => disk.replace('j', utf8('abcdef'), answer))
    run<void>((answer) => disk.truncate('j', 2, answer))
    if (seed % 2 === 1) run<void>((answer) => disk.sync('j', answer))
    disk.crash()
    if (seed % 2 === 1) expect(read('j')).toBe('ab')
    else seen.add(read('j'))
  }
  expect([...seen].sort()).toEqual(['ab', 'abcdef'])
})

test('calls that were in hand at a crash are never answered', () => {
  const { clock, disk } = openDisk(1)
  const answers: unknown[] = []
  disk.append('j', utf8('x'), (result) => answers.push(result))
  disk.sync('j', (result) => answers.push(result))
  disk.crash()
  clock.runUntilIdle(100)
  expect(answers).toEqual([])
})

test('a full disk refuses what adds and still reads; a failing one refuses all', () => {
  const { disk, run, read } = openDisk(1)
  run<void>((answer) => disk.append('j', utf8('x'), answer))
  disk.fill(true)
  expect(run<void>((answer) => disk.append('j', utf8('y'), answer))).toMatchObject({ ok: false, code: 'DISK_FULL' })
  expect(run<void>((answer) => disk.replace('j', utf8('y'), answer))).toMatchObject({ ok: false, code: 'DISK_FULL' })
  expect(read('j')).toBe('x')
  disk.fill(false)
  disk.failing(true)
  expect(run<Uint8Array>((answer) => disk.read('j', answer))).toMatchObject({ ok: false, code: 'DISK_FAILED' })
})

test('a slow disk answers late, a corrupt byte differs', () => {
  const { clock, disk, run, read } = openDisk(1)
  disk.slow(100)
  run<void>((answer) => disk.replace('j', utf8('abc'), answer))
  expect(clock.monotonic()).toBe(400)
  disk.corrupt('j', 1)
  expect(read('j')).toBe('arc')
})
