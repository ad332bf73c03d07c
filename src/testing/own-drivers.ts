// Where somebody's own drivers take the place of the simulated ones: between the runtime, which calls them as it would call any, and the
// simulated hardware, which takes what they do. A driver lives as long as its process, and is made anew in each life; the hardware stays.
import type { Clock } from '../ports/clock.ts'
import type { HostBoard } from '../ports/host-board.ts'
import type { LoadBalancer } from '../ports/load-balancer.ts'
import type { Log } from '../ports/log.ts'
import type { NetworkSwitch } from '../ports/network-switch.ts'
import type { Random } from '../ports/random.ts'
import type { StorageSwitch } from '../ports/storage-switch.ts'
import type { BladeId, NodeId } from '../protocol/ids.ts'

/** What the drivers of one process stand on. Everything of it falls silent when the process dies, and waits while it stands still. */
export interface DriverProcess {
  /** An agent, or the balancer. */
  readonly node: NodeId
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The simulated hardware: what a driver makes of a call, it does here. */
  readonly below: AllDrivers
  /** Outlives the process: for the state of a device that you emulate yourself between your driver and `below`. */
  readonly kept: Map<string, unknown>
}

export interface AllDrivers {
  board(blade: BladeId): HostBoard
  readonly networkSwitch: NetworkSwitch
  readonly storageSwitch: StorageSwitch
  readonly loadBalancer: LoadBalancer
}

/** Called in each life of each process that has drivers. What is left out is simulated. */
export type MakeDrivers = (process: DriverProcess) => Partial<AllDrivers>
