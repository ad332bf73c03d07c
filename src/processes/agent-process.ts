// The process of an agent: the boards and switches of one cabinet of process blades.
import { createFileDisk } from '../drivers/node/file-disk.ts'
import { systemClock } from '../drivers/node/system-clock.ts'
import { isolationOf, isolationVerdict } from '../drivers/process/isolation.ts'
import { createProcessBoard, type ProcessBoard } from '../drivers/process/process-board.ts'
import { createProcessNetworkSwitch } from '../drivers/process/process-network-switch.ts'
import { createProcessStorageSwitch } from '../drivers/process/process-storage-switch.ts'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { BladeId, NodeId } from '../protocol/ids.ts'
import { boardRegisters } from '../runtime/board-registers.ts'
import { type AgentPlace, agentsOf, groupsOf } from '../runtime/farm-layout.ts'
import { runAgent } from '../runtime/run-agent.ts'
import type { BoardPorts, RunningAgent } from '../runtime/run-options.ts'
import { placeOf } from './blade-places.ts'
import { linked } from './linked-process.ts'
import { beginProcess, type ProcessOptions } from './own-process.ts'
import type { RunDirectory } from './run-directory.ts'

export function agentProcess(options: ProcessOptions, node: NodeId): void {
  const own = beginProcess(options, node, 'agent')
  const { directory, incarnation, log } = own
  const agent = agentsOf(directory.config).find((one) => one.node === node)
  if (!agent) {
    own.fail('CONFIG_INVALID', `${node} is no agent of this farm`)
    return
  }
  let running: RunningAgent | undefined
  const blades = agent.blades.map(({ blade }) => blade)
  const { transport, random } = linked(
    own,
    boardRegisters(blades, (blade) => running?.statusOf(blade)),
  )
  const disk = createFileDisk(directory.dataOf(node))
  const ports = { clock: systemClock, random, log, transport, disk }
  // Canaries and receipts: never those of another farm, nor of a former life, whatever the configuration's seed.
  const chance = createSeededRandom(`${directory.path} ${node} ${incarnation} ${process.hrtime.bigint()}`)
  const boards = boardsOf(directory, agent, chance, log)
  const site = directory.config.site.id
  runAgent(
    {
      site,
      node,
      incarnation,
      ports,
      boards,
      ended: (why, code = 'INVARIANT_BROKEN') => own.fail(code, why),
    },
    (started) => {
      if (started.ok) {
        running = started.value
        own.runs(running)
      } else own.fail(started.code, started.detail)
    },
  )
}

function boardsOf(directory: RunDirectory, agent: AgentPlace, random: Random, log: Log): BoardPorts[] {
  const { config } = directory
  const found = agent.blades.map(({ blade }) => placeOf(directory.path, blade))
  sayIsolation(found, log)
  const places = new Map(found.map(({ place }) => [place.blade, place]))
  const place = (blade: BladeId) => places.get(blade)
  const boards = new Map<BladeId, ProcessBoard>()
  for (const { blade, boardType } of agent.blades) {
    const { directory: own, uid } = places.get(blade) ?? { directory: '', uid: null }
    const common = { images: config.images, clock: systemClock, nodeBinary: process.execPath, uid }
    const parts = { ...common, blade, boardType, directory: own, random: random.fork(blade), log: log.child({ blade }) }
    boards.set(blade, createProcessBoard(parts))
  }
  const groups = new Map(groupsOf(config).map(({ group, roles }) => [group, roles.flatMap(({ networks }) => networks)]))
  const storage = createProcessStorageSwitch({ volumes: config.volumes, clock: systemClock, place })
  const network = createProcessNetworkSwitch({
    clock: systemClock,
    place,
    port: (blade) => boards.get(blade)?.port() ?? null,
    networks: (group) => groups.get(group) ?? [],
  })
  return [...boards].map(([blade, board]) => ({ blade, board, network, storage }))
}

/** What cannot be closed is said at start. */
function sayIsolation(found: readonly { whyShared: string | null }[], log: Log): void {
  const isRoot = process.getuid?.() === 0
  const reasons = [...new Set(found.flatMap(({ whyShared }) => whyShared ?? []))]
  const { open } = isolationOf({ root: isRoot && reasons.length === 0 })
  log.warn('agent.isolation', { verdict: isolationVerdict, open, ...(reasons.length > 0 && { sharedUser: reasons }) })
}
