import { once } from 'node:events'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { holdFile } from '../../../src/processes/exclusive-file.ts'
import { makeProcessFolder, type ProcessFolder } from './process-folder.ts'

const source = fileURLToPath(new URL('../../../src/processes/exclusive-file.ts', import.meta.url))
let folder: ProcessFolder
let file: string

beforeEach(() => {
  folder = makeProcessFolder()
  mkdirSync(folder.path)
  file = join(folder.path, 'lock')
})
afterEach(() => folder.remove())

test('a file has one holder, also in one process, until it lets go', () => {
  const release = holdFile(file)
  expect(release).toBeDefined()
  expect(holdFile(file)).toBeUndefined()
  expect(holdFile(file)).toBeUndefined()
  release?.()
  const again = holdFile(file)
  expect(again).toBeDefined()
  // Who has let go has no say any more.
  release?.()
  expect(holdFile(file)).toBeUndefined()
  again?.()
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('a file that another process holds is free as soon as that is killed, even if nothing there keeps hold of it', async () => {
  const program = `import { holdFile } from ${JSON.stringify(source)}
holdFile(${JSON.stringify(file)})
for (let i = 0; i < 5; i += 1) globalThis.gc()
process.stdout.write('.')
setInterval(() => {}, 1000)`
  const holder = await folder.run(['--expose-gc', '--input-type=module', '-e', program])
  expect(holdFile(file)).toBeUndefined()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  const release = holdFile(file)
  expect(release).toBeDefined()
  release?.()
})
