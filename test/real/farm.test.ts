// A farm of real processes, as an operator sees it.
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WebSocket } from 'ws'
import type { DecisionRecord, FarmStatus, MoveRecord } from '../../src/runtime/farm-status.ts'
import { rawCall } from '../contract/raw-caller.ts'
import {
  calmed,
  countOf,
  type FarmFolder,
  isProcessAlive,
  makeFarmFolder,
  type RunningFarm,
  run,
  startFarmProcess,
} from './farm-process.ts'

let folder: FarmFolder
let farm: RunningFarm

beforeAll(async () => {
  folder = makeFarmFolder()
  farm = await startFarmProcess(folder)
  await farm.until(
    (status) =>
      countOf(status, 'shop/web', 'joined') === 2 &&
      countOf(status, 'news/web', 'joined') === 3 &&
      countOf(status, null, 'warm') === 1 &&
      status.moves.length === 0,
    // On a slow machine shop asks for one more while all boot, and gives it back.
    60_000,
  )
})

afterAll(async () => {
  const pids = (await farm.status()).blades.flatMap(({ board }) => board?.pid ?? [])
  expect(await farm.stop()).toBe(0)
  expect(pids.filter(isProcessAlive)).toEqual([])
  folder.remove()
})

describe('a farm that is up', () => {
  test('R63: is up within 15 s', () => expect(farm.upMs).toBeLessThan(15_000))

  test('R01: holds what the configuration says', async () => {
    const status = await farm.status()
    expect(countOf(status, null, 'cold')).toBe(2)
    expect(status.master.state).toBe('leading')
    expect(status.processes.map(({ node }) => node).sort()).toEqual(
      expect.arrayContaining(['a01', 'a02', 'a03', 'lb', 'load', 'm1', 'm2']),
    )
    for (const { pid, isUp } of status.processes.filter(({ node }) => node !== 'demo')) {
      expect(isUp).toBe(true)
      expect(isProcessAlive(pid ?? 0)).toBe(true)
    }
  })

  test('R01: serves each account its own files through its own port', async () => {
    const shop = await (await fetch(`http://127.0.0.1:${folder.shopPort}/`)).text()
    const news = await (await fetch(`http://127.0.0.1:${folder.newsPort}/`)).text()
    expect(shop).not.toBe(news)
    expect(shop).toMatch(/shop/i)
    expect(news).toMatch(/news/i)
  })

  test('R65: keeps every secret in files of its owner only, and out of arguments and environments', async () => {
    const tokens = join(folder.runDirectory, 'tokens')
    const secrets = readdirSync(tokens).map((name) => readFileSync(join(tokens, name), 'utf8').trim())
    const status = await farm.status()
    const pids = [
      ...status.processes.flatMap(({ pid }) => pid ?? []),
      ...status.blades.flatMap(({ board }) => board?.pid ?? []),
    ]
    for (const pid of pids) {
      const said = readFileSync(`/proc/${pid}/cmdline`, 'utf8') + readFileSync(`/proc/${pid}/environ`, 'utf8')
      expect(secrets.filter((secret) => said.includes(secret))).toEqual([])
    }
  })
})

