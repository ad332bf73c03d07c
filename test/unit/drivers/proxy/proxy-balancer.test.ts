import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { createLoadSource } from '../../../../src/drivers/load/load-source.ts'
import { systemClock } from '../../../../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import type { HttpBlade } from '../../../contract/http-blade.ts'
import { listen, type ProxyRig, startProxyRig } from './proxy-rig.ts'

let rig: ProxyRig | undefined
let load: ReturnType<typeof createLoadSource> | undefined

async function start(...limits: Parameters<typeof startProxyRig>): Promise<ProxyRig> {
  rig = await startProxyRig(...limits)
  return rig
}

afterEach(async () => {
  load?.stop()
  await rig?.stop()
  load = undefined
  rig = undefined
})

function startLoad(origin: string, ratePerSecond: number) {
  const accounts = [{ account: 'shop', origin, ratePerSecond }]
  load = createLoadSource({ clock: systemClock, random: createSeededRandom(7), accounts })
  return load
}

/** Ends the arrivals, waits for what is in flight, and says how all of it ended. */
async function outcomeOf(source: ReturnType<typeof createLoadSource>) {
  source.setRate('shop', 0)
  for (;;) {
    const [totals] = source.report().accounts
    if (!totals) throw new Error('the account is not reported')
    if (totals.ok + totals.failed + totals.refused === totals.sent) return totals
    await sleep(5)
  }
}

/** Enough to say that the load really went there. */
function haveServed(...blades: readonly HttpBlade[]): boolean {
  return blades.every(({ requests }) => requests.length > 20)
}

async function until(condition: () => boolean): Promise<void> {
  for (let waitedMs = 0; !condition(); waitedMs += 5) {
    if (waitedMs > 3000) throw new Error('it did not happen within 3 s')
    await sleep(5)
  }
}

describe('under load', () => {
  test('R10: a blade that drains and leaves while another joins costs no request', async () => {
    const { balancer, origin, boot, apply } = await start()
    const [leaving, staying, joining] = [await boot({ serviceMs: 20 }), await boot({ serviceMs: 20 }), await boot({})]
    await apply(leaving.member, staying.member)
    const source = startLoad(origin, 300)
    await until(() => haveServed(leaving, staying))
    const drained = new Promise<void>((resolve) => balancer.onDrained(() => resolve()))
    await apply({ ...leaving.member, state: 'draining' }, staying.member, joining.member)
    await drained
    await apply(staying.member, joining.member)
    await leaving.kill()
    await until(() => haveServed(joining))
    const { sent, ok, failed, refused } = await outcomeOf(source)
    expect({ ok, failed, refused }).toEqual({ ok: sent, failed: 0, refused: 0 })
  })

  test('R45: a member killed in the middle of it loses no GET: those in flight are repeated elsewhere', async () => {
    const { origin, boot, apply } = await start()
    const [killed, other] = [await boot({ serviceMs: 20 }), await boot({ serviceMs: 20 })]
    await apply(killed.member, other.member)
    const source = startLoad(origin, 300)
    await until(() => haveServed(killed, other))
    const before = other.requests.length
    await killed.kill()
    await until(() => other.requests.length > before + 20)
    const { sent, ok, failed } = await outcomeOf(source)
    expect({ failed, ok }).toEqual({ failed: 0, ok: sent })
  })
})

