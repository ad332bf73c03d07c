// Runs as a process of its own, as root or as another user: a farm of two blades, one hostile, and the secrets it is after.
// Prints what every attempt came to, as JSON.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { findFreePort } from '../../src/drivers/process/blade-health.ts'
import type { IsolationAttempt } from '../../src/drivers/process/isolation.ts'
import { bootShop, codeOf, okOf, reading, scrubbed } from '../contract/hardware-bench.ts'
import { makeFarmDirectory, makeProcessBench, pointersTo } from '../contract/process-bench.ts'

export interface HostileTrial {
  readonly ownUid: boolean
  readonly attempts: Record<string, { outcome: 'succeeded' | 'blocked'; detail: string }>
  readonly environment: { env: Record<string, string>; argv: readonly string[] }
  /** What the scrub of the hostile blade and the search after it came to. */
  readonly scrubVerified: string
  /** Whether the socket that it left in /tmp outlived the scrub. */
  readonly socketLeft: boolean
}

const farm = makeFarmDirectory()
const images = join(farm, 'images')
cpSync(join(import.meta.dirname, 'images/hostile'), join(images, 'hostile'), { recursive: true })
cpSync(join(import.meta.dirname, '../../examples/images/shop-web'), join(images, 'shop-web'), { recursive: true })
const victim = await makeProcessBench({ farm, images, blade: 'c01-s02' })
const hostile = await makeProcessBench({ farm, images, blade: 'c01-s01', shopImage: 'hostile' })

const listening = (server: ReturnType<typeof createServer>, where: Parameters<typeof server.listen>[0]) =>
  new Promise<void>((resolve) => server.listen(where, resolve))

