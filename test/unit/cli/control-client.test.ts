// What the command line is told when there is no master, another's server, or a farm that is gone.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ControlClient, createControlClient } from '../../../src/cli/control-client.ts'
import { hasProc, nameProcess } from '../../../src/drivers/process/proc.ts'
import { noteLauncher, notePort, openRunDirectory } from '../../../src/processes/run-directory.ts'
import { type FarmFolder, makeFarmFolder } from './farm-folder.ts'
import { sampleMove, sampleStatus } from './sample-farm.ts'

let farm: FarmFolder
let client: ControlClient
let impostor: Server | undefined

beforeEach(async () => {
  farm = await makeFarmFolder()
  client = createControlClient(farm.path)
})
afterEach(async () => {
  impostor?.close()
  impostor?.closeAllConnections()
  impostor = undefined
  await farm.remove()
})

const told = (asked: Promise<unknown>) =>
  asked.then(
    () => 'nothing',
    (error: Error) => `${error.name}: ${error.message}`,
  )

/** Another program answers on the port that the run directory names. */
async function answerWith(listener: RequestListener, pid = process.pid): Promise<void> {
  const server = createServer(listener)
  impostor = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  notePort(farm.path, 'control', { node: 'm1', pid, port: (server.address() as AddressInfo).port })
}

describe('R63: the command line finds its master', () => {
  test('by the run directory alone', async () => {
    expect(await client.status()).toEqual(sampleStatus)
    expect(await client.explain(sampleMove.move)).toEqual(sampleMove)
    await client.tell('/hold', { group: 'shop/web', on: true })
    expect(farm.master.control.asked).toEqual([['hold', 'shop/web', true]])
  })

  test('and hears its events until it is told to stop', async () => {
    const stopping = new AbortController()
    const heard: string[] = []
    const following = client.events(({ type }) => heard.push(type), stopping.signal)
    await expect.poll(() => farm.master.control.readerCount).toBe(1)
    farm.master.control.publish({ type: 'move.began', at: 1 })
    farm.master.control.publish({ type: 'move.ended', at: 2, text: 'zwölf → “ja”' })
    await expect.poll(() => heard).toEqual(['move.began', 'move.ended'])
    stopping.abort()
    expect(await told(following)).toContain('AbortError')
    await expect.poll(() => farm.master.control.readerCount).toBe(0)
  })

  test('again on another port after it was started again', async () => {
    await client.status()
    const { port } = farm.master
    await answerWith((_request, response) => response.end(JSON.stringify({ site: 'moved' })))
    expect(await client.status()).toEqual({ site: 'moved' })
    notePort(farm.path, 'control', { node: 'm1', pid: process.pid, port })
    expect(await client.status()).toEqual(sampleStatus)
  })
})

describe('R63: the command line is told', () => {
  test('that no farm runs from a directory that is not there', async () => {
    expect(await told(createControlClient('/nowhere/at/all').status())).toMatch(
      /^TransportError: MASTER_UNREACHABLE at \/nowhere\/at\/all: /,
    )
  })

  test('that a directory which is a file cannot be one', async () => {
    const file = join(farm.path, 'farm.json')
    expect(await told(createControlClient(file).status())).toMatch(/^ConfigError: RUN_DIRECTORY_UNUSABLE at /)
  })

  test.each(['notes/control-m1.json', 'tokens/control'])('that no farm runs without %s', async (name) => {
    rmSync(join(farm.path, name))
    expect(await told(client.status())).toContain('MASTER_UNREACHABLE')
  })

  test.each(['', '{', '{"port":"x"}', '[]', '{"node":"m1","pid":1,"port":99999}'])(
    'that no farm runs when its note says %j',
    async (text) => {
      writeFileSync(join(farm.path, 'notes/control-m1.json'), text)
      expect(await told(client.status())).toContain('MASTER_UNREACHABLE')
    },
  )

  test('that nobody listens, with the port', async () => {
    await farm.master.close()
    expect(await told(client.status())).toContain(`port ${farm.master.port}: `)
  })

  test('R65: that its token was refused', async () => {
    writeFileSync(join(farm.path, 'tokens/control'), 'another\n')
    expect(await told(client.status())).toMatch(/^TransportError: TOKEN_REFUSED: /)
  })

  test('what it got wrong, as its own mistake', async () => {
    expect(await told(client.drain({ blade: 'c09-s09' }))).toBe('ConfigError: BLADE_UNKNOWN: no blade c09-s09')
    expect(await told(client.explain('mv-%/../x'))).toBe('ConfigError: RECORD_UNKNOWN: no record mv-%/../x')
  })

  test('that the master has a bug, as no mistake of its own', async () => {
    expect(await told(client.tell('/release', { blade: 'c02-s03' }))).toMatch(/^TransportError: INVARIANT_BROKEN: /)
  })

  test.each<[string, RequestListener]>([
    ['text', (_request, response) => response.end('<html>')],
    ['an error of its own', (_request, response) => response.writeHead(502).end('Bad Gateway')],
    ['a refusal that is not ours', (_request, response) => response.writeHead(403).end('{"error":{"code":"EVIL"}}')],
    [
      'the way to elsewhere',
      ({ url }, response) => {
        if (url === '/status') response.writeHead(302, { location: '/elsewhere' })
        response.end('{}')
      },
    ],
    ['half an answer', (_request, response) => response.write('{"site":', () => response.destroy())],
    ['nothing', (request) => request.socket.destroy()],
  ])('that no site master is there when another program answers with %s', async (_what, listener) => {
    await answerWith(listener)
    expect(await told(client.status())).toMatch(/^TransportError: MASTER_UNREACHABLE/)
  })
})

