// What an operator can get wrong at the start: a clear error with a code, the place and what to do, exit code 2, nothing half done.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { FarmStatus } from '../../src/runtime/farm-status.ts'
import { cli, countOf, type FarmFolder, makeFarmFolder, run } from './farm-process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

async function start(change: (text: string) => string, ...more: readonly string[]) {
  const folder = makeFarmFolder(change)
  const ran = await run('start', '--config', folder.config, '--run-dir', folder.runDirectory, ...more)
  folder.remove()
  return ran
}

describe('bad input', () => {
  test.each([
    [
      'a committed level above the blades',
      'CONFIG_OVERCOMMITTED',
      (text: string) =>
        text.replace(
          /committed: 2\n(\s+)initial: 2\n\s+expansion: 2\n\s+max: 6/,
          'committed: 7\n$1initial: 7\n$1max: 8',
        ),
    ],
    ['a misspelt key', 'CONFIG_INVALID', (text: string) => text.replace('priority: 0.8', 'priorty: 0.8')],
    ['text that is no YAML', 'CONFIG_UNREADABLE', () => 'site: ['],
  ])('%s is refused with %s', async (_what, code, change) => {
    const { code: exit, stderr, stdout } = await start(change)
    expect(stderr).toContain(code)
    expect(stderr).toContain('bladewright.yaml')
    expect(exit).toBe(2)
    expect(stdout).toBe('')
  })

  test('a file that is not there is refused', async () => {
    const { code, stderr } = await run('start', '--config', '/nowhere/farm.yaml', '--run-dir', '/tmp/never')
    expect(stderr).toContain('CONFIG_UNREADABLE at /nowhere/farm.yaml')
    expect(code).toBe(2)
    expect(existsSync('/tmp/never')).toBe(false)
  })

  test('a port in use is named, and nothing is left running', async () => {
    const folder = makeFarmFolder()
    const taken = createServer().listen(folder.shopPort, '127.0.0.1')
    const { code, stderr } = await run('start', '--config', folder.config, '--run-dir', folder.runDirectory)
    taken.close()
    folder.remove()
    expect(stderr).toContain('PORT_IN_USE')
    expect(stderr).toContain(String(folder.shopPort))
    expect(code).toBe(2)
  })

  test.each([
    [['start', '--for', '5'], '--for'],
    [['start', '--json'], '--json'],
    [['start', '--seed', 'x'], '--seed'],
    [['stat'], 'did you mean start'],
    [['move', 'c01-s01'], 'usage: bladewright move'],
    [['status', '--nonsense'], '--nonsense'],
    [['agent'], '--node'],
  ])('%j is refused', async (args, said) => {
    const { code, stderr } = await run(...args)
    expect(stderr).toContain('COMMAND_INVALID')
    expect(stderr).toContain(said)
    expect(code).toBe(2)
  })

  test('a command without a farm says so', async () => {
    const { code, stderr } = await run('status', '--run-dir', '/tmp/no-farm-here')
    expect(stderr).toContain('MASTER_UNREACHABLE')
    expect(code).toBe(1)
  })
})

describe('bad images', () => {
  let folder: FarmFolder
  let launcher: ChildProcess | undefined
  const status = async () =>
    JSON.parse((await run('status', '--json', '--run-dir', folder.runDirectory)).stdout) as FarmStatus

  /** The farm, with its own store of images: those of the example and one that is bad, which shop is to boot. */
  function prepare(spoil: (image: string) => void): void {
    folder = makeFarmFolder((text) =>
      text
        .replace('image: shop-web', 'image: bad')
        .replace('tickMs: 250', 'tickMs: 250\n  steps: { attemptMax: 2, deadlinesMs: { boot: 1500 } }')
        .replace(/^images: .*$/m, 'images: ./images'),
    )
    const images = join(folder.folder, 'images')
    cpSync(join(root, 'examples/images'), images, { recursive: true })
    cpSync(join(images, 'shop-web'), join(images, 'bad'), { recursive: true })
    spoil(join(images, 'bad'))
  }

  function launch(): void {
    launcher = spawn(process.execPath, [cli, 'start', '--config', folder.config, '--run-dir', folder.runDirectory], {
      stdio: 'ignore',
    })
  }

  async function until(isSo: (status: FarmStatus) => boolean): Promise<FarmStatus> {
    const deadline = Date.now() + 40_000
    for (;;) {
      const seen = await status().catch(() => undefined)
      if (seen && isSo(seen)) return seen
      if (Date.now() > deadline) throw new Error(JSON.stringify(seen?.blades))
    }
  }

  afterEach(async () => {
    const running = launcher
    launcher = undefined
    if (running) {
      const gone = new Promise((resolve) => running.once('close', resolve))
      running.kill('SIGINT')
      await gone
    }
    folder.remove()
  })

  test('R04: an image that never becomes healthy costs bounded moves, each with its reason; the other group is served', async () => {
    prepare((image) =>
      writeFileSync(
        join(image, 'server.js'),
        "import { createServer } from 'node:http'\ncreateServer((_, answer) => { answer.statusCode = 500; answer.end() }).listen(process.env.PORT, '127.0.0.1')\n",
      ),
    )
    launch()
    await until((seen) => countOf(seen, 'news/web', 'joined') >= 2)
    const isTried = ({ blades, moves }: FarmStatus) =>
      moves.length === 0 && blades.some(({ lifecycle }) => lifecycle === 'cold')
    const seen = await until(
      (status) => isTried(status) && status.counters.events !== undefined && status.decisions.length >= 2,
    )
    const first = seen.decisions.flatMap(({ moves }) => moves).toSorted()[0] ?? ''
    const { stdout } = await run('explain', first, '--run-dir', folder.runDirectory)
    expect(stdout).toContain('rolledBack')
    expect(stdout).toContain('BOOT_TIMED_OUT')
    expect(countOf(seen, 'shop/web', 'joined')).toBe(0)
    // A bad image must not eat the pool by trying for ever.
    const made = seen.decisions.flatMap(({ moves }) => moves).length
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    const later = await status()
    expect(later.decisions.flatMap(({ moves }) => moves).length).toBeLessThanOrEqual(made + 3)
    expect(countOf(later, 'news/web', 'joined')).toBeGreaterThanOrEqual(2)
  })

  test('an image with a symbolic link is refused at the start, with its place', async () => {
    prepare((image) => symlinkSync('/etc/passwd', join(image, 'passwd')))
    const { code, stderr } = await run('start', '--config', folder.config, '--run-dir', folder.runDirectory)
    expect(stderr).toContain('IMAGE_HAS_SYMLINK')
    expect(stderr).toContain('images/bad')
    expect(code).toBe(2)
  })
})
