// Where the processes of one farm on one machine keep what they need, and find each other.
//   farm.json            the configuration, complete, with absolute folders
//   tokens/<node>        0600: what this node shows where it calls; `control` is the operators'
//   notes/<name>.json    0600: who runs where: master's ports, process ids
//   data/<node>/         0700: journal, database, lists of one node
//   blades/<blade>/      what a process blade may see; 0711 so that its user passes through
// Nothing secret is ever in an argument or in an environment.
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { parseJson, readIfThere, replaceFile } from '../drivers/process/durable-file.ts'
import { isAlive, nameProcess, type ProcessName } from '../drivers/process/proc.ts'
import { ConfigError } from '../errors.ts'
import { type NodeId, nodeId } from '../protocol/ids.ts'
import { type FarmConfig, requireFarmConfig } from '../runtime/farm-config.ts'
import { agentsOf } from '../runtime/farm-layout.ts'
import { loadNode } from '../runtime/run-load.ts'
import { balancerNode } from '../runtime/site-book-of.ts'

export const masterNode = 'm1'
/** The node of whoever conducts a demonstration. */
export const demoNode = 'demo'
export const runDirectoryName = '.bladewright'

export interface RunDirectory {
  readonly path: string
  readonly config: FarmConfig
  /** Undefined for a node that the farm does not have. */
  tokenOf(node: NodeId): string | undefined
  /** Created when missing. */
  dataOf(node: NodeId): string
  readonly blades: string
  /** One more than the node's last life; durable before it returns. */
  nextIncarnation(node: NodeId): number
}

const processName = z.object({ pid: z.number().int().positive(), startTicks: z.string(), kernelBoot: z.string() })
const note = z.object({
  node: nodeId,
  kind: z.enum(['master', 'agent', 'balancer', 'load', 'launcher']),
  process: processName,
})
export type ProcessNote = z.infer<typeof note>

const portNote = z.object({ node: nodeId, pid: z.number(), port: z.number().int().min(1).max(65_535) })
export type PortNote = z.infer<typeof portNote>

export function nodesOf(config: FarmConfig): readonly NodeId[] {
  return [masterNode, ...agentsOf(config).map(({ node }) => node), balancerNode, loadNode, demoNode]
}

/** Sets one up, or brings one that is there up to date with the configuration: tokens and data stay. */
export function prepareRunDirectory(path: string, config: FarmConfig): RunDirectory {
  try {
    makeFolder(path, 0o711)
    for (const folder of ['tokens', 'notes', 'data']) makeFolder(join(path, folder), 0o700)
    makeFolder(join(path, 'blades'), 0o711)
    for (const name of [...nodesOf(config), 'control']) makeToken(join(path, 'tokens', name))
    const absolute = { ...config, images: resolve(config.images), volumes: resolve(config.volumes) }
    replaceFile(join(path, 'farm.json'), `${JSON.stringify(absolute, null, 2)}\n`)
  } catch (error) {
    throw new ConfigError('RUN_DIRECTORY_UNUSABLE', error instanceof Error ? error.message : String(error), path)
  }
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
    tokenOf: (node) => (nodes.has(node) ? readIfThere(join(path, 'tokens', node))?.trim() : undefined),
    dataOf,
    blades: join(path, 'blades'),
    nextIncarnation(node) {
      const file = join(dataOf(node), 'incarnation')
      const next = Number(readIfThere(file) ?? 0) + 1
      replaceFile(file, `${next}\n`)
      return next
    },
  }
}

/** Forgets what a former farm left here: journals, notes, blades. Tokens and the configuration stay. Nothing of it may run. */
export function clearRunDirectory({ path }: RunDirectory): void {
  for (const folder of ['data', 'notes', 'blades']) rmSync(join(path, folder), { recursive: true, force: true })
}

/** For the operators' control port; undefined when this directory has none. */
export function controlToken(path: string): string | undefined {
  return readIfThere(join(path, 'tokens', 'control'))?.trim()
}

// — who runs ————————————————————————————————————————————————————————————————————————————————————

export function noteProcess({ path }: RunDirectory, node: NodeId, kind: ProcessNote['kind']): void {
  const name = nameProcess(process.pid)
  if (name) writeNote(path, `process-${node}`, { node, kind, process: name })
}

/** Those that live; a pid that was used again is nobody of ours. */
export function livingProcesses(path: string, config: FarmConfig): readonly ProcessNote[] {
  return nodesOf(config).flatMap((node) => {
    const found = processNote(path, node)
    return found !== undefined && isAlive(found.process) ? [found] : []
  })
}

function processNote(path: string, node: NodeId): ProcessNote | undefined {
  const parsed = note.safeParse(readNote(path, `process-${node}`))
  return parsed.success ? parsed.data : undefined
}

/** One launcher a run directory. RUN_DIRECTORY_IN_USE. */
export function claimRunDirectory({ path }: RunDirectory): void {
  const parsed = note.safeParse(readNote(path, 'launcher'))
  if (parsed.success && parsed.data.process.pid !== process.pid && isAlive(parsed.data.process))
    throw new ConfigError('RUN_DIRECTORY_IN_USE', `process ${parsed.data.process.pid} runs a farm here`, path)
  const name: ProcessName | undefined = nameProcess(process.pid)
  if (name) writeNote(path, 'launcher', { node: demoNode, kind: 'launcher', process: name })
}

export function notePort(path: string, what: 'channel' | 'control' | 'members', said: PortNote): void {
  writeNote(path, what, said)
}

export function portOf(path: string, what: 'channel' | 'control' | 'members'): PortNote | undefined {
  const parsed = portNote.safeParse(readNote(path, what))
  return parsed.success ? parsed.data : undefined
}

/** Undefined when who noted it is gone: the port may be anybody's by now, and whoever answers there is shown a token. */
export function livePortOf(path: string, what: 'channel' | 'control' | 'members'): PortNote | undefined {
  const found = portOf(path, what)
  const owner = found === undefined ? undefined : processNote(path, found.node)?.process
  // No note of the process where processes cannot be named: there the port is all that is known.
  return owner === undefined || (owner.pid === found?.pid && isAlive(owner)) ? found : undefined
}

export function writeNote(path: string, name: string, value: object): void {
  replaceFile(join(path, 'notes', `${name}.json`), `${JSON.stringify(value)}\n`)
}

function readNote(path: string, name: string): unknown {
  const text = readIfThere(join(path, 'notes', `${name}.json`))
  return text === undefined ? undefined : parseJson(text)
}

function makeFolder(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode })
  if ((statSync(path).mode & 0o777) !== mode) chmodSync(path, mode)
}

function makeToken(path: string): void {
  if (!existsSync(path)) replaceFile(path, `${randomBytes(32).toString('hex')}\n`)
}