describe.runIf(hasProc)('R65: a token is not shown on the port of a master that is gone', () => {
  const noteFile = () => join(farm.path, `notes/process-m1.json`)
  const ownTicks = Number(nameProcess(process.pid)?.startTicks)

  /** What is shown to whoever listens on the port, when the notes of port and process are of these. */
  async function shownTo(port: { pid: number }, owner: { pid: number; startTicks: number }): Promise<unknown[]> {
    const shown: unknown[] = []
    const note = JSON.parse(readFileSync(noteFile(), 'utf8')) as { process: object }
    const name = { ...note.process, pid: owner.pid, startTicks: String(owner.startTicks) }
    writeFileSync(noteFile(), JSON.stringify({ ...note, process: name }))
    await answerWith(({ headers }, response) => {
      shown.push(headers.authorization)
      response.end('{}')
    }, port.pid)
    await client.status().catch(() => {})
    return shown
  }
  const gone = () => spawnSync(process.execPath, ['-e', '']).pid

  test('and was started again, but does not listen yet', async () => {
    expect(await shownTo({ pid: gone() }, { pid: process.pid, startTicks: ownTicks })).toEqual([])
  })

  test('with its whole farm', async () => {
    const pid = gone()
    expect(await shownTo({ pid }, { pid, startTicks: ownTicks })).toEqual([])
  })

  test('and whose process id is another program by now', async () => {
    expect(await shownTo({ pid: process.pid }, { pid: process.pid, startTicks: ownTicks - 1 })).toEqual([])
  })

  test('but on that of one that lives', async () => {
    expect(await shownTo({ pid: process.pid }, { pid: process.pid, startTicks: ownTicks })).toHaveLength(1)
  })
})

describe('R63: who tells a master something, and loses it', () => {
  test.each<[string, RequestListener]>([
    ['before it answers', (request) => request.socket.destroy()],
    ['in the middle of the answer', (_request, response) => response.write('{', () => response.destroy())],
  ])('%s, is told that it may be done', async (_when, listener) => {
    await answerWith(listener)
    expect(await told(client.tell('/hold', { group: 'shop/web', on: true }))).toMatch(
      /^TransportError: OUTCOME_UNKNOWN/,
    )
  })

  test('before it was told, knows that nothing is done', async () => {
    await farm.master.close()
    expect(await told(client.tell('/hold', { group: 'shop/web', on: true }))).toMatch(/MASTER_UNREACHABLE/)
  })

  test.runIf(hasProc)('hears that its launcher starts it again, when one runs', async () => {
    rmSync(join(farm.path, 'notes/control-m1.json'))
    expect(await told(client.status())).not.toContain('ask again')
    noteLauncher(openRunDirectory(farm.path))
    expect(await told(client.status())).toMatch(
      /MASTER_UNREACHABLE .*its launcher runs, and starts it again: ask again in a moment/,
    )
  })
})
