import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { createFileDisk } from '../../../src/drivers/node/file-disk.ts'
import type { Answer, Result } from '../../../src/ports/result.ts'

const directory = mkdtempSync(join(tmpdir(), 'bladewright-disk-'))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const call = (start: (answer: Answer<void>) => void) => new Promise<Result<void>>((answer) => start(answer))

test.runIf(existsSync('/dev/full'))('a device without space answers DISK_FULL', async () => {
  const disk = createFileDisk(directory)
  symlinkSync('/dev/full', join(directory, 'journal'))
  expect(await call((answer) => disk.append('journal', Buffer.from('x'), answer))).toMatchObject({ code: 'DISK_FULL' })
})

test('what the operating system refuses answers DISK_FAILED, and the file can be used when it no longer does', async () => {
  const disk = createFileDisk(directory)
  mkdirSync(join(directory, 'journal'))
  expect(await call((answer) => disk.append('journal', Buffer.from('x'), answer))).toMatchObject({
    code: 'DISK_FAILED',
  })
  rmSync(join(directory, 'journal'), { recursive: true })
  expect(await call((answer) => disk.append('journal', Buffer.from('x'), answer))).toMatchObject({ ok: true })
})

test('nobody else may read the directory or its files', async () => {
  const disk = createFileDisk(join(directory, 'own'))
  await call((answer) => disk.append('journal', Buffer.from('x'), answer))
  await call((answer) => disk.replace('state', Buffer.from('x'), answer))
  const modes = ['own', 'own/journal', 'own/state'].map((name) => statSync(join(directory, name)).mode & 0o777)
  expect(modes).toEqual([0o700, 0o600, 0o600])
})
