// How a process of a farm ends: real ones, because what is tested is their end.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareRunDirectory } from '../../../src/processes/run-directory.ts'
import { makeProcessFolder, type ProcessFolder, smallFarm } from './process-folder.ts'

const source = fileURLToPath(new URL('../../../src/processes/own-process.ts', import.meta.url))
let folder: ProcessFolder
const running: ChildProcess[] = []

beforeEach(() => {
  folder = makeProcessFolder()
})
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  await folder.remove()
})

/** @param then what it does once it has begun, with `own` */
function begin(then: string, isTied = true): ChildProcess & { readonly said: () => string } {
  const options = JSON.stringify({ runDirectory: folder.path, isTied, logLevel: 'info' })
  const program = `import { beginProcess } from ${JSON.stringify(source)}
const own = beginProcess(${options}, 'a01', 'agent')
setInterval(() => {}, 1000)
${then}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'ignore', 'pipe'] })
  running.push(child)
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  return Object.assign(child, { said: () => text })
}

/** @returns the line of the event; the last two lines of a process on a busy machine may have changed places */
async function endOf(child: ReturnType<typeof begin>, event: string) {
  const [code] = (await once(child, 'close')) as [number | null]
  const lines = child
    .said()
    .split('\n')
    .filter((line) => line.startsWith('{'))
  return {
    code,
    line: lines.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => line.event === event),
  }
}

async function untilItRuns(child: ReturnType<typeof begin>): Promise<void> {
  while (!child.said().includes('process.running')) await once(child.stderr ?? child, 'data')
}

const runs = "own.runs({ stop(stopped) { own.log.info('stopped.in.order'); stopped() } })"

test('a process that crashes says so in one coded line, and ends with 1', async () => {
  prepareRunDirectory(folder.path, smallFarm())
  for (const crash of ["setTimeout(() => { throw new Error('boom') }, 1)", "Promise.reject(new Error('boom'))"]) {
    const { code, line } = await endOf(begin(`${runs}\n${crash}`), 'process.crashed')
    expect(line).toMatchObject({ code: 'INVARIANT_BROKEN', level: 50 })
    expect(line).toHaveProperty('detail', expect.stringContaining('boom'))
    expect(code).toBe(1)
  }
})

test('a process ends in order when its launcher is gone, or when it is told', async () => {
  prepareRunDirectory(folder.path, smallFarm())
  const ends: ((child: ChildProcess) => void)[] = [(child) => child.stdin?.end(), (child) => child.kill('SIGTERM')]
  for (const end of ends) {
    const child = begin(runs)
    await untilItRuns(child)
    end(child)
    const { code, line } = await endOf(child, 'stopped.in.order')
    expect(line).toBeDefined()
    expect(code).toBe(0)
  }
})

test('a tied process tells its launcher in a line that it has no farm; any other tells the command line', async () => {
  const tied = await endOf(begin(runs), 'process.failed')
  expect(tied.line).toMatchObject({ code: 'RUN_DIRECTORY_UNUSABLE' })
  expect(tied.code).toBe(2)
  const free = begin('', false)
  expect((await endOf(free, '')).code).toBe(1)
  expect(free.said()).toContain('RUN_DIRECTORY_UNUSABLE')
})

test('a second process of the same node is refused while the first lives, and not when that was killed', async () => {
  prepareRunDirectory(folder.path, smallFarm())
  const first = begin(runs)
  await untilItRuns(first)
  const second = await endOf(begin(runs), 'process.failed')
  expect(second.line).toMatchObject({ code: 'RUN_DIRECTORY_IN_USE' })
  expect(second.line).toHaveProperty('detail', expect.stringContaining(`process ${first.pid} is a01 already`))
  expect(second.code).toBe(2)
  first.kill('SIGKILL')
  await once(first, 'exit')
  await untilItRuns(begin(runs))
})