describe('operators', () => {
  test('R36: a dry run says what would happen and changes nothing', async () => {
    const { code, stdout } = await farm.cli('move', 'c03-s02', 'news/web', '--dry-run', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ move: null, blade: 'c03-s02', cause: 'operator' })
    expect((await farm.status()).blades.find(({ blade }) => blade === 'c03-s02')?.lifecycle).toBe('cold')
  })

  test('R03, R36: a move joins its group, and explain lists each step and its time', async () => {
    const { stdout } = await farm.cli('move', 'c03-s02', 'news/web', '--json')
    const { move } = JSON.parse(stdout) as { move: string }
    await farm.until(({ blades }) =>
      blades.some(
        ({ blade, lifecycle, group }) => blade === 'c03-s02' && lifecycle === 'joined' && group === 'news/web',
      ),
    )
    const told = await farm.cli('explain', move, '--json')
    const record = JSON.parse(told.stdout) as MoveRecord
    expect(record.outcome).toBe('done')
    expect(record.steps.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['scrub', 'verifyScrub', 'powerOn', 'boot', 'probe', 'join']),
    )
    expect(record.steps.every(({ beganAt, endedAt }) => endedAt !== null && endedAt >= beganAt)).toBe(true)
    const plain = await farm.cli('explain', move)
    expect(plain.stdout).toContain('an operator said so')
    const decided = await farm.cli('explain', record.decision, '--json')
    expect((JSON.parse(decided.stdout) as DecisionRecord).moves.map((one) => one.move)).toContain(move)
  })

  test('R36: a drained blade goes to the pool, scrubbed, and is left alone', async () => {
    await farm.until(({ moves }) => moves.length === 0)
    expect(await farm.cli('drain', 'c03-s02')).toMatchObject({ code: 0, stderr: '' })
    const status = await farm.until(({ blades }) =>
      blades.some(({ blade, lifecycle }) => blade === 'c03-s02' && lifecycle === 'cold'),
    )
    expect(status.blades.find(({ blade }) => blade === 'c03-s02')).toMatchObject({
      isCordoned: true,
      group: null,
      hasReceipt: true,
    })
    expect((await farm.cli('uncordon', 'c03-s02')).code).toBe(0)
  })

  test('R36: a held group is shown as held until it is let go', async () => {
    expect((await farm.cli('hold', 'shop/web')).code).toBe(0)
    await farm.until(({ groups }) => groups.some(({ group, isHeld }) => group === 'shop/web' && isHeld))
    expect((await farm.cli('unhold', 'shop/web')).code).toBe(0)
    await farm.until(({ groups }) => groups.some(({ group, isHeld }) => group === 'shop/web' && !isHeld))
  })

  test.each([
    [['move', 'c03-s02', 'shop/nothing'], 'GROUP_UNKNOWN'],
    [['move', 'c09-s09', 'shop/web'], 'BLADE_UNKNOWN'],
    [['move', 'c01-s03', 'shop/web', '--role', 'back'], 'GROUP_UNKNOWN'],
    [['explain', 'mv-999999'], 'RECORD_UNKNOWN'],
    [['explain', 'nonsense'], 'RECORD_UNKNOWN'],
    [['hold', 'nothing/web'], 'GROUP_UNKNOWN'],
    [['cordon', 'c77-s01'], 'BLADE_UNKNOWN'],
    [['release', 'c01-s01'], 'BLADE_UNSUITABLE'],
    [['move', 'DROP TABLE', 'shop/web'], 'COMMAND_INVALID'],
  ])('%j is refused with its code, and exit code 2', async (args, code) => {
    const ran = await farm.cli(...args)
    expect(ran.stderr).toContain(code)
    expect(ran.code).toBe(2)
  })
})

describe('failures', () => {
  test('R25: a blade that is killed is replaced, and no other is disturbed', async () => {
    const before = await farm.until(({ moves }) => moves.length === 0)
    const victim = before.blades.find(({ group, lifecycle }) => group === 'shop/web' && lifecycle === 'joined')
    const bystanders = before.blades.filter(({ group }) => group === 'news/web').map(({ board }) => board?.pid)
    process.kill(victim?.board?.pid ?? 0, 'SIGKILL')
    await farm.until(({ blades }) =>
      blades.some(({ blade, lifecycle }) => blade === victim?.blade && lifecycle !== 'joined'),
    )
    const after = await farm.until(
      (status) =>
        countOf(status, 'shop/web', 'joined') === 2 && countOf(status, null, 'warm') === 1 && status.moves.length === 0,
    )
    expect(after.blades.filter(({ group }) => group === 'news/web').map(({ board }) => board?.pid)).toEqual(bystanders)
  })

  test.each(['agent', 'balancer', 'master'])(
    'R45: a killed %s comes back, and the blades have run on',
    async (kind) => {
      await calmed(farm)
      const before = await farm.until(({ processes }) => processes.every(({ isUp }) => isUp))
      const pids = before.blades.map(({ blade, board }) => [blade, board?.pid])
      const victim = before.processes.find((one) => one.kind === kind)
      process.kill(victim?.pid ?? 0, 'SIGKILL')
      const after = await farm.until(
        (status) =>
          status.master.state === 'leading' &&
          status.processes.some(
            (one) => one.node === victim?.node && one.isUp && one.pid !== victim.pid && one.pid !== null,
          ) &&
          ['shop/web', 'news/web'].every(
            (group) => countOf(status, group, 'joined') === countOf(before, group, 'joined'),
          ),
      )
      expect(after.blades.map(({ blade, board }) => [blade, board?.pid])).toEqual(pids)
      expect((await fetch(`http://127.0.0.1:${folder.newsPort}/`)).status).toBe(200)
    },
  )
})

