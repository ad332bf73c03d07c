// The process of a site master: listens for the channel and, on loopback, for operators.
import { join } from 'node:path'
import { z } from 'zod'
import { createFileDisk } from '../drivers/node/file-disk.ts'
import { systemClock } from '../drivers/node/system-clock.ts'
import { digestImage, imageDirectory } from '../drivers/process/image-store.ts'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import { ConfigError, type ErrorCode, InvariantError, TransportError } from '../errors.ts'
import type { Disk } from '../ports/disk.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Result } from '../ports/result.ts'
import type { Store } from '../ports/store.ts'
import { type NodeId, nodeId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { groupsOf, mastersOf } from '../runtime/farm-layout.ts'
import { runMaster } from '../runtime/run-master.ts'
import type { RunningMaster } from '../runtime/run-options.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import { createControlServer } from './control-server.ts'
import { callsTo } from './linked-process.ts'
import { beginProcess, type ProcessOptions } from './own-process.ts'
import { whenPortKnown } from './remembered-port.ts'
import { rulesOf } from './rules-file.ts'
import { controlToken, livingProcesses, notePort, portOf, type RunDirectory } from './run-directory.ts'
import { type SiteTransportOptions, siteTransport } from './site-transport.ts'

export function masterProcess(options: ProcessOptions, node: NodeId): void {
  const own = beginProcess(options, node, 'master')
  const { directory, incarnation, log } = own
  if (!mastersOf(directory.config).includes(node)) {
    own.fail('CONFIG_INVALID', `${node} is no site master of this farm`)
    return
  }
  try {
    startMaster(
      {
        node,
        directory,
        incarnation,
        log,
        onCut: own.onCut,
        ended: (why, code = 'NOT_LEADING') => own.fail(code, why),
      },
      (started) => {
        if (started.ok) {
          const master = started.value
          own.runs(master)
          own.onTold((told) => {
            const exited = exitNotice.safeParse(told)
            if (exited.success) master.peerExited(exited.data.exited, exited.data.incarnation)
          })
        } else own.fail(started.code, started.detail)
      },
    )
  } catch (error) {
    // Also a store whose disk takes nothing.
    if (!(error instanceof ConfigError || error instanceof InvariantError || error instanceof TransportError))
      throw error
    own.fail(error.code, error.message)
  }
}

/** What a launcher tells a site master of another one: that life of it has ended. */
export const exitNotice = z.object({ exited: nodeId, incarnation: z.number().int().positive() })

export interface MasterParts {
  readonly node: NodeId
  readonly directory: RunDirectory
  readonly incarnation: number
  readonly log: Log
  readonly onCut?: SiteTransportOptions['onCut']
  readonly ended: (why: string, code?: ErrorCode) => void
}

/** A site master in this process, on the ports of this machine. Answers when the channel and the control port listen. Throws ConfigError. */
export function startMaster(parts: MasterParts, answer: Answer<RunningMaster>): void {
  const { node } = parts
  const { config, path } = parts.directory
  const data = parts.directory.dataOf(node)
  const needs = {
    rules: rulesOf(config),
    imageDigests: digestsOf(config),
    disk: createFileDisk(data),
    store: openSqliteStore({ path: join(data, 'records.sqlite'), log: parts.log }),
  }
  parts.log.info('master.starting', { seed: config.seed })
  const { host } = config.channel
  const port = portFor(config, node, config.channel.port)
  if (port !== 0) runAt(parts, needs, port, answer)
  else whenPortKnown(host, portOf(path, 'channel', node)?.port, (known) => runAt(parts, needs, known, answer))
}

interface MasterNeeds {
  readonly rules: string
  readonly imageDigests: Record<string, string>
  readonly disk: Disk
  readonly store: Store
}

function runAt(
  { node, directory, incarnation, log, onCut, ended }: MasterParts,
  { rules, imageDigests, disk, store }: MasterNeeds,
  port: number,
  answer: Answer<RunningMaster>,
): void {
  const { config, path } = directory
  const random = createSeededRandom(config.seed).fork(node)
  const masters = mastersOf(config)
  /** Of two masters the second calls the first. */
  const earlier = masters.slice(0, masters.indexOf(node))
  let isAnswered = false
  let channel: Result<void> | undefined
  let control: Result<RunningMaster> | undefined
  let stop = (stopped: () => void) => {
    store.close()
    stopped()
  }
  /** Once both are known; what runs already is stopped when it is no use. */
  function settle(): void {
    if (isAnswered || channel === undefined || control === undefined) return
    isAnswered = true
    const result = channel.ok ? control : channel
    if (result.ok) answer(result)
    else stop(() => answer(result))
  }
  const transport = siteTransport({
    node,
    incarnation,
    config,
    secretsOf: directory.tokensOf,
    random: random.fork('channel'),
    log,
    listen: {
      host: config.channel.host,
      port,
      tokensOf: (caller) => (caller === node ? [] : directory.tokensOf(caller)),
      listening(bound) {
        notePort(path, 'channel', { node, pid: process.pid, port: bound })
        channel = { ok: true, value: undefined }
        settle()
      },
      failed(code, detail) {
        if (isAnswered) ended(detail, code)
        channel = { ok: false, code, detail: `channel port ${port}: ${detail}` }
        settle()
      },
    },
    connect: callsTo(directory, earlier),
    token: directory.tokenOf(node) ?? '',
    ...(onCut && { onCut }),
  })
  runMaster(
    {
      site: config.site.id,
      node,
      incarnation,
      ports: { clock: systemClock, random, log, transport, disk, store },
      config,
      masters,
      rules,
      imageDigests,
      processes: () =>
        livingProcesses(path, config).map((found) => ({
          node: found.node,
          kind: kindOf(found.kind),
          pid: found.process.pid,
        })),
      ended,
    },
    (started) => {
      const close = stop
      if (!started.ok) {
        close(() => answer(started))
        return
      }
      const master = started.value
      stop = (stopped) => master.stop(() => close(stopped))
      serveOperators(directory, node, { ...master, stop }, log, (served) => {
        control = served
        if (served.ok) stop = served.value.stop
        settle()
      })
    },
  )
}

function serveOperators(
  { config, path }: RunDirectory,
  node: NodeId,
  master: RunningMaster,
  log: Log,
  answer: Answer<RunningMaster>,
): void {
  const server = createControlServer({
    control: master,
    token: () => controlToken(path),
    port: portFor(config, node, config.control.port),
    log,
    listening(result) {
      if (!result.ok) {
        answer(result)
        return
      }
      notePort(path, 'control', { node, pid: process.pid, port: result.value.port })
      const stop = (stopped: () => void) => server.close(() => master.stop(stopped))
      answer({ ok: true, value: { ...master, stop } })
    },
  })
}

/** The first master's port as configured, the second's beside it. */
function portFor(config: FarmConfig, node: NodeId, port: number): number {
  return port === 0 ? 0 : port + mastersOf(config).indexOf(node)
}

/** What the agents must find in their stores. IMAGE_UNKNOWN, IMAGE_HAS_SYMLINK, IMAGE_UNUSABLE: no blade could ever boot it. */
function digestsOf(config: FarmConfig): Record<string, string> {
  const names = new Set(groupsOf(config).flatMap(({ roles }) => roles.map(({ image }) => image)))
  const digests: Record<string, string> = {}
  for (const name of names) {
    const folder = imageDirectory(config.images, name)
    if (folder === undefined) throw new ConfigError('IMAGE_UNKNOWN', `no image ${name}`, config.images)
    const digest = digestImage(folder)
    if (!digest.ok) throw new ConfigError(digest.code, digest.detail, folder)
    digests[name] = digest.value
  }
  return digests
}

function kindOf(kind: 'master' | 'agent' | 'balancer' | 'load' | 'launcher') {
  return kind === 'launcher' ? 'other' : kind
}
