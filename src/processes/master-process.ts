// The process of a site master: listens for the channel and, on loopback, for operators.
import { join } from 'node:path'
import { defaultRules } from '../decision/default-rules.ts'
import { parseRules } from '../decision/fuzzy-rules.ts'
import { createFileDisk } from '../drivers/node/file-disk.ts'
import { systemClock } from '../drivers/node/system-clock.ts'
import { readIfThere } from '../drivers/process/durable-file.ts'
import { digestImage, imageDirectory } from '../drivers/process/image-store.ts'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import { ConfigError } from '../errors.ts'
import type { Disk } from '../ports/disk.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Result } from '../ports/result.ts'
import type { Store } from '../ports/store.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { groupsOf } from '../runtime/farm-layout.ts'
import { runMaster } from '../runtime/run-master.ts'
import type { RunningMaster } from '../runtime/run-options.ts'
import { openSqliteStore } from '../store/sqlite-store.ts'
import { createTokenCheck } from '../transport/websocket/handshake.ts'
import { createWebSocketTransport } from '../transport/websocket/web-socket-transport.ts'
import { createControlServer } from './control-server.ts'
import { beginProcess, type ProcessOptions } from './own-process.ts'
import { whenPortKnown } from './remembered-port.ts'
import { controlToken, livingProcesses, masterNode, notePort, portOf, type RunDirectory } from './run-directory.ts'

export function masterProcess(options: ProcessOptions): void {
  const own = beginProcess(options, masterNode, 'master')
  const { directory, incarnation, log } = own
  try {
    startMaster({ directory, incarnation, log, ended: (why) => own.fail('NOT_LEADING', why) }, (started) => {
      if (started.ok) own.runs(started.value)
      else own.fail(started.code, started.detail)
    })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    own.fail(error.code, error.message)
  }
}

export interface MasterParts {
  readonly directory: RunDirectory
  readonly incarnation: number
  readonly log: Log
  readonly ended: (why: string) => void
}

/** A site master in this process, on the ports of this machine. Answers when the channel and the control port listen. Throws ConfigError. */
export function startMaster(parts: MasterParts, answer: Answer<RunningMaster>): void {
  const { config, path } = parts.directory
  const data = parts.directory.dataOf(masterNode)
  const needs = {
    rules: rulesOf(config),
    imageDigests: digestsOf(config),
    disk: createFileDisk(data),
    store: openSqliteStore({ path: join(data, 'records.sqlite'), log: parts.log }),
  }
  parts.log.info('master.starting', { seed: config.seed })
  const { host, port } = config.channel
  if (port !== 0) runAt(parts, needs, port, answer)
  else whenPortKnown(host, portOf(path, 'channel')?.port, (known) => runAt(parts, needs, known, answer))
}

interface MasterNeeds {
  readonly rules: string
  readonly imageDigests: Record<string, string>
  readonly disk: Disk
  readonly store: Store
}

function runAt(
  { directory, incarnation, log, ended }: MasterParts,
  { rules, imageDigests, disk, store }: MasterNeeds,
  port: number,
  answer: Answer<RunningMaster>,
): void {
  const { config, path } = directory
  const random = createSeededRandom(config.seed).fork(masterNode)
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
  const transport = createWebSocketTransport({
    node: masterNode,
    incarnation,
    clock: systemClock,
    random: random.fork('channel'),
    log,
    listen: {
      host: config.channel.host,
      port,
      authorize: createTokenCheck((node) => (node === masterNode ? undefined : directory.tokenOf(node))),
      listening(bound) {
        notePort(path, 'channel', { node: masterNode, pid: process.pid, port: bound })
        channel = { ok: true, value: undefined }
        settle()
      },
      failed(code, detail) {
        if (isAnswered) ended(`${code}: ${detail}`)
        channel = { ok: false, code, detail: `channel port ${port}: ${detail}` }
        settle()
      },
    },
  })
  runMaster(
    {
      site: config.site.id,
      node: masterNode,
      incarnation,
      ports: { clock: systemClock, random, log, transport, disk, store },
      config,
      rules,
      imageDigests,
      processes: () =>
        livingProcesses(path, config).map(({ node, kind, process: { pid } }) => ({ node, kind: kindOf(kind), pid })),
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
      serveOperators(directory, { ...master, stop }, log, (served) => {
        control = served
        if (served.ok) stop = served.value.stop
        settle()
      })
    },
  )
}

function serveOperators(
  { config, path }: RunDirectory,
  master: RunningMaster,
  log: Log,
  answer: Answer<RunningMaster>,
): void {
  const server = createControlServer({
    control: master,
    token: controlToken(path) ?? '',
    port: config.control.port,
    log,
    listening(result) {
      if (!result.ok) {
        answer(result)
        return
      }
      notePort(path, 'control', { node: masterNode, pid: process.pid, port: result.value.port })
      const stop = (stopped: () => void) => server.close(() => master.stop(stopped))
      answer({ ok: true, value: { ...master, stop } })
    },
  })
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

function rulesOf({ decisions: { rulesFile } }: FarmConfig): string {
  if (rulesFile === undefined) return defaultRules
  const text = readIfThere(rulesFile)
  if (text === undefined) throw new ConfigError('CONFIG_UNREADABLE', 'there is no such file of rules', rulesFile)
  const parsed = parseRules(text)
  if (parsed.ok) return text
  const [first] = parsed.errors
  throw new ConfigError(
    'CONFIG_INVALID',
    first?.message ?? 'not understood',
    `${rulesFile}:${first?.line}:${first?.column}`,
  )
}

function kindOf(kind: 'master' | 'agent' | 'balancer' | 'load' | 'launcher') {
  return kind === 'launcher' ? 'other' : kind
}
