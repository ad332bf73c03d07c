// The launcher: a farm of processes on this machine, with the demonstration's load, live in the terminal or as a script.
import { fileURLToPath } from 'node:url'
import { createPinoLog } from '../drivers/node/pino-log.ts'
import { systemClock } from '../drivers/node/system-clock.ts'
import { parseJson } from '../drivers/process/durable-file.ts'
import { ConfigError } from '../errors.ts'
import { openDemoChannel } from '../processes/demo-channel.ts'
import { loadFarmConfig } from '../processes/farm-file.ts'
import { isFilled } from '../processes/is-filled.ts'
import { launchFarm } from '../processes/launch-farm.ts'
import { webSocketName } from '../processes/site-transport.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import type { FarmEvent } from '../runtime/farm-control.ts'
import { type ChaosReport, runChaos, type Said } from '../testing/demo/chaos-script.ts'
import type { DemoReport } from '../testing/demo/demo-report.ts'
import { demoMsMin, demoRates, runDemo } from '../testing/demo/demo-script.ts'
import { runDirectoryOf } from './client-for.ts'
import type { CommandInput } from './command.ts'
import { logLevelOf } from './commands/run-one.ts'
import { type ControlClient, createControlClient } from './control-client.ts'
import { demoFile } from './demo-file.ts'
import { createLiveView } from './live-view.ts'
import { processWorld } from './process-world.ts'

