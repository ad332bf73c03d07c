// R48, R65: TLS between nodes, with certificates that openssl made; and a farm of processes whose channel is encrypted.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import type { Transport } from '../../src/ports/transport.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import type { TlsMaterial } from '../../src/transport/websocket/tls.ts'
import { createWebSocketTransport } from '../../src/transport/websocket/web-socket-transport.ts'
import { listen, numbered } from '../contract/transport.ts'
import { until } from '../contract/web-socket-site.ts'
import { certify, makeAuthority } from './certificates.ts'
import { makeFarmFolder, run, startFarmProcess } from './farm-process.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

test.runIf(process.env.CI === 'true')('openssl is here, where it must be', () => expect(hasOpenssl).toBe(true))

describe.skipIf(!hasOpenssl)('with certificates', () => {
  let folder = ''
  const running: Transport[] = []
  const nodes = ['m1', 'm2', 'a01', 'a02', 'a03', 'lb', 'load', 'demo'] as const

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'bladewright-tls-'))
    makeAuthority(folder, 'site')
    makeAuthority(folder, 'elsewhere')
    for (const node of nodes) certify(folder, 'site', node)
  })
  afterEach(() => Promise.all(running.splice(0).map((one) => new Promise<void>((stopped) => one.stop(stopped)))))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const common = { clock: systemClock, random: createSeededRandom('tls'), incarnation: 1 }

  async function openMaster() {
    let port = 0
    const listening = (bound: number) => {
      port = bound
    }
    const tls = certify(folder, 'site', 'm1')
    const listenOptions = { host: '127.0.0.1', port: 0, tokensOf: () => ['x'], listening }
    const m1 = createWebSocketTransport({ ...common, node: 'm1', log: createArrayLog(), tls, listen: listenOptions })
    running.push(m1)
    const ear = listen(m1)
    await until(() => port !== 0)
    return { ear, port }
  }

  function call(port: number, tls: TlsMaterial | undefined, url = `wss://127.0.0.1:${port}`) {
    const log = createArrayLog()
    const a01 = createWebSocketTransport({
      ...{ ...common, node: 'a01', log, token: 'x', connect: [{ peer: 'm1', url }], ...(tls && { tls }) },
      settings: { firstWaitMs: 10, maxWaitMs: 20 },
    })
    running.push(a01)
    const ear = listen(a01)
    const failures = () =>
      log.entries.filter(({ event }) => event === 'channel.call.failed').map(({ fields }) => String(fields.why))
    return { ear, failures }
  }

  test('R65: WebSocket × encryption: TLS 1.3 and nothing older; both ends are who their certificates name', async () => {
    const { ear, port } = await openMaster()
    const { ear: agent } = call(port, certify(folder, 'site', 'a01'))
    await until(() => ear.count('up') === 1 && agent.count('up') === 1)
    agent.transport.send('m1', numbered('a01', 'm1', 'control', 1))
    await until(() => ear.bodies().length === 1)
    const { ca, cert, key } = certify(folder, 'site', 'lb')
    const offered = await new Promise<string>((resolve) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        ca,
        cert,
        key,
        maxVersion: 'TLSv1.2',
        checkServerIdentity: () => undefined,
      })
      socket.on('secureConnect', () => resolve(socket.getProtocol() ?? ''))
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
    })
    expect(offered).toMatch(/^(?:ERR_SSL_|ECONNRESET)/)
  })

  test.each<[string, () => TlsMaterial | undefined]>([
    ['the certificate of another node', () => certify(folder, 'site', 'a02')],
    [
      'a certificate of another authority',
      () => ({ ...certify(folder, 'elsewhere', 'a01'), ca: certify(folder, 'site', 'm1').ca }),
    ],
  ])('R65: a caller with the right token and %s has no link', async (_what, tls) => {
    const { ear, port } = await openMaster()
    const { ear: agent, failures } = call(port, tls())
    await until(() => failures().length > 2)
    expect(ear.count('up') + agent.count('up')).toBe(0)
  })

  test('R65: a caller does not speak with who has the certificate of another node', async () => {
    const { ear, port } = await openMaster()
    const log = createArrayLog()
    const agent = createWebSocketTransport({
      ...{ ...common, node: 'a01', log, token: 'x', tls: certify(folder, 'site', 'a01') },
      connect: [{ peer: 'm2', url: `wss://127.0.0.1:${port}` }],
      settings: { firstWaitMs: 10, maxWaitMs: 20 },
    })
    running.push(agent)
    listen(agent)
    await until(() => log.entries.some(({ fields }) => String(fields.why).includes('the certificate names m1, not m2')))
    expect(ear.count('up')).toBe(0)
  })

  test('R48: a farm whose channel is encrypted works; a key that others may read is refused, with its file', async () => {
    const farmFolder = makeFarmFolder((text) =>
      text.replace(/^channel:\n.*$/m, `channel: { tls: { ca: ${join(folder, 'site.crt')}, certificates: ${folder} } }`),
    )
    for (const node of nodes) chmodSync(join(folder, `${node}.key`), 0o600)
    const farm = await startFarmProcess(farmFolder)
    expect((await farm.status()).channels).toMatchObject([{ name: 'ws', state: 'healthy' }])
    expect(await farm.stop()).toBe(0)
    chmodSync(join(folder, 'm1.key'), 0o644)
    const { code, stderr } = await run('start', '--config', farmFolder.config, '--run-dir', farmFolder.runDirectory)
    expect(code).toBe(2)
    expect(stderr).toContain('m1.key')
    expect(stderr).toContain('0600')
    farmFolder.remove()
  })
})
