// What every process of a farm does besides its work: says who it is, ends in order when it is told or its launcher is gone, and
// ends with a coded line when it cannot go on.

import { createInterface } from 'node:readline'
import { z } from 'zod'
import { diskErrorCode } from '../drivers/node/file-disk.ts'
import { createPinoLog } from '../drivers/node/pino-log.ts'
import { parseJson } from '../drivers/process/durable-file.ts'
import { ConfigError } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { Running } from '../runtime/run-options.ts'
import { becomeNode, openRunDirectory, type ProcessNote, type RunDirectory } from './run-directory.ts'

export interface ProcessOptions {
  readonly runDirectory: string
  /** Ends when its standard input does: the launcher holds the other end. */
  readonly isTied: boolean
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export interface OwnProcess {
  readonly directory: RunDirectory
  readonly node: NodeId
  readonly incarnation: number
  readonly log: Log
  /** From now on an end is an ordered stop of it. */
  runs(running: Running): void
  /** What its launcher tells it, a JSON object a line. */
  onTold(listener: (told: unknown) => void): void
  /** Its launcher says which buses are cut: all that are, each time. */
  onCut(listener: (names: readonly string[]) => void): void
  /** It cannot go on. */
  fail(code: string, detail: string): never
}

/** What a launcher tells every process: the buses that are cut. */
export const cutNotice = z.object({ cut: z.array(z.string().max(64)).max(8) })

/** An ordered stop takes at most this long. */
const stopMsMax = 3_000

export function beginProcess(options: ProcessOptions, node: NodeId, kind: ProcessNote['kind']): OwnProcess {
  const log = createPinoLog({ level: options.logLevel, descriptor: 2, fields: { node } })
  process.once('uncaughtException', (error) => {
    log.error('process.crashed', { code: 'INVARIANT_BROKEN', detail: error.stack ?? error.message })
    process.exit(1)
  })
  const { directory, incarnation } = begin(options, node, kind, log)
  let current: Running | undefined
  let isEnding = false
  const listeners: ((said: unknown) => void)[] = []
  const told = (said: unknown) => {
    for (const listener of listeners) listener(said)
  }

  function end(why: string): void {
    if (isEnding) return
    isEnding = true
    log.info('process.ending', { why })
    setTimeout(() => process.exit(0), stopMsMax).unref()
    if (current) current.stop(() => process.exit(0))
    else process.exit(0)
  }

  process.once('SIGTERM', () => end('SIGTERM'))
  // Ctrl-C and the end of a terminal reach the whole foreground group; those with a launcher leave the order to it.
  for (const signal of ['SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (!options.isTied) end(signal)
    })
  if (options.isTied) {
    createInterface(process.stdin).on('line', (line) => told(parseJson(line)))
    process.stdin.once('end', () => end('its launcher is gone'))
    process.stdin.once('error', () => end('its launcher is gone'))
  }
  return {
    directory,
    node,
    incarnation,
    log,
    runs(running) {
      current = running
      log.info('process.running', { kind, incarnation })
    },
    onTold: (listener) => void listeners.push(listener),
    onCut(listener) {
      listeners.push((said) => {
        const notice = cutNotice.safeParse(said)
        if (notice.success) listener(notice.data.cut)
      })
    },
    fail: (code, detail) => fail(log, code, detail),
  }
}

/** Throws to the command line, which says it in words; a launcher reads lines. */
function begin(options: ProcessOptions, node: NodeId, kind: ProcessNote['kind'], log: Log) {
  try {
    const directory = openRunDirectory(options.runDirectory)
    // It stays this node until it is gone, and so never leaves.
    const { incarnation } = becomeNode(directory, node, kind, options.isTied)
    return { directory, incarnation }
  } catch (error) {
    // Its first notes are on the disk of everything else; started again, it finds room or says so again.
    if (isSystemError(error)) return fail(log, diskErrorCode(error), error.message)
    if (!options.isTied || !(error instanceof ConfigError)) throw error
    return fail(log, error.code, error.message)
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

function fail(log: Log, code: string, detail: string): never {
  log.error('process.failed', { code, detail })
  process.exit(/^(?:PORT_IN_USE|RUN_DIRECTORY_|CONFIG_|IMAGE_|CAN_UNSUPPORTED)/.test(code) ? 2 : 1)
}