const entry = fileURLToPath(new URL(`./bladewright${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))

/** A farm that is not up by then is not coming up. */
const upMsMax = 60_000
const drawEveryMs = 500
const eventsKept = 50

export async function startLive(input: CommandInput): Promise<number> {
  const forMs = scriptMsOf(input)
  const config = await configOf(input)
  const cuts = cutsOf(input, config)
  const runDirectory = runDirectoryOf(input)
  const isWatched = process.stdout.isTTY === true && !input.isOn('json')
  const logLevel = logLevelOf(input)
  const log = createPinoLog({ level: logLevel, descriptor: 2, fields: { node: 'launcher' } })
  const lines = saidLines()
  const hopeless = Promise.withResolvers<never>()
  hopeless.promise.catch(() => {})

  const farm = await launchFarm({
    config,
    runDirectory,
    entry,
    without: [],
    withLoad: true,
    isFresh: !input.isOn('keep'),
    log,
    logLevel,
    onLine(node, line) {
      lines.hear(node, line)
      if (!isWatched) process.stderr.write(`${line}\n`)
      else if (line.includes('"agent.isolation"')) sayIsolation(line)
      else if (line.includes('"level":50')) process.stderr.write(`${node}: ${line}\n`)
    },
    onHopeless: hopeless.reject,
  })
  const interrupted = interruption()
  try {
    const client = createControlClient(runDirectory)
    const up = await Promise.race([whenUp(client, interrupted.isHeard), hopeless.promise, interrupted.promise])
    if (up === 'interrupted') return 0
    farm.cut(cuts)
    const channel = openDemoChannel(farm.directory, log)
    const events = followEvents(client)
    try {
      if (forMs !== undefined) {
        const { subscribe } = events
        const world = processWorld({ client, channel, runDirectory, config, subscribe, onSaid: lines.onSaid })
        const play = input.isOn('chaos') ? chaos : script
        const watching = isWatched ? watch(client, events.recent) : undefined
        const ended = await Promise.race([
          play(world, config, forMs, isWatched ? events.add : sayOnStderr),
          hopeless.promise,
          interrupted.promise,
        ])
        watching?.()
        if (ended === 'interrupted') return 1
        process.stdout.write(`${JSON.stringify(ended, null, input.isOn('json') ? undefined : 2)}\n`)
        return input.isOn('chaos') && ended.invariantsViolated.length > 0 ? 1 : 0
      }
      for (const [account, rate] of Object.entries(demoRates)) channel.setRate(account, rate)
      const watching = isWatched ? watch(client, events.recent) : undefined
      const keys = isWatched ? cutByKey(config, cuts, farm.cut, events.add) : undefined
      await Promise.race([interrupted.promise, hopeless.promise]).finally(() => {
        keys?.()
        watching?.()
      })
      return 0
    } finally {
      channel.stop()
      events.stop()
    }
  } finally {
    interrupted.end()
    await farm.stop()
    interrupted.forget()
  }
}

function scriptMsOf(input: CommandInput): number | undefined {
  const text = input.text('for')
  if (text === undefined) {
    if (input.isOn('json'))
      throw new ConfigError('COMMAND_INVALID', '--json needs --for: a live view is no object', '--json')
    if (input.isOn('chaos'))
      throw new ConfigError('COMMAND_INVALID', '--chaos needs --for: it ends by itself', '--chaos')
    return undefined
  }
  const seconds = Number(text)
  if (Number.isFinite(seconds) && seconds * 1000 >= demoMsMin && seconds <= 86_400) return seconds * 1000
  throw new ConfigError(
    'COMMAND_INVALID',
    `${text} is not a number of seconds from ${demoMsMin / 1000} to 86400`,
    '--for',
  )
}

function cutsOf(input: CommandInput, { channel: { can } }: FarmConfig): readonly string[] {
  const names = input.text('cut')?.split(',') ?? []
  // The only channel is not cut: nothing would be left.
  const channels = can.backend === 'off' ? [] : [...can.buses, webSocketName]
  const unknown = names.find((name) => !channels.includes(name))
  if (unknown === undefined) return names
  const there = channels.length > 0 ? `there are ${channels.join(', ')}` : 'the farm has one only (channel.can)'
  throw new ConfigError('COMMAND_INVALID', `no channel ${unknown}; ${there}`, '--cut')
}

/** Key c: the first bus is cut, then all, then none. The terminal no longer turns Ctrl-C into a signal, so this does. */
function cutByKey(
  { channel: { can } }: FarmConfig,
  cuts: readonly string[],
  cut: (names: readonly string[]) => void,
  said: (sentence: string) => void,
): () => void {
  const { stdin } = process
  if (!stdin.isTTY) return () => {}
  const buses = can.backend === 'off' ? [] : can.buses
  let count = cuts.length
  const hear = (keys: Buffer) => {
    if (keys.includes(0x03)) process.kill(process.pid, 'SIGINT')
    if (!keys.includes('c') || buses.length === 0) return
    count = (count + 1) % (buses.length + 1)
    const now = buses.slice(0, count)
    cut(now)
    said(now.length > 0 ? `${now.join(' and ')} cut` : 'no bus is cut')
  }
  stdin.setRawMode(true)
  stdin.on('data', hear)
  stdin.resume()
  return () => {
    stdin.off('data', hear)
    stdin.setRawMode(false)
    stdin.pause()
  }
}

async function configOf(input: CommandInput): Promise<FarmConfig> {
  const config = await loadFarmConfig(input.text('config') ?? demoFile)
  const text = input.text('seed')
  if (text === undefined) return config
  const seed = Number(text)
  if (Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff) return { ...config, seed }
  throw new ConfigError('COMMAND_INVALID', `${text} is not a whole number from 0 to 4294967295`, '--seed')
}

/** All levels of the start are reached. */
async function whenUp(client: ControlClient, isOver: () => boolean): Promise<'up' | 'interrupted'> {
  const deadline = systemClock.monotonic() + upMsMax
  for (;;) {
    const status = await client.status().catch(() => undefined)
    if (isOver()) return 'interrupted'
    if (status && isFilled(status)) return 'up'
    if (systemClock.monotonic() > deadline) throw new Error(`the farm was not up after ${upMsMax / 1000} s`)
    await pause(100)
  }
}

function sayOnStderr(sentence: string): void {
  process.stderr.write(`${JSON.stringify({ event: 'script', sentence })}\n`)
}

function script(
  world: ReturnType<typeof processWorld>,
  config: FarmConfig,
  forMs: number,
  said: (sentence: string) => void,
): Promise<DemoReport> {
  return new Promise((resolve, reject) => {
    runDemo(world, { seed: config.seed, forMs, said }, (result) => {
      if (result.ok) resolve(result.value)
      else reject(new Error(`${result.code}: ${result.detail}`))
    })
  })
}

function chaos(
  world: ReturnType<typeof processWorld>,
  config: FarmConfig,
  forMs: number,
  said: (sentence: string) => void,
): Promise<ChaosReport> {
  return new Promise((resolve, reject) => {
    runChaos(world, { seed: config.seed, forMs, said }, (result) => {
      if (result.ok) resolve(result.value)
      else reject(new Error(`${result.code}: ${result.detail}`))
    })
  })
}

/** What the processes of the farm say, as events. */
function saidLines() {
  const listeners = new Set<(said: Said) => void>()
  return {
    hear(node: string, line: string) {
      if (listeners.size === 0 || !line.startsWith('{')) return
      const said = parseJson(line) as Said | undefined
      if (typeof said?.event === 'string') for (const listener of listeners) listener({ ...said, node })
    },
    onSaid(listener: (said: Said) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The master's public events, also over its restarts. */
function followEvents(client: ControlClient) {
  const listeners = new Set<(event: FarmEvent) => void>()
  const recent: FarmEvent[] = []
  const stopping = new AbortController()
  const hear = (event: FarmEvent) => {
    if (/^(?:move\.(?:ended|rollback)|blade\.(?:failed|quarantined)|decision|master|channel)/.test(event.type))
      recent.push(event)
    if (recent.length > eventsKept) recent.shift()
    for (const listener of listeners) listener(event)
  }
  const follow = async () => {
    while (!stopping.signal.aborted) {
      await client.events(hear, stopping.signal).catch(() => {})
      await pause(100)
    }
  }
  void follow()
  return {
    recent,
    /** What the script does, among what happens. */
    add: (sentence: string) => void recent.push({ type: 'script', at: systemClock.now(), sentence }),
    subscribe(listener: (event: FarmEvent) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: () => stopping.abort(),
  }
}

function watch(client: ControlClient, events: readonly FarmEvent[]): () => void {
  const view = createLiveView(process.stdout, process.env.NO_COLOR === undefined || process.env.NO_COLOR === '')
  // However the process ends, the terminal gets its cursor back.
  process.once('exit', view.end)
  let isOver = false
  const draw = async () => {
    while (!isOver) {
      const status = await client.status().catch(() => undefined)
      if (status && !isOver) view.draw(status, events)
      await pause(drawEveryMs)
    }
  }
  void draw()
  return () => {
    isOver = true
    process.off('exit', view.end)
    view.end()
  }
}

/** The last: its terminal is gone. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first Ctrl-C ends in order, the second at once: what runs is killed as this process exits. */
function interruption() {
  const { promise, resolve } = Promise.withResolvers<'interrupted'>()
  let count = 0
  const hear = () => {
    count += 1
    if (count > 1) process.exit(130)
    resolve('interrupted')
  }
  for (const signal of signals) process.on(signal, hear)
  return {
    promise,
    isHeard: () => count > 0,
    /** As if it had been heard: for what still waits. */
    end() {
      count = Math.max(count, 1)
    },
    forget() {
      for (const signal of signals) process.off(signal, hear)
    },
  }
}

let isIsolationSaid = false

/** Once, above the live view: what a blade could still do to its neighbours. */
function sayIsolation(line: string): void {
  if (isIsolationSaid) return
  isIsolationSaid = true
  const { verdict, open } = JSON.parse(line) as { verdict: string; open: readonly string[] }
  process.stderr.write(`isolation: ${verdict}; open: ${open.join(', ')} (docs/security.md)\n\n`)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    systemClock.setTimer(ms, resolve)
  })
}
