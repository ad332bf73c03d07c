// The keys of a run directory: one secret a node, from which the proofs of its connections and the codes of its datagrams are made.
// One that is replaced is kept until every process that was started with it has ended: each side finds the one that the other has.
import { createHash, randomBytes } from 'node:crypto'
import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readIfThere, replaceFile } from '../drivers/process/durable-file.ts'
import { ConfigError } from '../errors.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { livingProcesses, nodesOf } from './run-directory.ts'

export interface KeyStatus {
  readonly node: NodeId
  /** The first eight hexadecimal digits of its SHA-256: enough to compare, no help to guess. */
  readonly fingerprint: string
  /** ms since the epoch. */
  readonly madeAt: number
  /** Another one is still in use beside it. */
  readonly isReplacing: boolean
}

/** For the operators' control port. */
const controlKey = 'control'

export function keysOf(path: string, config: FarmConfig): readonly KeyStatus[] {
  return [...nodesOf(config), controlKey].flatMap((node) => {
    const file = keyFile(path, node)
    const key = readIfThere(file)?.trim()
    if (key === undefined) return []
    const fingerprint = createHash('sha256').update(key).digest('hex').slice(0, 8)
    const isReplacing = readIfThere(formerFile(path, node)) !== undefined
    return [{ node, fingerprint, madeAt: Math.round(statSync(file).mtimeMs), isReplacing }]
  })
}

/**
 * A new one for each, on disk before it returns. Throws ConfigError: COMMAND_INVALID for a node that there is not, or whose former key is
 * still in use: a second replacement would shut its process out.
 */
export function replaceKeys(path: string, config: FarmConfig, nodes: readonly NodeId[]): void {
  settleKeys(path, config)
  const known = new Set(keysOf(path, config).map(({ node }) => node))
  for (const node of nodes) {
    if (!known.has(node))
      throw new ConfigError('COMMAND_INVALID', `no key of ${node}; there are ${[...known].join(', ')}`)
    if (node !== controlKey && readIfThere(formerFile(path, node)) !== undefined)
      throw new ConfigError(
        'COMMAND_INVALID',
        `${node} still runs with the key that was replaced last; start its process anew first`,
        formerFile(path, node),
      )
  }
  for (const node of nodes) {
    const file = keyFile(path, node)
    const former = readIfThere(file)
    // Whoever reads between the two writes finds the same key twice.
    if (node !== controlKey && former !== undefined) replaceFile(formerFile(path, node), former)
    replaceFile(file, `${randomBytes(32).toString('hex')}\n`)
  }
}

/** Forgets replaced keys of nodes whose process began after the replacement, or does not run. */
export function settleKeys(path: string, config: FarmConfig): void {
  const begun = new Map(livingProcesses(path, config).map(({ node }) => [node, noteMs(path, node)]))
  for (const node of nodesOf(config)) {
    const since = begun.get(node)
    const replacedMs = statSync(keyFile(path, node), { throwIfNoEntry: false })?.mtimeMs ?? 0
    if (since === undefined || since > replacedMs) rmSync(formerFile(path, node), { force: true })
  }
}

/** A process notes itself when it begins. */
function noteMs(path: string, node: NodeId): number {
  return statSync(join(path, 'notes', `process-${node}.json`), { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function keyFile(path: string, node: NodeId): string {
  return join(path, 'tokens', node)
}

function formerFile(path: string, node: NodeId): string {
  return join(path, 'tokens', `${node}.former`)
}
