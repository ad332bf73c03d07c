// What a command means to the hardware, the network switch and the storage switch of one blade. Each operation sets a state, so it
// may be repeated; none of them decides whether it may be done, for that is the gate's (machines/host-board-gate.ts).

import { errorTable } from '../errors.ts'
import type { BoardFacts, BoardMemory } from '../machines/host-board-gate.ts'
import type { Clock } from '../ports/clock.ts'
import type { HostBoard, HostBoardReading } from '../ports/host-board.ts'
import type { NetworkSwitch } from '../ports/network-switch.ts'
import type { Result } from '../ports/result.ts'
import type { StorageSwitch } from '../ports/storage-switch.ts'
import type { BoardOperation, BoardResult, BootIdentity, BootPointers, CommandId } from '../protocol/board.ts'
import type { BladeId } from '../protocol/ids.ts'

export interface BladePorts {
  readonly blade: BladeId
  readonly board: HostBoard
  readonly network: NetworkSwitch
  readonly storage: StorageSwitch
  readonly clock: Clock
}

/** Between two health checks of a blade that boots: short beside any boot. */
const bootPollMs = 25

type Ended = (result: BoardResult) => void

export function performOperation(
  ports: BladePorts,
  id: CommandId,
  operation: BoardOperation,
  memory: BoardMemory,
  ended: Ended,
): void {
  const { blade, board, network, storage } = ports
  const done = (result: Result<unknown>) => ended(result.ok ? { outcome: 'done' } : failed(result))
  switch (operation.step) {
    case 'disconnect':
      network.disconnect(blade, (result) => (result.ok ? storage.detach(blade, done) : done(result)))
      break
    case 'powerOff':
      board.powerOff(done)
      break
    case 'scrub':
      board.scrub(done)
      break
    case 'verifyScrub':
      board.verifyScrub(memory.formerGroup ?? 'unknown', (result) =>
        ended(result.ok ? { outcome: 'done', receipt: result.value } : failed(result)),
      )
      break
    case 'setPointers':
      board.setPointers(operation.pointers, done)
      break
    case 'attachVolumes':
      storage.attach(blade, operation.group, operation.volumes, done)
      break
    case 'powerOn':
      powerOn(ports, `${id.move}.${id.attempt}`, done)
      break
    case 'boot':
      awaitBoot(ports, ports.clock.monotonic() + operation.withinMs, ended)
      break
    case 'verifyIdentity':
    case 'probe':
      verify(ports, ended)
      break
    case 'connectNetwork':
      network.connect(blade, operation.group, operation.networks, (result) =>
        ended(result.ok ? { outcome: 'done', address: result.value.address } : failed(result)),
      )
      break
    default:
      operation satisfies never
  }
}

/**
 * Everything that is, in one reading; what cannot be read counts as it was, and then the facts are not whole.
 * A board that does not answer leaves the reading without an answer.
 */
export function readFacts(
  ports: BladePorts,
  before: BoardFacts,
  answer: (facts: BoardFacts, isWhole: boolean) => void,
): void {
  const { blade, board, network, storage } = ports
  let facts = before
  let missing = 3
  let isWhole = true
  const add = (found: Partial<BoardFacts> | undefined) => {
    facts = { ...facts, ...found }
    isWhole &&= found !== undefined
    missing -= 1
    if (missing > 0) return
    if (facts.power === 'off' || facts.identity !== null || facts.pointers === null) answer(facts, isWhole)
    else identify(ports, facts.pointers, facts.bootId, (identity) => answer({ ...facts, identity }, isWhole))
  }
  board.read((read) => add(read.ok ? factsOf(read.value, before) : undefined))
  network.read(blade, (read) =>
    add(read.ok ? { networks: read.value.networks, address: read.value.address } : undefined),
  )
  storage.read(blade, (read) => add(read.ok ? { volumes: read.value.volumes } : undefined))
}

function factsOf(reading: HostBoardReading, before: BoardFacts): Partial<BoardFacts> {
  const { power, pid, pointers, bootId, lost, cpuRatio, memoryBytes } = reading
  const isSameBoot = power === 'on' && bootId !== null && before.identity?.bootId === bootId
  return { power, pid, pointers, bootId, lost, cpuRatio, memoryBytes, identity: isSameBoot ? before.identity : null }
}

/** A power cycle is off, verified, on: a blade that runs another boot is switched off first. */
function powerOn({ board }: BladePorts, bootId: string, done: (result: Result<unknown>) => void): void {
  board.read((read) => {
    if (!read.ok || read.value.power === 'off' || read.value.bootId === bootId) board.powerOn(bootId, done)
    else board.powerOff((off) => (off.ok ? board.powerOn(bootId, done) : done(off)))
  })
}

function awaitBoot(ports: BladePorts, deadlineMs: number, ended: Ended): void {
  verify(ports, (result) => {
    const isDecided = result.outcome === 'done' || (result.outcome === 'failed' && result.code === 'IDENTITY_MISMATCH')
    if (isDecided) return ended(result)
    ports.board.read((read) => {
      if (read.ok && read.value.power === 'off')
        return ended({
          outcome: 'failed',
          code: 'BLADE_UNREACHABLE',
          detail: 'it stopped while booting',
          retriable: false,
        })
      if (ports.clock.monotonic() >= deadlineMs)
        return ended({ outcome: 'failed', code: 'BOOT_TIMED_OUT', detail: detailOf(result), retriable: false })
      ports.clock.setTimer(bootPollMs, () => awaitBoot(ports, deadlineMs, ended))
    })
  })
}

/** What booted must be what the pointers say, in this boot. */
function verify({ board }: BladePorts, ended: Ended): void {
  board.read((read) => {
    if (!read.ok) return ended(failed(read))
    const { pointers, bootId } = read.value
    if (pointers === null) return ended(failed({ ok: false, code: 'BOARD_NO_POINTERS', detail: 'nothing was to boot' }))
    board.readIdentity((result) => {
      if (!result.ok) return ended(failed(result))
      const gap = mismatch(result.value, pointers, bootId)
      ended(
        gap === undefined
          ? { outcome: 'done', identity: result.value }
          : { outcome: 'failed', code: 'IDENTITY_MISMATCH', detail: gap, retriable: false },
      )
    })
  })
}

function identify(
  { board }: BladePorts,
  pointers: BootPointers,
  bootId: string | null,
  answer: (identity: BootIdentity | null) => void,
): void {
  board.readIdentity((result) =>
    answer(result.ok && mismatch(result.value, pointers, bootId) === undefined ? result.value : null),
  )
}

function mismatch(identity: BootIdentity, pointers: BootPointers, bootId: string | null): string | undefined {
  if (identity.bootId !== bootId) return `boot ${identity.bootId} answers, ${bootId} was started`
  if (identity.imageDigest !== pointers.imageDigest) return `image ${identity.imageDigest} answers`
  if (identity.group !== pointers.group || identity.role !== pointers.role)
    return `${identity.group} ${identity.role} answers, ${pointers.group} ${pointers.role} was to boot`
  return undefined
}

function failed({ code, detail }: Extract<Result<unknown>, { ok: false }>): BoardResult {
  return { outcome: 'failed', code, detail: detail.slice(0, 512), retriable: errorTable[code].retriable }
}

function detailOf(result: BoardResult): string {
  return result.outcome === 'failed' ? `${result.code}: ${result.detail}` : 'no healthy answer'
}
