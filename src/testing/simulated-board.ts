// A simulated host board: the HostBoard port over simulated iron. It keeps to the same contract suite as the board of real processes.

import { issueReceipt, randomHex } from '../drivers/scrub-receipt.ts'
import type { ErrorCode } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { HostBoard } from '../ports/host-board.ts'
import type { Random } from '../ports/random.ts'
import type { Result } from '../ports/result.ts'
import type { BootPointers, Receipt } from '../protocol/board.ts'
import type { GroupId } from '../protocol/ids.ts'
import { cutPower, type HardwareWitness, type SimulatedBlade, tracesOn } from './simulated-blade.ts'
import type { Agent, Operations } from './simulated-operations.ts'

export interface SimulatedImage {
  readonly digest: string
  /** Default true; false boots and fails its health check for ever. */
  readonly healthy?: boolean
}

export interface BoardTimings {
  readonly bootMs: readonly [number, number]
  readonly powerMs: number
  readonly scrubMs: number
  readonly stepMs: number
}

export interface BoardFaults {
  liesAboutPower: boolean
  powerFails: boolean
  /** A scrub says it is done and leaves logs and data where they are. */
  scrubLeavesData: boolean
}

export interface SimulatedBoardParts {
  readonly iron: SimulatedBlade
  readonly agent: Agent
  readonly operations: Operations
  readonly faults: BoardFaults
  readonly images: Readonly<Record<string, SimulatedImage>>
  readonly timings: BoardTimings
  readonly clock: Clock
  readonly random: Random
  /** Listeners of all agents' boards; the kill fault calls those whose agent lives. */
  readonly lostListeners: { agent: Agent; listener: () => void }[]
  readonly witness: Partial<HardwareWitness>
}

const done: Result<void> = { ok: true, value: undefined }

function refuse(code: ErrorCode, detail: string): Result<never> {
  return { ok: false, code, detail }
}

export function createSimulatedBoard(parts: SimulatedBoardParts): HostBoard {
  const { iron, agent, operations, timings, clock } = parts
  let readAt = clock.monotonic()
  const seenPower = () => iron.claimedPower ?? iron.power

  return {
    boardType: iron.boardType,
    setPointers(pointers, answer) {
      operations.run(agent, timings.stepMs, () => setPointers(parts, pointers), answer)
    },
    powerOn(bootId, answer) {
      operations.run(agent, timings.powerMs, () => powerOn(parts, bootId), answer)
    },
    powerOff(answer) {
      operations.run(agent, timings.powerMs, () => powerOff(parts), answer)
    },
    readIdentity(answer) {
      operations.look(agent, timings.stepMs, () => readIdentity(parts), answer)
    },
    scrub(answer) {
      operations.run(agent, timings.scrubMs, () => scrub(parts), answer)
    },
    verifyScrub(formerGroup, answer) {
      operations.run(agent, timings.stepMs, () => verifyScrub(parts, formerGroup), answer)
    },
    read(answer) {
      const effect = () => {
        const elapsedMs = clock.monotonic() - readAt
        readAt = clock.monotonic()
        const on = seenPower() === 'on'
        const pid = on ? 1000 + iron.boots : null
        // 0.5 ms of processor a request and a base load: what the sample images need, roughly.
        const cpuRatio = on && elapsedMs > 0 ? 0.002 + (iron.service.takeCompleted() * 0.5) / elapsedMs : 0
        const { pointers, bootId, lost } = iron
        const memoryBytes = on ? 48 * 1024 * 1024 : 0
        return { ok: true, value: { power: seenPower(), pid, pointers, bootId, cpuRatio, memoryBytes, lost } } as const
      }
      operations.look(agent, timings.stepMs, effect, answer)
    },
    onLost(listener) {
      parts.lostListeners.push({ agent, listener })
    },
    close() {
      agent.lose()
    },
  }
}

function setPointers({ iron, images }: SimulatedBoardParts, pointers: BootPointers | null): Result<void> {
  if (pointers) {
    const problem = imageProblem(images, pointers)
    if (problem) return problem
  }
  iron.pointers = pointers
  return done
}

