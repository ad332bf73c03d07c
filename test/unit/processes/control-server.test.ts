// The control port as operators and strangers meet it: real sockets on loopback, a master that only remembers.
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createControlServer } from '../../../src/processes/control-server.ts'
import { createArrayLog } from '../../../src/testing/array-log.ts'
import { sampleDecision, sampleMove, sampleStatus } from '../cli/sample-farm.ts'
import { createControlStandIn, type OpenPort, openControlPort, token } from './control-stand-in.ts'

let open: OpenPort

beforeEach(async () => {
  open = await openControlPort()
})
afterEach(() => open.close())

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** By node:http, because fetch lets nobody set Host. */
function ask(path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    const all = { authorization: `Bearer ${token}`, ...headers }
    const sent = request({ host: '127.0.0.1', port: open.port, path, method, headers: all }, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const tell = (path: string, body: unknown) => ask(path, { method: 'POST', body: JSON.stringify(body) })
const refusal = (code: string, detail: unknown = expect.any(String)) => ({
  error: { code, detail, whatToDo: expect.any(String) },
})

describe('R36: an operator', () => {
  test('sees the status of the farm', async () => {
    expect(await ask('/status')).toEqual({ status: 200, body: sampleStatus })
  })

  test('has a move and a decision explained', async () => {
    expect(await ask(`/explain/${sampleMove.move}`)).toEqual({ status: 200, body: sampleMove })
    expect(await ask(`/explain/${sampleDecision.decision}`)).toEqual({ status: 200, body: sampleDecision })
  })

  test('tells the master what to do, and nothing is added to it on the way', async () => {
    await tell('/move', { blade: 'c02-s01', group: 'shop/web', role: 'front', dryRun: true })
    await tell('/move', { blade: 'c02-s01', group: 'shop/web' })
    await tell('/drain', { blade: 'c02-s01', dryRun: true })
    await tell('/cordon', { blade: 'c02-s01', on: false })
    await tell('/hold', { group: 'shop/web', on: true })
    expect(open.control.asked).toEqual([
      ['move', 'c02-s01', 'shop/web', { role: 'front', dryRun: true }],
      ['move', 'c02-s01', 'shop/web', { dryRun: false }],
      ['drain', 'c02-s01', { dryRun: true }],
      ['cordon', 'c02-s01', false],
      ['hold', 'shop/web', true],
    ])
  })

  test('is answered with what was done', async () => {
    expect(await tell('/move', { blade: 'c02-s01', group: 'shop/web' })).toMatchObject({
      status: 200,
      body: { move: 'mv-000008', blade: 'c02-s01', from: 'news/web' },
    })
    expect(await tell('/cordon', { blade: 'c02-s01', on: true })).toEqual({ status: 200, body: {} })
  })

  test.each([
    ['/move', { blade: 'c09-s09', group: 'shop/web' }, 404, 'BLADE_UNKNOWN'],
    ['/move', { blade: 'c02-s01', group: 'no/such' }, 404, 'GROUP_UNKNOWN'],
    ['/move', { blade: 'c01-s02', group: 'shop/web' }, 409, 'BLADE_BUSY'],
    ['/move', { blade: 'DROP TABLE', group: 'shop/web' }, 400, 'COMMAND_INVALID'],
    ['/move', { blade: 'c02-s01', group: 'shop/web', force: true }, 400, 'COMMAND_INVALID'],
    ['/move', [], 400, 'COMMAND_INVALID'],
    ['/cordon', { blade: 'c02-s01', on: 'yes' }, 400, 'COMMAND_INVALID'],
    ['/hold', null, 400, 'COMMAND_INVALID'],
  ])('%s %j is refused with %i and what to do', async (path, body, status, code) => {
    expect(await tell(path, body)).toEqual({ status, body: refusal(code) })
  })

  test('is told which value is wrong', async () => {
    const { body } = await tell('/move', { blade: 'c02-s01', group: 'shop' })
    expect(body).toEqual(refusal('COMMAND_INVALID', expect.stringMatching(/^group: /)))
  })

  test.each([
    ['GET', '/nothing', 404, 'COMMAND_INVALID'],
    ['GET', '/move', 404, 'COMMAND_INVALID'],
    ['POST', '/__proto__', 404, 'COMMAND_INVALID'],
    ['GET', '/explain/mv-999999', 404, 'RECORD_UNKNOWN'],
    ['GET', '/explain/%', 400, 'COMMAND_INVALID'],
    ['GET', '/explain/', 404, 'RECORD_UNKNOWN'],
  ])('%s %s is answered with %i', async (method, path, status, code) => {
    expect(await ask(path, { method })).toEqual({ status, body: refusal(code) })
  })

  test('who sends no JSON is told so', async () => {
    const answer = await ask('/hold', { method: 'POST', body: '{"group":' })
    expect(answer).toEqual({ status: 400, body: refusal('COMMAND_INVALID', 'the body is no JSON') })
  })

  test('R45: a request that crashes its handler is answered as a bug, and the master serves on', async () => {
    expect(await tell('/release', { blade: 'c02-s03' })).toEqual({
      status: 500,
      body: refusal('INVARIANT_BROKEN', 'a bug in release of c02-s03'),
    })
    expect(open.log.entries.map(({ event }) => event)).toEqual(['control.request.crashed'])
    expect((await ask('/status')).status).toBe(200)
  })
})

describe('R65: a stranger', () => {
  test.each([
    ['no token', {}],
    ['an empty token', { authorization: 'Bearer ' }],
    ['a wrong token', { authorization: `Bearer ${token.slice(0, -1)}x` }],
    ['a part of the token', { authorization: `Bearer ${token.slice(0, 12)}` }],
    ['the token in another scheme', { authorization: `Basic ${token}` }],
  ])('with %s is refused on every path', async (_what, headers) => {
    const shown = { authorization: '', ...headers }
    for (const [method, path] of [
      ['GET', '/status'],
      ['GET', '/events'],
      ['GET', '/explain/mv-000007'],
      ['POST', '/move'],
      ['POST', '/hold'],
      ['GET', '/nothing'],
    ] as const) {
      expect(await ask(path, { method, headers: shown })).toEqual({ status: 401, body: refusal('TOKEN_REFUSED') })
    }
    expect(open.control.asked).toEqual([])
    expect(open.control.readerCount).toBe(0)
  })

  test.each(['farm.example', '127.0.0.1.example', 'localhost.example:80', '127.0.0.2', '[::1', ':80'])(
    'that came by the name %j is refused, with the token too: names can be made to resolve to loopback',
    async (host) => {
      expect(await ask('/status', { headers: { host } })).toMatchObject({ body: refusal('TOKEN_REFUSED') })
    },
  )

  test('that says no name at all is refused', async () => {
    const socket = connect(open.port, '127.0.0.1')
    const heard = hear(socket)
    socket.write(`GET /status HTTP/1.0\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    await heard.closed
    expect(heard.text()).toContain(' 401 ')
  })

  test.each(['localhost', 'localhost:1', '[::1]:80'])('that came by %s is an operator', async (host) => {
    expect((await ask('/status', { headers: { host } })).status).toBe(200)
  })

  test('finds no way in where the token is empty', async () => {
    const listening = Promise.withResolvers<number>()
    const server = createControlServer({
      control: createControlStandIn(),
      token: () => '',
      port: 0,
      log: createArrayLog(),
      listening: (result) => listening.resolve(result.ok ? result.value.port : 0),
    })
    const answer = await fetch(`http://127.0.0.1:${await listening.promise}/status`, {
      headers: { authorization: 'Bearer ' },
    })
    expect(answer.status).toBe(401)
    await new Promise<void>((closed) => server.close(closed))
  })

  test.each([
    ['without the token', 'Bearer wrong', 401, 'Content-Length: 104857600'],
    ['with the token', `Bearer ${token}`, 413, 'Content-Length: 104857600'],
    ['with the token, in chunks of unsaid length', `Bearer ${token}`, 413, 'Transfer-Encoding: chunked'],
  ])('who sends 100 MB %s is cut off long before', async (_what, authorization, status, length) => {
    const socket = connect(open.port, '127.0.0.1')
    const heard = hear(socket)
    socket.write(`POST /hold HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n${length}\r\n\r\n`)
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const sentBytes = await pour(socket, chunk, 100 * 1024 * 1024)
    expect(sentBytes).toBeLessThan(50 * 1024 * 1024)
    expect(heard.text()).toContain(`HTTP/1.1 ${status} `)
    expect((await ask('/status')).status).toBe(200)
  })

  test('who sends headers without end is cut off', async () => {
    const socket = connect(open.port, '127.0.0.1')
    const heard = hear(socket)
    socket.write('GET /status HTTP/1.1\r\nHost: localhost\r\n')
    await pour(socket, `X-Padding: ${'x'.repeat(4_096)}\r\n`, 10 * 1024 * 1024)
    expect(heard.text()).toContain('HTTP/1.1 431 ')
  })

  test('who speaks no HTTP is cut off', async () => {
    const socket = connect(open.port, '127.0.0.1')
    const heard = hear(socket)
    socket.write(Buffer.alloc(64 * 1024))
    await heard.closed
    expect((await ask('/status')).status).toBe(200)
  })
})

describe('R36: the stream of events', () => {
  const listen = () => {
    const socket = connect(open.port, '127.0.0.1')
    const heard = hear(socket)
    socket.write(`GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    return { socket, heard }
  }

  test('is one JSON line an event, to every reader', async () => {
    const readers = [listen(), listen()]
    await expect.poll(() => open.control.readerCount).toBe(2)
    open.control.publish({ type: 'move.ended', at: 5, move: 'mv-000007' })
    for (const { heard, socket } of readers) {
      await expect.poll(heard.text).toContain('{"type":"move.ended","at":5,"move":"mv-000007"}\n')
      socket.destroy()
    }
    await expect.poll(() => open.control.readerCount).toBe(0)
  })

  test('cuts off a reader that does not read, once, and disturbs no other', async () => {
    const slow = listen()
    const quick = listen()
    await expect.poll(() => open.control.readerCount).toBe(2)
    await expect.poll(slow.heard.text).toContain('200 OK')
    slow.socket.pause()
    const cut = () => open.log.entries.filter(({ event }) => event === 'control.reader.cut')
    // Each burst is read by the quick one before the next.
    for (let burst = 1; cut().length === 0 && burst <= 100; burst += 1) {
      for (let i = 0; i < 8; i += 1) open.control.publish({ type: 'noise', at: i, padding: 'x'.repeat(65_536) })
      open.control.publish({ type: `burst.${burst}.ended`, at: 9 })
      await expect.poll(quick.heard.text).toContain(`burst.${burst}.ended`)
    }
    expect(cut().length).toBe(1)
    await expect.poll(() => open.control.readerCount).toBe(1)
    open.control.publish({ type: 'later', at: 10 })
    await expect.poll(quick.heard.text).toContain('"later"')
    expect(cut().length).toBe(1)
    slow.socket.destroy()
    quick.socket.destroy()
  })

  test('one burst that is too much for a reader ends it, and nothing else', async () => {
    const { socket, heard } = listen()
    await expect.poll(() => open.control.readerCount).toBe(1)
    for (let i = 0; i < 400; i += 1) open.control.publish({ type: 'noise', at: i, padding: 'x'.repeat(65_536) })
    await heard.closed
    expect(open.log.entries.map(({ event }) => event)).toEqual(['control.reader.cut'])
    expect((await ask('/status')).status).toBe(200)
    socket.destroy()
  })

  test('ends when the master closes its port', async () => {
    const { heard } = listen()
    await expect.poll(() => open.control.readerCount).toBe(1)
    await open.close()
    await heard.closed
    await expect.poll(() => open.control.readerCount).toBe(0)
    open = await openControlPort()
  })
})

test('a port in use is said with its number', async () => {
  await expect(openControlPort({ port: open.port })).rejects.toThrow(`PORT_IN_USE: control port ${open.port}`)
})

function hear(socket: Socket) {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-200_000)
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => resolve())
    socket.on('close', () => resolve())
  })
  return { text: () => text, closed }
}

/** Writes until the other end has had enough. Resolves to the bytes that were taken. */
function pour(socket: Socket, piece: string, bytesMax: number): Promise<number> {
  return new Promise((resolve) => {
    let sent = 0
    socket.once('close', () => resolve(sent))
    const more = () => {
      while (!socket.destroyed && sent < bytesMax) {
        sent += piece.length
        if (!socket.write(piece)) {
          socket.once('drain', more)
          return
        }
      }
    }
    more()
  })
}

describe('R65, as docs/security.md has it', () => {
  test('R65: control port × authentication: nobody is answered without the token of the run directory', async () => {
    for (const authorization of ['', 'Bearer ', 'Bearer wrong', token])
      expect((await ask('/status', { headers: { authorization } })).status).toBe(401)
    expect((await ask('/status')).status).toBe(200)
  })

  test('R65: control port × encryption: none, and so it listens on loopback only', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address } of outside) await expect(fetch(`http://${address}:${open.port}/status`)).rejects.toThrow()
    const foreign = { host: 'farm.example.org' }
    expect((await ask('/status', { headers: foreign })).body).toEqual(
      refusal('TOKEN_REFUSED', 'this port answers on loopback only'),
    )
  })

  test('R65: control port × replay guard: a command says what shall be so, and said twice it is so once', async () => {
    for (let times = 0; times < 2; times += 1)
      expect((await tell('/cordon', { blade: 'c02-s01', on: true })).status).toBe(200)
    expect(open.control.asked).toEqual([
      ['cordon', 'c02-s01', true],
      ['cordon', 'c02-s01', true],
    ])
  })
})