describe('what a client gets', () => {
  test('R10: 503 with Retry-After and no-store from a group that is saturated', async () => {
    const { origin, boot, apply } = await start({ inFlightMax: 1 })
    const { member, requests } = await boot({ serviceMs: 100 })
    await apply(member)
    const first = request(origin)
    await until(() => requests.length === 1)
    const refused = await request(origin)
    expect(refused.statusCode).toBe(503)
    expect(refused.headers).toMatchObject({ 'retry-after': '1', 'cache-control': 'no-store' })
    expect((await first).statusCode).toBe(200)
  })

  test("a blade's own 503 with its own headers", async () => {
    const { origin, boot, apply } = await start()
    await apply((await boot({ busy: true })).member)
    const { statusCode, headers, body } = await request(origin)
    expect([statusCode, headers['retry-after'], await body.text()]).toEqual([503, '7', 'busy\n'])
  })

  test('502 when its request reached a blade that died and cannot be repeated', async () => {
    const { origin, boot, apply } = await start()
    const blade = await boot({ answer: (incoming) => incoming.socket.destroy() })
    const other = await boot({})
    await apply(blade.member)
    const sent = request(origin, { method: 'POST', body: 'order 7' })
    await until(() => blade.requests.length === 1)
    await apply(blade.member, other.member)
    expect((await sent).statusCode).toBe(502)
    expect(other.requests).toHaveLength(0)
  })

  test('504 when the blade lets the deadline pass', async () => {
    const { origin, boot, apply } = await start({ answerTimeoutMs: 50 })
    await apply((await boot({ answer() {} })).member)
    expect((await request(origin)).statusCode).toBe(504)
  })

  test('an answer that breaks off breaks off for the client too, instead of ending well', async () => {
    const { origin, boot, apply } = await start()
    const blade = await boot({
      answer(_request, response) {
        response.writeHead(200, { 'content-length': '100' }).write('half')
        setTimeout(() => response.destroy(), 20)
      },
    })
    await apply(blade.member)
    const { statusCode, body } = await request(origin)
    expect(statusCode).toBe(200)
    await expect(body.text()).rejects.toThrow()
  })

  test('a large body up and down, whole and unchanged', async () => {
    const { origin, boot, apply } = await start()
    const { member } = await boot({ answer: (incoming, response) => incoming.pipe(response) })
    await apply(member)
    const sent = Buffer.alloc(3_000_000, 'abcdefg')
    const { body } = await request(origin, { method: 'POST', body: sent })
    expect(Buffer.from(await body.arrayBuffer()).equals(sent)).toBe(true)
  })

  test('HEAD, 204 and several cookies pass as they are', async () => {
    const { origin, boot, apply } = await start()
    const { member } = await boot({
      answer: (incoming, response) =>
        response.writeHead(incoming.method === 'HEAD' ? 200 : 204, { 'set-cookie': ['a=1', 'b=2'] }).end(),
    })
    await apply(member)
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 204],
    ] as const) {
      const { statusCode, headers, body } = await request(origin, { method })
      expect([statusCode, headers['set-cookie'], await body.text()]).toEqual([status, ['a=1', 'b=2'], ''])
    }
  })
})