function imageProblem(images: SimulatedBoardParts['images'], pointers: BootPointers): Result<never> | undefined {
  const image = Object.hasOwn(images, pointers.image) ? images[pointers.image] : undefined
  if (!image) return refuse('IMAGE_UNKNOWN', `no image ${pointers.image}`)
  if (image.digest !== pointers.imageDigest) return refuse('IMAGE_DIGEST_MISMATCH', `the store has ${image.digest}`)
  return undefined
}

function powerOn(parts: SimulatedBoardParts, bootId: string): Result<void> {
  const { iron, images, faults } = parts
  if ((iron.claimedPower ?? iron.power) === 'on') {
    return iron.bootId === bootId ? done : refuse('BOARD_POWERED_ON', `it runs boot ${iron.bootId}`)
  }
  if (!iron.pointers) return refuse('BOARD_NO_POINTERS', iron.blade)
  const problem = imageProblem(images, iron.pointers)
  if (problem) return problem
  if (faults.powerFails) return refuse('BOARD_POWER_FAILED', 'the supply does not start')
  if (faults.liesAboutPower) {
    iron.claimedPower = 'on'
    return done
  }
  boot(parts, iron.pointers, bootId)
  return done
}

function boot(
  { iron, images, timings, clock, random, witness }: SimulatedBoardParts,
  from: BootPointers,
  bootId: string,
): void {
  const [shortestMs, longestMs] = timings.bootMs
  const { group, role, imageDigest } = from
  Object.assign(iron, { power: 'on', lost: false, bootId, image: group, memory: group, logs: group })
  iron.boots += 1
  witness.booted?.(iron.blade, bootId)
  iron.removed = []
  iron.canary = randomHex(random, 32)
  iron.identity = { group, role, imageDigest, bootId }
  iron.healthy = images[from.image]?.healthy ?? true
  iron.answersFrom = clock.monotonic() + shortestMs + random.next() * (longestMs - shortestMs)
}

function powerOff({ iron, faults }: SimulatedBoardParts): Result<void> {
  if (faults.powerFails && iron.power === 'on') return refuse('BOARD_POWER_FAILED', 'it is still on')
  if (faults.liesAboutPower) {
    iron.claimedPower = 'off'
    return done
  }
  cutPower(iron)
  iron.lost = false
  return done
}

function readIdentity({ iron, clock }: SimulatedBoardParts): Result<NonNullable<SimulatedBlade['identity']>> {
  if (!iron.identity || clock.monotonic() < iron.answersFrom) return refuse('BLADE_UNREACHABLE', 'nobody listens yet')
  if (!iron.healthy) return refuse('BLADE_UNHEALTHY', 'the health check answers 500')
  return { ok: true, value: iron.identity }
}

function scrub({ iron, faults }: SimulatedBoardParts): Result<{ removed: readonly string[] }> {
  if ((iron.claimedPower ?? iron.power) === 'on') return refuse('BOARD_POWERED_ON', iron.blade)
  // A lying board believes itself off and wipes the disk; what runs keeps its memory.
  const removed = tracesOn(iron)
    .map((trace) => trace.place)
    .filter((place) => place !== 'memory')
  iron.image = null
  iron.pointers = null
  if (!faults.scrubLeavesData) {
    iron.logs = null
    iron.data.clear()
  }
  if (removed.length > 0) iron.removed = removed
  return { ok: true, value: { removed } }
}

function verifyScrub(parts: SimulatedBoardParts, formerGroup: GroupId | 'unknown'): Result<Receipt> {
  const { iron, random, clock, witness } = parts
  if ((iron.claimedPower ?? iron.power) === 'on') return refuse('BOARD_POWERED_ON', iron.blade)
  const found = tracesOn(iron).map((trace) => trace.place)
  if (found.length > 0) return refuse('SCRUB_INCOMPLETE', `found ${found.join(', ')}`)
  witness.receiptIssued?.(iron.blade)
  const search = { canary: iron.canary, places: ['image', 'memory', 'logs', 'data'], found }
  const facts = { blade: iron.blade, formerGroup, removed: iron.removed, search, at: clock.now() }
  return { ok: true, value: issueReceipt(random, facts) }
}
