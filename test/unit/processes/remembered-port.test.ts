import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { whenPortKnown } from '../../../src/processes/remembered-port.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

function listen(port: number): Promise<number> {
  const server = createServer()
  servers.push(server)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

const known = (port: number | undefined) => new Promise<number>((resolve) => whenPortKnown('127.0.0.1', port, resolve))

test('a port that is remembered and free is taken again', async () => {
  const port = await listen(0)
  await new Promise((closed) => servers.pop()?.close(closed))
  expect(await known(port)).toBe(port)
  expect(await listen(port)).toBe(port)
})

test('R45: a remembered port that somebody took meanwhile keeps nobody from coming back: any other will do', async () => {
  expect(await known(await listen(0))).toBe(0)
})

test('where no port is remembered, any will do', async () => {
  expect(await known(undefined)).toBe(0)
})