describe('what a blade gets', () => {
  test('fields of one connection stay on it; who asks is what the balancer saw, not what the client claims', async () => {
    const { origin, boot, apply } = await start()
    const { member, requests } = await boot({})
    await apply(member)
    const headers = {
      connection: 'keep-alive, x-secret',
      'x-secret': 'hop',
      'proxy-authorization': 'Basic aGk=',
      te: 'trailers',
      'x-forwarded-for': '8.8.8.8',
      forwarded: 'for=8.8.8.8',
      'x-order': '7',
    }
    await sendRaw(origin, `GET /a?b=c HTTP/1.1\r\nhost: shop.test\r\n${lines(headers)}\r\n`)
    const [seen] = requests
    expect(seen?.url).toBe('/a?b=c')
    expect(seen?.headers).toEqual({
      host: 'shop.test',
      connection: 'keep-alive',
      'x-order': '7',
      'x-forwarded-for': '127.0.0.1',
    })
  })

  test('nothing more of a request whose client left', async () => {
    const { balancer, origin, boot, apply } = await start()
    const { member, requests } = await boot({ answer() {} })
    await apply(member)
    const leaving = new AbortController()
    const sent = request(origin, { signal: leaving.signal }).catch(() => 'left')
    await until(() => requests.length === 1)
    leaving.abort()
    expect(await sent).toBe('left')
    await until(() => requests[0]?.destroyed === true)
    await until(() => balancer.inFlight('shop/web', member.blade) === 0)
    expect(balancer.takeReport('shop/web').members).toMatchObject([{ completed: 0, failed: 0, refused: 0 }])
  })

  test('a blade that closes every connection after its answer still loses nothing', async () => {
    const { origin, boot, apply } = await start()
    const { member } = await boot({
      answer: (_request, response) => response.setHeader('connection', 'close').end('bye'),
    })
    await apply(member)
    for (let i = 0; i < 5; i += 1) expect((await request(origin)).statusCode).toBe(200)
  })

  test('a request that meets an idle connection being closed goes over a new one, repeatable or not', async () => {
    const { balancer, origin, boot, apply } = await start()
    const blade = await boot({})
    await apply(blade.member)
    const post = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\norder'
    for (let i = 0; i < 20; i += 1) {
      const answer = sendRaw(origin, post, () => blade.closeIdle())
      expect(await answer).toContain('HTTP/1.1 200 ')
    }
    expect(balancer.takeReport('shop/web').members).toMatchObject([{ completed: 20, failed: 0 }])
    expect(blade.requests).toHaveLength(20)
  })

  test('a member that accepts connections and never identifies itself gets nothing, and its list is still answered', async () => {
    const { origin, apply } = await start({ connectTimeoutMs: 50 })
    const mute = createServer(() => {}).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`
    await apply({ blade: 'c01-s01', address, bootId: 'boot-0', state: 'ready' })
    expect((await request(origin)).statusCode).toBe(503)
    mute.closeAllConnections()
    mute.close()
  })

  test.each(['', 'nowhere', '127.0.0.1:99999', '127.0.0.1:80/path', 'a b:1'])(
    'an address that is none (%j) is a member that is down',
    async (address) => {
      const { origin, apply } = await start()
      await apply({ blade: 'c01-s01', address, bootId: 'boot-0', state: 'ready' })
      expect((await request(origin)).statusCode).toBe(503)
    },
  )
})

describe('bad input', () => {
  test.each([
    ['a head of 17 KiB', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(17 * 1024)}\r\n\r\n`, 431],
    ['garbage', `${'\0'.repeat(1000)}\r\n\r\n`, 400],
    ['a declared body over the bound', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n', 413],
    ['a foreign absolute address', 'GET http://other.test/ HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ])('%s is refused and reaches no blade', async (_what, bytes, status) => {
    const { origin, boot, apply } = await start({ bodyBytesMax: 10_000 })
    const { member, requests } = await boot({})
    await apply(member)
    expect(await sendRaw(origin, bytes)).toContain(`HTTP/1.1 ${status} `)
    expect(requests).toHaveLength(0)
    expect((await request(origin)).statusCode).toBe(200)
  })

  test('a body that grows over the bound without saying so is cut off with 413', async () => {
    const { origin, boot, apply } = await start({ bodyBytesMax: 10_000 })
    const { member } = await boot({
      answer: (incoming, response) => (incoming.method === 'POST' ? incoming.resume() : response.end()),
    })
    await apply(member)
    const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`
    const head = 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(await sendRaw(origin, head + chunk.repeat(8))).toContain('HTTP/1.1 413 ')
    expect((await request(origin)).statusCode).toBe(200)
  })

  test('a port in use is named, with its code', async () => {
    const { origin } = await start()
    const port = Number(new URL(origin).port)
    const { listening } = await listen({ group: 'news/web', host: '127.0.0.1', port })
    expect(listening).toMatchObject({ ok: false, code: 'PORT_IN_USE' })
    expect(listening.ok ? '' : listening.detail).toContain(`127.0.0.1:${port} of news/web`)
  })

  test('a port that no machine has is a mistake in the configuration', async () => {
    const { listening } = await listen({ group: 'news/web', host: '127.0.0.1', port: 70_000 })
    expect(listening).toMatchObject({ ok: false, code: 'CONFIG_INVALID' })
  })
})

describe('the published member list', () => {
  test('R10: names each group with its port and members, for those who balance by themselves', async () => {
    const { origin, adminOrigin, boot, apply } = await start()
    const { member } = await boot({})
    await apply(member)
    const { statusCode, body } = await request(`${adminOrigin}/members`)
    expect(statusCode).toBe(200)
    expect(await body.json()).toEqual({
      groups: [{ group: 'shop/web', port: Number(new URL(origin).port), members: [{ ...member, inFlight: 0 }] }],
    })
  })

  test('is read-only and has nothing else', async () => {
    const { adminOrigin } = await start()
    expect((await request(`${adminOrigin}/members`, { method: 'POST' })).statusCode).toBe(405)
    expect((await request(`${adminOrigin}/other`)).statusCode).toBe(404)
  })
})

function lines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
}

/** The answer's head and what came with it. */
function sendRaw(origin: string, bytes: string, afterSending = () => {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1', () => {
      socket.write(bytes)
      afterSending()
    })
    socket.once('data', (data) => {
      resolve(data.toString('latin1'))
      socket.destroy()
    })
    socket.once('error', reject)
    socket.setTimeout(2000, () => reject(new Error('no answer')))
  })
}