async function run(): Promise<HostileTrial> {
  await okOf(victim.ask<void>((answer) => victim.storageSwitch().attach(victim.blade, 'shop/web', ['content'], answer)))
  await bootShop(victim, 'boot-victim')
  await bootShop(hostile, 'boot-hostile')
  const agent = join(farm, 'agent')
  mkdirSync(agent, { mode: 0o700 })
  writeFileSync(join(agent, 'token'), 'secret', { mode: 0o600 })
  writeFileSync(join(victim.place.data, 'content/prices.json'), '{"secret": 1}')
  const control = createServer((socket) => socket.end())
  const controlPort = await findFreePort()
  await listening(control, { port: controlPort, host: '127.0.0.1' })
  const local = createServer((socket) => socket.end())
  await listening(local, { path: join(agent, 'socket') })
  const abstract = createServer((socket) => socket.end())
  await listening(abstract, { path: `\0bladewright-trial-${process.pid}` })

  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${hostile.board().port()}${path}`)).json()
  const attempts: HostileTrial['attempts'] = {}
  const attempt = async (name: IsolationAttempt, parameters: object = {}) => {
    const query = new URLSearchParams({ name, with: JSON.stringify(parameters) })
    attempts[name] = (await ask(`/attempt?${query}`)) as HostileTrial['attempts'][string]
  }
  const victimPid = (await reading(victim)).pid
  const temporary = (name: string) => `/tmp/bladewright-trial-${process.pid}-${name}`

  await attempt('read the files of another blade', { file: join(victim.place.data, 'content/a.txt') })
  await attempt('load a module from another blade', { module: join(victim.place.data, 'content/prices.json') })
  await attempt('read the token of the control port', { file: join(agent, 'token') })
  await attempt('read the password file of the host')
  await attempt('read what the host runs from /proc', { pid: process.pid })
  await attempt('load variables from a file of another blade', { file: join(victim.place.data, 'content/a.txt') })
  await attempt('open a file of another blade as a blob', { file: join(victim.place.data, 'content/a.txt') })
  await attempt('watch the directory of another blade', { directory: victim.place.data })
  await attempt('read its own log', { file: join(hostile.place.logs, 'output.log') })
  await attempt('list the directory of the farm', { directory: farm })
  await attempt('write into its own directory')
  await attempt('write into /tmp', { file: temporary('file') })
  await attempt('write a database into /tmp', { file: temporary('database') })
  await attempt('write a report into /tmp', { file: temporary('report') })
  await attempt('leave a socket in /tmp', { file: temporary('socket') })
  await attempt('write a trace into its own directory')
  const traces = readdirSync(hostile.place.image).filter((file) => file.startsWith('node_trace'))
  if (traces.length === 0) attempts['write a trace into its own directory'] = { outcome: 'blocked', detail: 'no file' }
  await attempt('write a heap snapshot into /tmp', { file: temporary('heap') })
  await attempt('make a symbolic link', { file: temporary('link') })
  await attempt('start a program')
  await attempt('become another program')
  await attempt('start a worker thread')
  await attempt('load a native addon', { file: join(import.meta.dirname, 'no-addon.node') })
  await attempt('open the inspector')
  await attempt('become root')
  await attempt('signal another blade', { pid: victimPid })
  await attempt('signal the agent', { pid: process.pid })
  await attempt('slow another blade down by its priority', { pid: victimPid })
  await attempt('connect to a unix socket of the agent', { path: join(agent, 'socket') })
  await attempt('connect to an abstract unix socket', { path: `bladewright-trial-${process.pid}` })
  await attempt('connect to the port of another blade', { port: victim.board().port() })
  await attempt('connect to the control port', { port: controlPort })
  await attempt('listen on any free port')
  await forgeIdentity(attempt, attempts)
  await bringLinks(attempts)
  const environment = (await ask('/environment')) as HostileTrial['environment']
  for (const server of [control, local, abstract]) server.close()

  // A file that a broken sandbox let it leave in /tmp is part of what the scrub must find.
  await scrubbed(hostile)
  const scrubVerified = await codeOf(
    hostile.ask((answer: Parameters<ReturnType<typeof hostile.board>['verifyScrub']>[1]) =>
      hostile.board().verifyScrub('shop/web', answer),
    ),
  )
  const socketLeft = existsSync(temporary('socket'))
  return { ownUid: hostile.place.uid !== null, attempts, environment, scrubVerified, socketLeft }
}

/** The other blade is dead and its port free: the hostile one takes it and says what that board hopes to hear. */
async function forgeIdentity(
  attempt: (name: IsolationAttempt, parameters: object) => Promise<void>,
  attempts: HostileTrial['attempts'],
): Promise<void> {
  const name = 'answer on the port of another blade'
  // The victim is paused before it listens, as a slow boot is, so the port is free while its process lives.
  await okOf(victim.ask<void>((answer) => victim.board().powerOff(answer)))
  await okOf(victim.ask<void>((answer) => victim.board().powerOn('boot-slow', answer)))
  const { pid } = await reading(victim)
  if (pid === null) throw new Error('the victim did not start')
  process.kill(pid, 'SIGSTOP')
  const { group, role, imageDigest } = pointersTo(images, 'shop-web')
  await attempt(name, { port: victim.board().port(), forged: { group, role, imageDigest, bootId: 'boot-slow' } })
  const took = attempts[name]
  const identity = await victim.ask((answer: Parameters<ReturnType<typeof victim.board>['readIdentity']>[0]) =>
    victim.board().readIdentity(answer),
  )
  const believed = took?.outcome === 'succeeded' && identity.ok
  const detail = identity.ok ? 'identity read' : `${identity.code}: ${identity.detail}`
  attempts[name] = { outcome: believed ? 'succeeded' : 'blocked', detail: `port ${took?.outcome}; ${detail}` }
  process.kill(pid, 'SIGCONT')
}

/** Links are not the blade's to make at run time, but an account may try to ship one. */
async function bringLinks(attempts: HostileTrial['attempts']): Promise<void> {
  cpSync(join(images, 'shop-web'), join(images, 'linked'), { recursive: true })
  const pointers = pointersTo(images, 'linked')
  symlinkSync(victim.place.data, join(images, 'linked', 'loot'))
  const code = await codeOf(hostile.ask<void>((answer) => hostile.board().setPointers({ ...pointers }, answer)))
  attempts['bring a symbolic link in its image'] = {
    outcome: code === 'IMAGE_HAS_SYMLINK' ? 'blocked' : 'succeeded',
    detail: code,
  }
  const volume = join(farm, 'volumes/shop/web/loot')
  mkdirSync(volume)
  symlinkSync(victim.place.data, join(volume, 'loot'))
  const attached = await codeOf(
    hostile.ask<void>((answer) => hostile.storageSwitch().attach(hostile.blade, 'shop/web', ['loot'], answer)),
  )
  const there = existsSync(join(hostile.place.data, 'loot')) && statSync(join(hostile.place.data, 'loot')).isDirectory()
  attempts['bring a symbolic link in its volume'] = { outcome: there ? 'succeeded' : 'blocked', detail: attached }
}

try {
  console.log(JSON.stringify(await run()))
} finally {
  await hostile.close()
  await victim.close()
  for (const name of ['file', 'database', 'report', 'socket', 'heap', 'link']) {
    rmSync(`/tmp/bladewright-trial-${process.pid}-${name}`, { force: true })
  }
  rmSync(farm, { recursive: true, force: true })
}
process.exit(0)
