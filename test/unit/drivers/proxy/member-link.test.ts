import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../../src/drivers/node/system-clock.ts'
import { type MemberLink, openMemberLink } from '../../../../src/drivers/proxy/member-link.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(bootId: string, port: number, onRequest: (url: string) => void): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/healthz') return onRequest(request.url ?? '')
    response.end(JSON.stringify({ group: 'shop/web', role: 'front', imageDigest: 'sha256:0', bootId }))
  })
  servers.push(server)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function open(port: number): Promise<{ link: MemberLink; identified: boolean; closed: Promise<void> }> {
  return new Promise((resolve) => {
    const end = Promise.withResolvers<void>()
    const link = openMemberLink({
      clock: systemClock,
      group: 'shop/web',
      address: `127.0.0.1:${port}`,
      bootId: 'boot-1',
      connectTimeoutMs: 500,
      answerTimeoutMs: 1000,
      opened: (identified) => resolve({ link, identified, closed: end.promise }),
      closed: () => end.resolve(),
    })
  })
}

/** How a request on the link ends. */
function ask(link: MemberLink, path: string): Promise<'answered' | 'lost' | 'unsent'> {
  return new Promise((resolve) => {
    let sent = false
    link.dispatch(
      { method: 'GET', path },
      {
        onRequestStart() {
          sent = true
        },
        onResponseStart() {},
        onResponseData() {},
        onResponseEnd: () => resolve('answered'),
        onResponseError: () => resolve(sent ? 'lost' : 'unsent'),
      },
    )
  })
}

test('R01: a request that waits on a connection never reaches who takes over the port, and is known to be unsent', async () => {
  const strangerGot: string[] = []
  const member = await serve('boot-1', 0, async () => {
    // The member dies with one request in hand and one waiting; the port is another's before the connection ends.
    member.close()
    await serve('boot-2', port, (url) => strangerGot.push(url))
    member.closeAllConnections()
  })
  const { port } = member.address() as AddressInfo
  const { link, identified, closed } = await open(port)
  const endings = Promise.all([ask(link, '/first'), ask(link, '/second')])
  await closed
  expect([identified, await endings, link.usable]).toEqual([true, ['lost', 'unsent'], false])
  expect(await ask(link, '/third')).toBe('unsent')
  expect(strangerGot).toEqual([])
})

test('a health answer without end or bound identifies nobody', async () => {
  const server = createServer((_request, response) => {
    const flood = () => {
      while (!response.destroyed && response.write('{"group":'.repeat(1000)));
      response.once('drain', flood)
    }
    flood()
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  expect((await open((server.address() as AddressInfo).port)).identified).toBe(false)
})
