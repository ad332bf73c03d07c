import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPinoLog } from '../../../../src/drivers/node/pino-log.ts'
import { until } from '../../../contract/web-socket-site.ts'

let directory: string
let child: ChildProcess | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bladewright-log-'))
})

afterEach(() => {
  child?.kill('SIGKILL')
  rmSync(directory, { recursive: true })
})

async function linesOf(level: 'debug' | 'warn', say: (log: ReturnType<typeof createPinoLog>) => void) {
  const path = join(directory, 'log')
  const descriptor = openSync(path, 'a')
  const log = createPinoLog({ level, descriptor, fields: { node: 'm1', token: 'abc' } })
  say(log)
  log.error('all of it')
  await until(() => readFileSync(path, 'utf8').includes('all of it'))
  closeSync(descriptor)
  return readFileSync(path, 'utf8').trim().split('\n').slice(0, -1)
}

test('below its level nothing is said, nor looked at', async () => {
  let looks = 0
  const lines = await linesOf('warn', (log) => {
    log.info('quiet', {
      get costly(): number {
        looks += 1
        return looks
      },
    })
    log.child({ a: 1 }).debug('quiet')
    log.warn('loud')
  })
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(['loud'])
  expect(looks).toBe(0)
})

test('no token is said: not in a field, nor in the fields of every line, nor in those of a child', async () => {
  const lines = await linesOf('debug', (log) => {
    log.child({ token: 'abc' }).info('said', { peer: { token: 'abc' } })
  })
  expect(lines).toHaveLength(1)
  expect(lines[0]).not.toContain('abc')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ node: 'm1', token: '[secret]', peer: { token: '[secret]' } })
})

test('a field cannot pass for the level or the time of the line', async () => {
  const [line = ''] = await linesOf('debug', (log) => log.child({ time: 1 }).error('said', { level: 'committed' }))
  expect(line.match(/"level"/g)).toHaveLength(1)
  expect(line.match(/"time"/g)).toHaveLength(1)
  expect(JSON.parse(line)).toMatchObject({ level: 50, eventLevel: 'committed', eventTime: 1 })
})

/** Runs a module text with `log` to its stderr; says `tick` on stdout every 20 ms. */
function run(text: string, stderr: number | 'pipe' = 'pipe'): ChildProcess {
  const module = new URL('../../../../src/drivers/node/pino-log.ts', import.meta.url).href
  const whole = `import { createPinoLog } from ${JSON.stringify(module)}
    const log = createPinoLog({ level: 'info', descriptor: 2, fields: {} })
    const ticks = setInterval(() => process.stdout.write('tick\\n'), 20)
    ${text}`
  child = spawn(process.execPath, ['--input-type=module', '--eval', whole], { stdio: ['ignore', 'pipe', stderr] })
  return child
}

async function ticksOf(running: ChildProcess, count: number): Promise<void> {
  let ticks = 0
  running.stdout?.on('data', (bytes: Buffer) => (ticks += bytes.toString().split('\n').length - 1))
  await until(() => ticks >= count)
}

test('R45: a reader that stalls does not hold up the process; what was lost is told where it is missing', async () => {
  const running = run(`let i = 0
    setInterval(() => { for (let n = 0; n < 400; n += 1) log.info('said', { i: i += 1, text: 'x'.repeat(300) }) }, 10)`)
  // About 4 MB of lines: the pipe and the bound are full by then.
  await ticksOf(running, 25)
  let text = ''
  running.stderr?.on('data', (bytes: Buffer) => (text += bytes))
  await until(() => (text.split('log.lost')[1] ?? '').split('\n').length > 4)
  running.kill('SIGKILL')
  await once(running, 'close')
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
  const lostAt = lines.findIndex(({ event }) => event === 'log.lost')
  expect(lines[lostAt + 1].i - lines[lostAt - 1].i - 1).toBe(lines[lostAt].lines)
  expect(lines[lostAt + 2].i).toBe(lines[lostAt + 1].i + 1)
})

test('R45: a pipe that nobody reads does not keep a process from ending', async () => {
  // As a shell makes it, whose end is not prepared for Node.
  const path = join(directory, 'pipe')
  execFileSync('mkfifo', [path])
  const pipe = openSync(path, constants.O_RDWR)
  const running = run(
    `setInterval(() => { for (let n = 0; n < 400; n += 1) log.info('x'.repeat(300)) }, 10)
    process.on('SIGTERM', () => process.exit(7))`,
    pipe,
  )
  // The pipe is full after a tenth of a second.
  await ticksOf(running, 20)
  running.kill('SIGTERM')
  const ended = await Promise.race([once(running, 'exit'), sleep(3_000)])
  closeSync(pipe)
  expect(ended).toEqual([7, null])
})

test('R45: a full disk under the log stops nothing, and the process ends when it is told to', async () => {
  const full = openSync('/dev/full', 'w')
  const running = run(`setInterval(() => log.error('said'), 1); process.on('SIGTERM', () => process.exit(7))`, full)
  closeSync(full)
  await ticksOf(running, 10)
  running.kill('SIGTERM')
  expect(await once(running, 'exit')).toEqual([7, null])
})

test('a reader that went away stops nothing', async () => {
  const running = run(`setInterval(() => log.error('said'), 1)`)
  running.stderr?.destroy()
  await ticksOf(running, 10)
})

test.each([
  ['a few lines', 3, 'process.exit(0)'],
  ['more than a pipe holds', 4_000, 'process.exit(0)'],
  ['more than a pipe holds, and it ends by itself', 4_000, 'clearInterval(ticks)'],
])('what was said last before the end is written, once and in order: %s', async (_what, count, end) => {
  const running = run(`for (let i = 0; i < ${count}; i += 1) log.info('said', { i }); ${end}`)
  let text = ''
  running.stderr?.on('data', (bytes: Buffer) => (text += bytes))
  await once(running, 'close')
  expect(
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).i),
  ).toEqual(Array.from({ length: count }, (_, i) => i))
})
