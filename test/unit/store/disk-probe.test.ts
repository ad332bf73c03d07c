// What a process asks of its disk before it promises to remember anything.
import { expect, test } from 'vitest'
import { createSeededRandom } from '../../../src/drivers/seeded-random.ts'
import type { Result } from '../../../src/ports/result.ts'
import { probeDisk } from '../../../src/store/disk-probe.ts'
import { createSimulatedDisk, type SimulatedDisk } from '../../../src/testing/simulated-disk.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'

function probed(spoil: (disk: SimulatedDisk) => void = () => {}) {
  const clock = createVirtualClock()
  const disk = createSimulatedDisk({ clock, random: createSeededRandom(1) })
  spoil(disk)
  const heard: unknown[] = []
  probeDisk(disk, (result) => heard.push(result))
  disk.list((files: Result<readonly string[]>) => heard.push(files.ok && files.value))
  clock.advanceBy(1_000)
  disk.list((files: Result<readonly string[]>) => heard.push(files.ok && files.value.length))
  clock.advanceBy(1_000)
  return heard
}

test('a disk that works is asked once, and is left as it was', () => {
  const heard = probed()
  expect(heard).toContainEqual({ ok: true, value: undefined })
  expect(heard.at(-1)).toBe(0)
})

test('a full one and a failing one say so', () => {
  expect(probed((disk) => disk.fill(true))).toContainEqual(expect.objectContaining({ ok: false, code: 'DISK_FULL' }))
  expect(probed((disk) => disk.failing(true))).toContainEqual(expect.objectContaining({ code: 'DISK_FAILED' }))
})
