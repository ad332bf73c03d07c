import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { createLoadSource, type LoadSource, type LoadSourceOptions } from '../../../../src/drivers/load/load-source.ts'
import { systemClock } from '../../../../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../../../../src/drivers/seeded-random.ts'
import { quantileMs } from '../../../../src/protocol/latency-histogram.ts'

let server: Server | undefined
let source: LoadSource | undefined

afterEach(() => {
  source?.stop()
  server?.closeAllConnections()
  server?.close()
})

async function start(listener: RequestListener, options: Partial<LoadSourceOptions> = {}, ratePerSecond = 200) {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const accounts = [{ account: 'shop', origin, ratePerSecond }]
  source = createLoadSource({ clock: systemClock, random: createSeededRandom(9), accounts, ...options })
  return source
}

/** Bounded: a request that never ends, or ends twice, must fail its test and not hold the whole run. */
async function totalsAtEnd(running: LoadSource) {
  running.setRate('shop', 0)
  for (const endMs = performance.now() + 15_000; performance.now() < endMs; await sleep(5)) {
    const [totals] = running.report().accounts
    if (!totals) throw new Error('the account is not reported')
    if (totals.ok + totals.failed + totals.refused === totals.sent) return totals
  }
  throw new Error(`not answered once each within 15 s: ${JSON.stringify(running.report().accounts)}`)
}

describe('the load source', () => {
  test('counts 200 as ok, 503 as refused, anything else and a lost connection as failed', async () => {
    let turn = 0
    const running = await start((request, response) => {
      turn += 1
      if (turn % 4 === 0) request.socket.destroy()
      else response.writeHead([200, 503, 500][(turn % 4) - 1] ?? 200).end('answer')
    })
    await sleep(300)
    const { sent, ok, refused, failed } = await totalsAtEnd(running)
    expect(sent).toBeGreaterThan(20)
    expect(Math.abs(ok - refused)).toBeLessThanOrEqual(1)
    expect(Math.abs(failed - 2 * ok)).toBeLessThanOrEqual(2)
  })

  test('waits for a connection are part of the latency, from the due time', async () => {
    const slowly: RequestListener = (_request, response) => void setTimeout(() => response.end(), 20)
    const running = await start(slowly, { connectionsMax: 1 }, 150)
    await sleep(300)
    const { sent, ok, latency } = await totalsAtEnd(running)
    expect(ok).toBe(sent)
    // 150/s against 50/s: the last of them waits about as long as the load came.
    expect(quantileMs(latency, 0.9) ?? 0).toBeGreaterThan(200)
  })

  test('what finds the bound on waiting reached has failed, and is not forgotten', async () => {
    const running = await start(() => {}, { connectionsMax: 1, waitingMax: 5 })
    await sleep(200)
    const [shop] = running.report().accounts
    expect(shop?.failed).toBe((shop?.sent ?? 0) - 6)
  })

  test('nobody listening is a failure a request, and no more', async () => {
    const running = await start((_request, response) => response.end())
    await sleep(50)
    server?.closeAllConnections()
    server?.close()
    await sleep(100)
    const { sent, ok, failed } = await totalsAtEnd(running)
    expect(failed).toBeGreaterThan(5)
    expect(ok + failed).toBe(sent)
  })
})
