// Where the processes of one farm on one machine keep what they need, and find each other.
//   farm.json            the configuration, complete, with absolute folders
//   tokens/<node>        0600: what this node shows where it calls; `control` is the operators'
//   notes/<name>.json    0600: who runs where: ports, process ids
//   data/<node>/         0700: journal, database, lists of one node
//   blades/<blade>/      what a process blade may see; 0711 so that its user passes through
//   lock, data/<node>/lock   held by the launcher and by each node while they run
// Nothing secret is ever in an argument or in an environment.
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { parseJson, readIfThere, replaceFile } from '../drivers/process/durable-file.ts'
import { isAlive, nameProcess } from '../drivers/process/proc.ts'
import { ConfigError } from '../errors.ts'
import { type NodeId, nodeId } from '../protocol/ids.ts'
import { type FarmConfig, requireFarmConfig } from '../runtime/farm-config.ts'
import { agentsOf, mastersOf } from '../runtime/farm-layout.ts'
import { loadNode } from '../runtime/run-load.ts'
import { balancerNode } from '../runtime/site-book-of.ts'
import { holdFile } from './exclusive-file.ts'

/** The node of whoever conducts a demonstration. */
export const demoNode = 'demo'
export const runDirectoryName = '.bladewright'

export interface RunDirectory {
  readonly path: string
  readonly config: FarmConfig
  /** Undefined for a node that the farm does not have. */
  tokenOf(node: NodeId): string | undefined
  /** Also the one that it replaces, until all that were started with that one have ended: the newest first. */
  tokensOf(node: NodeId): readonly string[]
  /** Created when missing. */
  dataOf(node: NodeId): string
  /** The node's last life; 0 before the first. */
  lastIncarnation(node: NodeId): number
  /** One more than the node's last life; durable before it returns. */
  nextIncarnation(node: NodeId): number
}

const processName = z.object({ pid: z.number().int().positive(), startTicks: z.string(), kernelBoot: z.string() })
const processNote = z.object({
  node: nodeId,
  kind: z.enum(['master', 'agent', 'balancer', 'load', 'launcher']),
  process: processName,
  /** It ends by itself when its launcher is gone. */
  isTied: z.boolean(),
})
export type ProcessNote = z.infer<typeof processNote>

const portNote = z.object({ node: nodeId, pid: z.number(), port: z.number().int().min(1).max(65_535) })
export type PortNote = z.infer<typeof portNote>

export function nodesOf(config: FarmConfig): readonly NodeId[] {
  return [...mastersOf(config), ...agentsOf(config).map(({ node }) => node), balancerNode, loadNode, demoNode]
}

/** Sets one up, or brings one that is there up to date with the configuration: tokens and data stay. */
export function prepareRunDirectory(path: string, config: FarmConfig): RunDirectory {
  attempt(path, () => {
    makeFolder(path, 0o711)
    for (const folder of ['tokens', 'notes', 'data']) makeFolder(join(path, folder), 0o700)
    makeFolder(bladesFolder(path), 0o711)
    for (const name of [...nodesOf(config), 'control']) makeToken(join(path, 'tokens', name))
    const absolute = { ...config, images: resolve(config.images), volumes: resolve(config.volumes) }
    replaceFile(join(path, 'farm.json'), `${JSON.stringify(absolute, null, 2)}\n`)
  })
  return openRunDirectory(path)
}

export function openRunDirectory(given: string): RunDirectory {
  const path = resolve(given)
  const text = readIfThere(join(path, 'farm.json'))
  if (text === undefined) throw new ConfigError('RUN_DIRECTORY_UNUSABLE', 'no farm was set up here', path)
  const config = requireFarmConfig(text, join(path, 'farm.json'))
  const nodes = new Set(nodesOf(config))
  const dataOf = (node: NodeId) => {
    const folder = join(path, 'data', node)
    makeFolder(folder, 0o700)
    return folder
  }
  return {
    path,
    config,
    tokenOf: (node) => (nodes.has(node) ? readToken(path, node) : undefined),
    tokensOf: (node) => (nodes.has(node) ? [node, formerOf(node)].flatMap((name) => readToken(path, name) ?? []) : []),
    dataOf,
    lastIncarnation: (node) => incarnationIn(join(dataOf(node), 'incarnation')),
    nextIncarnation(node) {
      const file = join(dataOf(node), 'incarnation')
      const next = incarnationIn(file) + 1
      replaceFile(file, `${next}\n`)
      return next
    },
  }
}

function incarnationIn(file: string): number {
  const last = readIfThere(file) ?? '0'
  // A guess would be an older life to the peers, which refuse it.
  if (!/^\d{1,15}\n?$/.test(last)) throw new ConfigError('RUN_DIRECTORY_UNUSABLE', 'no incarnation in it', file)
  return Number(last)
}

/** Forgets what a former farm left here: journals, notes, blades. Tokens and the configuration stay. Nothing of it may run. */
export function clearRunDirectory(path: string): void {
  for (const folder of ['data', 'notes', 'blades']) rmSync(join(path, folder), { recursive: true, force: true })
}

export function bladesFolder(path: string): string {
  return join(path, 'blades')
}

/** For the operators' control port; undefined when this directory has none. */
export function controlToken(path: string): string | undefined {
  return readIfThere(join(path, 'tokens', 'control'))?.trim()
}

// — who runs ————————————————————————————————————————————————————————————————————————————————————

