// The command line on a live bus of datagrams.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'

const cli = fileURLToPath(new URL('../../src/cli/bladewright.ts', import.meta.url))
const bus = `udp:${43_800 + (process.pid % 100)}`
const running: ChildProcess[] = []

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

function send(...args: string[]): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, 'can', 'send', ...args], { timeout: 20_000 }, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stderr }),
    )
  })
}

/** Sends until it is heard: nobody says when a listener has begun. */
async function dump(args: readonly string[], sent: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, [cli, 'can', 'dump', bus, ...args])
  running.push(child)
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  const ends = once(child, 'exit')
  while (child.exitCode === null) await send(...sent)
  expect((await ends)[0]).toBe(0)
  return text.trim().split('\n')
}

describe('bladewright can', () => {
  test('dump says a heartbeat that can send puts on the bus, as candump does', async () => {
    const lines = await dump(
      ['--frames', '1'],
      ['heartbeat', bus, '--node', '42', '--health', 'warning', '--uptime', '7'],
    )
    expect(lines).toEqual([expect.stringMatching(/^\(\d{10}\.\d{6}\) can0 107D552A#07000000030000E0$/)])
  })

  test('dump --json says transfers, and what is none', async () => {
    const lines = await dump(['--json', '--frames', '1'], ['heartbeat', bus, '--node', '5', '--fd'])
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { kind: 'message', subject: 7509, source: 5, payload: '00000000000000', error: null },
    ])
    const foreign = await dump(['--json', '--frames', '1'], ['123##1000102', bus])
    expect(foreign.map((line) => JSON.parse(line))).toMatchObject([{ kind: null, payload: '000102' }])
  })

  test('dump ends after its time', async () => {
    const child = spawn(process.execPath, [cli, 'can', 'dump', bus, '--for', '0.2'])
    running.push(child)
    expect((await once(child, 'exit'))[0]).toBe(0)
  })

  test('a kernel interface that is not there is refused with the alternatives', async () => {
    const { code, stderr } = await send('123#00', 'socketcan:no-such-can')
    expect([code, stderr]).toEqual([1, expect.stringContaining('slcan')])
  })

  test.each([
    [['heartbeat', bus], '--node'],
    [['heartbeat', bus, '--node', '128'], '--node'],
    [['heartbeat', bus, '--node', '1', '--health', 'fine'], '--health'],
    [['1234567#00', bus], 'neither heartbeat nor a frame'],
    [['heartbeat', 'udp:0', '--node', '1'], 'no bus'],
    [['heartbeat', 'can0', '--node', '1'], 'no bus'],
  ])('send %j is refused and says why', async (args, why) => {
    const { code, stderr } = await send(...args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)])
  })
})