describe('strangers', () => {
  let leader = ''
  let joined: readonly number[] = []
  const joinedIn = (status: FarmStatus) => ['shop/web', 'news/web'].map((group) => countOf(status, group, 'joined'))
  beforeAll(async () => {
    const status = await farm.status()
    leader = status.master.node
    joined = joinedIn(status)
  })
  const channelPort = () =>
    (JSON.parse(readFileSync(join(folder.runDirectory, `notes/channel-${leader}.json`), 'utf8')) as { port: number })
      .port
  const token = (node: string) => readFileSync(join(folder.runDirectory, 'tokens', node), 'utf8').trim()
  const call = (node: string, shown: string) =>
    rawCall(channelPort(), { node, token: shown, incarnation: 999_999, to: leader })
  const closed = (socket: WebSocket) =>
    new Promise<void>((resolve) => {
      socket.on('error', () => resolve())
      socket.on('close', () => resolve())
    })

  async function expectUndisturbed(): Promise<void> {
    const status = await farm.until(({ processes }) =>
      processes.filter(({ kind }) => kind === 'agent').every(({ isUp }) => isUp),
    )
    expect(joinedIn(status)).toEqual(joined)
  }

  test('R65: a wrong token gets no connection, and is counted', async () => {
    const before = (await farm.status()).counters.refusedConnections ?? 0
    await closed(call('a01', 'f'.repeat(64)).socket)
    const status = await farm.until(({ counters }) => (counters.refusedConnections ?? 0) > before)
    expect(status.processes.find(({ node }) => node === 'a01')?.isUp).toBe(true)
  })

  test('R65: 100 MB of zeros at the port are cut off', async () => {
    const socket = connect(channelPort(), '127.0.0.1')
    const gone = new Promise<void>((resolve) => {
      socket.on('error', () => resolve())
      socket.on('close', () => resolve())
    })
    const zeros = Buffer.alloc(1024 * 1024)
    for (let sent = 0; sent < 100 && !socket.destroyed; sent += 1) socket.write(zeros)
    socket.end()
    await gone
    await expectUndisturbed()
  })

  test.each([
    ['garbage', 'malformed', Buffer.from('not msgpack at all')],
    ['a message of 100 MB', 'oversized', Buffer.alloc(100 * 1024 * 1024)],
  ])(
    'R65: a node that says %s loses its connection, is counted, and nothing else happens',
    async (_what, counter, bytes) => {
      const before = (await farm.status()).counters[counter] ?? 0
      const caller = call('demo', token('demo'))
      const gone = closed(caller.socket)
      const guard = await caller.proved()
      caller.socket.send(guard.seal(bytes))
      await gone
      expect((await farm.status()).counters[counter]).toBe(before + 1)
      await expectUndisturbed()
    },
  )

  test('R65: the control port answers nobody without the token', async () => {
    const { port } = JSON.parse(readFileSync(join(folder.runDirectory, `notes/control-${leader}.json`), 'utf8')) as {
      port: number
    }
    const url = `http://127.0.0.1:${port}/status`
    expect((await fetch(url)).status).toBe(401)
    expect((await fetch(url, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401)
    const body = 'x'.repeat(1024 * 1024)
    const headers = { authorization: `Bearer ${token('control')}` }
    const large = await fetch(`http://127.0.0.1:${port}/hold`, { method: 'POST', headers, body }).then(
      ({ status }) => status,
      () => 'cut off',
    )
    expect([413, 'cut off']).toContain(large)
    expect((await fetch(url, { headers })).status).toBe(200)
  })

  test('a second farm in the same run directory is refused, and the first goes on', async () => {
    const { code, stderr } = await run('start', '--config', folder.config, '--run-dir', folder.runDirectory)
    expect(stderr).toContain('RUN_DIRECTORY_IN_USE')
    expect(code).toBe(2)
    await expectUndisturbed()
  })
})
