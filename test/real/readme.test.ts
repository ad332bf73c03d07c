// R60: the embedding example of README.md, as it stands there, is type-checked against the public API and run.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const entry = join(root, 'src/index.ts')
const run = promisify(execFile)
let folder = ''
let example = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'readme-'))
  const blocks = [...(await readFile(join(root, 'README.md'), 'utf8')).matchAll(/^```ts\n(.*?)^```$/gms)]
  example = blocks[0]?.[1] ?? ''
  expect(blocks).toHaveLength(1)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

test('R60: the example of README.md is about 20 lines and uses the public name', () => {
  expect(example.split('\n').length).toBeLessThanOrEqual(24)
  expect(example).toContain("from 'bladewright'")
})

test('R60: it type-checks against the public API', async () => {
  await writeFile(join(folder, 'example.ts'), example)
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: { paths: { bladewright: [entry] }, typeRoots: [join(root, 'node_modules/@types')] },
    include: [join(folder, 'example.ts')],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  const compiler = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')
  const { stdout } = await run(process.execPath, [compiler, '-p', folder]).catch((error: { stdout: string }) => error)
  expect(stdout).toBe('')
})

test('R60: it starts a farm, moves a blade and ends by itself', async () => {
  const file = join(folder, 'run.ts')
  await writeFile(file, example.replace("'bladewright'", JSON.stringify(entry)))
  const { stdout } = await run(process.execPath, [file], { cwd: root, timeout: 120_000, maxBuffer: 16 * 1024 * 1024 })
  expect(stdout).toMatch(/^at start /m)
  expect(stdout).toMatch(/^mv-[a-z0-9-]+: blade c03-s02 goes to news\/web/m)
  expect(stdout).toMatch(/^at the end /m)
})
