// R05 for process blades: a durable table, one file a blade, of whose networks it is on and which address it was leased there.
// What it enforces: one group at a time, only networks of that group, a new address for every boot (so a lease of an earlier boot
// reaches nobody), and no address while disconnected. What it cannot: processes of one machine share its loopback, so a blade can
// still open connections to any local port, and connections that are open stay open until the blade is powered off. Network
// namespaces close that, and come with the drivers for Linux hosts; until then isolation.ts lists it as open.
import { join } from 'node:path'
import { z } from 'zod'
import type { ErrorCode } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { NetworkSwitch } from '../../ports/network-switch.ts'
import type { Answer, Result } from '../../ports/result.ts'
import { type BladeId, type GroupId, groupId } from '../../protocol/ids.ts'
import type { BladePlace } from './blade-place.ts'
import { parseJson, readIfThere, replaceFile } from './durable-file.ts'
import { systemProblem } from './system-problem.ts'

export interface ProcessNetworkSwitchOptions {
  readonly clock: Clock
  /** The blades of this agent; undefined for any other. */
  place(blade: BladeId): BladePlace | undefined
  /** Where the blade listens now; null while it is off (`ProcessBoard.port`). */
  port(blade: BladeId): number | null
  networks(group: GroupId): readonly string[]
}

const wiring = z.object({ group: groupId, networks: z.array(z.string()), address: z.string() }).nullable()
type Wiring = z.infer<typeof wiring>

function refuse(code: ErrorCode, detail: string): Result<never> {
  return { ok: false, code, detail }
}

export function createProcessNetworkSwitch(options: ProcessNetworkSwitchOptions): NetworkSwitch {
  function later<T>(answer: Answer<T>, work: () => Result<T>): void {
    options.clock.setTimer(0, () => answer(attempt(work)))
  }

  function addressOf(blade: BladeId): string | null {
    const port = options.port(blade)
    return port === null ? null : `127.0.0.1:${port}`
  }

  function connect(blade: BladeId, group: GroupId, networks: readonly string[]): Result<{ address: string }> {
    const place = options.place(blade)
    if (!place) return refuse('BLADE_UNREACHABLE', `no blade ${blade} here`)
    const present = load(place)
    if (present && present.group !== group) return refuse('NETWORK_TAKEN', `${blade} is on ${present.group}'s`)
    const known = options.networks(group)
    const stranger = networks.find((network) => !known.includes(network))
    if (stranger !== undefined) return refuse('NETWORK_UNKNOWN', `${group} has no network ${stranger}`)
    const address = addressOf(blade)
    if (address === null) return refuse('BLADE_UNREACHABLE', `${blade} is off`)
    save(place, { group, networks: [...networks], address })
    return { ok: true, value: { address } }
  }

  return {
    connect(blade, group, networks, answer) {
      later(answer, () => connect(blade, group, networks))
    },
    disconnect(blade, answer) {
      later(answer, () => {
        const place = options.place(blade)
        if (place) save(place, null)
        return { ok: true, value: undefined }
      })
    },
    read(blade, answer) {
      later(answer, () => {
        const place = options.place(blade)
        const present = place ? load(place) : null
        const current = addressOf(blade)
        const address = present !== null && present.address === current ? current : null
        return {
          ok: true,
          value: { group: present?.group ?? null, networks: present?.networks ?? [], address },
        }
      })
    },
  }
}

function attempt<T>(work: () => Result<T>): Result<T> {
  try {
    return work()
  } catch (error) {
    return systemProblem(error, 'DISK_FAILED')
  }
}

const fileName = 'network.json'

/** A damaged entry counts as none: the master reads that it is disconnected and connects it anew. */
function load(place: BladePlace): Wiring {
  const parsed = wiring.safeParse(parseJson(readIfThere(join(place.directory, fileName)) ?? 'null'))
  return parsed.success ? parsed.data : null
}

function save(place: BladePlace, entry: Wiring): void {
  replaceFile(join(place.directory, fileName), JSON.stringify(entry))
}