/** One launcher a run directory, from here until it lets go or is gone. RUN_DIRECTORY_IN_USE, and then nothing was changed here. */
export function claimRunDirectory(path: string): () => void {
  const release = attempt(path, () => {
    makeFolder(path, 0o711)
    makeFolder(join(path, 'notes'), 0o700)
    makeFolder(bladesFolder(path), 0o711)
    return holdFile(join(path, 'lock'))
  })
  if (!release) {
    const pid = parsedNote(path, 'launcher')?.process.pid
    throw new ConfigError('RUN_DIRECTORY_IN_USE', `process ${pid ?? 'unknown'} runs a farm here`, path)
  }
  return release
}

export function noteLauncher(directory: RunDirectory): void {
  note(directory, 'launcher', { node: demoNode, kind: 'launcher', isTied: false })
}

/** A launcher runs a farm from here; false for what is no run directory. */
export function hasLauncher(path: string): boolean {
  const launcher = parsedNote(path, 'launcher')?.process
  return launcher !== undefined && isAlive(launcher)
}

/** This process is the node from here until it leaves or is gone. RUN_DIRECTORY_IN_USE when another one is. */
export function becomeNode(
  directory: RunDirectory,
  node: NodeId,
  kind: ProcessNote['kind'],
  isTied: boolean,
): { readonly incarnation: number; leave(): void } {
  const { path } = directory
  const release = attempt(path, () => holdFile(join(directory.dataOf(node), 'lock')))
  if (!release) {
    const pid = parsedNote(path, `process-${node}`)?.process.pid
    throw new ConfigError('RUN_DIRECTORY_IN_USE', `process ${pid ?? 'unknown'} is ${node} already`, path)
  }
  const incarnation = directory.nextIncarnation(node)
  noteProcess(directory, node, kind, isTied)
  return {
    incarnation,
    leave() {
      rmSync(noteFile(path, `process-${node}`), { force: true })
      release()
    },
  }
}

export function noteProcess(directory: RunDirectory, node: NodeId, kind: ProcessNote['kind'], isTied = false): void {
  note(directory, `process-${node}`, { node, kind, isTied })
}

/** Those that live; a pid that was used again is nobody of ours. */
export function livingProcesses(path: string, config: FarmConfig): readonly ProcessNote[] {
  return nodesOf(config).flatMap((node) => {
    const found = parsedNote(path, `process-${node}`)
    return found !== undefined && isAlive(found.process) ? [found] : []
  })
}

/** Also nodes that the present configuration does not have. */
export function allLivingProcesses(path: string): readonly ProcessNote[] {
  const names = attempt(path, () => readdirSync(join(path, 'notes'))).flatMap(
    (file) => /^(process-.*)\.json$/.exec(file)?.slice(1) ?? [],
  )
  return names.flatMap((name) => parsedNote(path, name) ?? []).filter((found) => isAlive(found.process))
}

function note({ path }: RunDirectory, name: string, said: Omit<ProcessNote, 'process'>): void {
  const own = nameProcess(process.pid)
  if (own) writeNote(path, name, { ...said, process: own })
}

function parsedNote(path: string, name: string): ProcessNote | undefined {
  const parsed = processNote.safeParse(readNote(path, name))
  return parsed.success ? parsed.data : undefined
}

// — which ports —————————————————————————————————————————————————————————————————————————————————

/** Of a site master for other processes and for operators, and of the balancer for whoever asks for its lists. */
export type PortPurpose = 'channel' | 'control' | 'members'

export function notePort(path: string, what: PortPurpose, said: PortNote): void {
  writeNote(path, `${what}-${said.node}`, said)
}

export function portOf(path: string, what: PortPurpose, node: NodeId): PortNote | undefined {
  const parsed = portNote.safeParse(readNote(path, `${what}-${node}`))
  return parsed.success ? parsed.data : undefined
}

/** Where the site master listens; undefined while it does not. */
export function channelUrl({ path, config }: RunDirectory, master: NodeId): string | undefined {
  const port = livePortOf(path, 'channel', master)?.port
  const { host, tls } = config.channel
  return port === undefined ? undefined : `${tls ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Undefined when who noted it is gone: the port may be anybody's by now, and whoever answers there is shown a token. */
export function livePortOf(path: string, what: PortPurpose, node: NodeId): PortNote | undefined {
  const found = portOf(path, what, node)
  const owner = found === undefined ? undefined : parsedNote(path, `process-${found.node}`)?.process
  // No note of the process where processes cannot be named: there the port is all that is known.
  return owner === undefined || (owner.pid === found?.pid && isAlive(owner)) ? found : undefined
}

/** Of every site master that runs here. */
export function liveControlPorts(path: string): readonly PortNote[] {
  const names = readdirSync(join(path, 'notes')).flatMap((file) => /^control-(.*)\.json$/.exec(file)?.slice(1) ?? [])
  return names.flatMap((node) => livePortOf(path, 'control', node) ?? [])
}

function writeNote(path: string, name: string, value: object): void {
  replaceFile(noteFile(path, name), `${JSON.stringify(value)}\n`)
}

function readNote(path: string, name: string): unknown {
  const text = readIfThere(noteFile(path, name))
  return text === undefined ? undefined : parseJson(text)
}

function noteFile(path: string, name: string): string {
  return join(path, 'notes', `${name}.json`)
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new ConfigError('RUN_DIRECTORY_UNUSABLE', error instanceof Error ? error.message : String(error), path)
  }
}

function makeFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode })
  if ((statSync(path).mode & 0o777) !== mode) chmodSync(path, mode)
}

function readToken(path: string, name: string): string | undefined {
  return readIfThere(join(path, 'tokens', name))?.trim()
}

/** Where a token goes when it is replaced. */
function formerOf(name: string): string {
  return `${name}.former`
}

function makeToken(path: string): void {
  if (!existsSync(path)) replaceFile(path, `${randomBytes(32).toString('hex')}\n`)
}
