// The drivers of every process under watch: each call that the runtime makes, and each that a driver makes on the hardware.
import type { HostBoard } from '../ports/host-board.ts'
import type { LoadBalancer } from '../ports/load-balancer.ts'
import type { NetworkSwitch } from '../ports/network-switch.ts'
import type { StorageSwitch } from '../ports/storage-switch.ts'
import type { BladeId, GroupId } from '../protocol/ids.ts'
import type { Member } from '../protocol/messages.ts'
import { type DriverTruth, type DriverWatch, type Setting, watchDriver } from './driver-watch.ts'
import type { AllDrivers, MakeDrivers } from './own-drivers.ts'
import type { BladeContents } from './simulated-hardware.ts'

export interface SiteTruth extends DriverTruth {
  /** What the simulated balancer has in force. */
  members(group: GroupId): readonly Member[]
}

export function watchedDrivers(make: MakeDrivers, truth: SiteTruth): MakeDrivers {
  return (process) => {
    const watch = watchDriver(process.node, process.clock, truth)
    const below = { ...process.below, ...watchedBelow(process.below, watch) }
    const drivers: AllDrivers = { ...below, ...make({ ...process, below }) }
    return {
      board: (blade) => watchedBoard(blade, drivers.board(blade), watch, truth),
      networkSwitch: watchedNetworkSwitch(drivers.networkSwitch, watch, truth),
      storageSwitch: watchedStorageSwitch(drivers.storageSwitch, watch, truth),
      loadBalancer: watchedBalancer(drivers.loadBalancer, watch, truth),
    }
  }
}

// — from the runtime to the driver ——————————————————————————————————————————————————————————————

function watchedBoard(blade: BladeId, board: HostBoard, watch: DriverWatch, truth: SiteTruth): HostBoard {
  const setting = (said: string, isSo: Setting['isSo']): Setting => ({ blade, said: `${said} of ${blade}`, isSo })
  const reading = (contents: BladeContents) => [contents.power, contents.pointers, contents.bootId]
  // Named one by one: a driver may be of a class.
  return {
    boardType: board.boardType,
    onLost: (listener) => board.onLost(listener),
    close: () => board.close(),
    setPointers: (pointers, answer) =>
      watch.set(
        setting('setPointers', (is) => is.pointers === (pointers?.group ?? null)),
        (heard) => board.setPointers(pointers, heard),
        answer,
      ),
    powerOn: (bootId, answer) =>
      watch.set(
        setting(`powerOn as ${bootId}`, (is) => is.bootId === bootId),
        (heard) => board.powerOn(bootId, heard),
        answer,
      ),
    powerOff: (answer) => watch.set(setting('powerOff', isOff), (heard) => board.powerOff(heard), answer),
    scrub: (answer) =>
      watch.set(
        setting('scrub', (is) => isClean(is) && is.pointers === null),
        (heard) => board.scrub(heard),
        answer,
      ),
    verifyScrub: (formerGroup, answer) =>
      watch.set(setting('verifyScrub', isClean), (heard) => board.verifyScrub(formerGroup, heard), answer),
    readIdentity: (answer) => watch.ask(`readIdentity of ${blade}`, (heard) => board.readIdentity(heard), answer),
    read: (answer) =>
      watch.look(
        {
          said: `read of the board of ${blade}`,
          really: () => reading(truth.contents(blade)),
          claimed: ({ power, pointers, bootId }) => [power, pointers?.group ?? null, bootId],
        },
        (heard) => board.read(heard),
        answer,
      ),
  }
}

const isOff: Setting['isSo'] = ({ power }) => power === 'off'
const isClean: Setting['isSo'] = ({ groups }) => groups.length === 0
const isSame = (some: readonly string[], others: readonly string[]) => `${some.toSorted()}` === `${others.toSorted()}`

function watchedNetworkSwitch(network: NetworkSwitch, watch: DriverWatch, truth: SiteTruth): NetworkSwitch {
  return {
    connect: (blade, group, networks, answer) =>
      watch.set(
        {
          blade,
          said: `connect ${blade} to ${group}`,
          isSo: (is) => is.network === group && is.address !== null && isSame(is.networks, networks),
        },
        (heard) => network.connect(blade, group, networks, heard),
        answer,
      ),
    disconnect: (blade, answer) =>
      watch.set(
        { blade, said: `disconnect ${blade}`, isSo: ({ network: held }) => held === null },
        (heard) => network.disconnect(blade, heard),
        answer,
      ),
    read: (blade, answer) =>
      watch.look(
        {
          said: `read of the networks of ${blade}`,
          really: () => wiringOf(truth.contents(blade)),
          claimed: ({ group, networks, address }) => [group, networks.toSorted(), address],
        },
        (heard) => network.read(blade, heard),
        answer,
      ),
  }
}

const wiringOf = ({ network, networks, address }: BladeContents) => [network, networks.toSorted(), address]

function watchedStorageSwitch(storage: StorageSwitch, watch: DriverWatch, truth: SiteTruth): StorageSwitch {
  const namesOf = ({ volumes }: BladeContents) => volumes.map(({ volume }) => volume)
  return {
    attach: (blade, group, volumes, answer) =>
      watch.set(
        {
          blade,
          said: `attach ${volumes.join(', ')} of ${group} to ${blade}`,
          isSo: (is) => isSame(namesOf(is), volumes) && is.volumes.every((one) => one.group === group),
        },
        (heard) => storage.attach(blade, group, volumes, heard),
        answer,
      ),
    detach: (blade, answer) =>
      watch.set(
        { blade, said: `detach ${blade}`, isSo: ({ volumes }) => volumes.length === 0 },
        (heard) => storage.detach(blade, heard),
        answer,
      ),
    read: (blade, answer) =>
      watch.look(
        {
          said: `read of the volumes of ${blade}`,
          really: () => namesOf(truth.contents(blade)).toSorted(),
          claimed: ({ volumes }) => volumes.toSorted(),
        },
        (heard) => storage.read(blade, heard),
        answer,
      ),
  }
}

function watchedBalancer(balancer: LoadBalancer, watch: DriverWatch, truth: SiteTruth): LoadBalancer {
  const newest = new Map<GroupId, readonly Member[]>()
  const outline = (members: readonly Member[]) =>
    JSON.stringify(members.map(({ blade, address, state }) => [blade, address, state]).sort())
  return {
    read: (group) => balancer.read(group),
    inFlight: (group, blade) => balancer.inFlight(group, blade),
    onDrained: (listener) => balancer.onDrained(listener),
    takeReport: (group) => balancer.takeReport(group),
    close: (closed) => balancer.close(closed),
    apply(group, members, answer) {
      newest.set(group, members)
      // Of two lists the later one holds.
      const holds = () => newest.get(group) !== members || outline(truth.members(group)) === outline(members)
      const said = `the member list [${members.map(({ blade, state }) => `${blade} ${state}`).join(', ')}] of ${group}`
      watch.ask(said, (heard) => balancer.apply(group, members, heard), answer, holds)
    },
  }
}

// — from the driver to the hardware —————————————————————————————————————————————————————————————

function watchedBelow(below: AllDrivers, watch: DriverWatch): Omit<AllDrivers, 'loadBalancer'> {
  const { networkSwitch: network, storageSwitch: storage } = below
  return {
    board(blade) {
      const board = below.board(blade)
      const act = <T extends unknown[]>(said: string, call: (...given: T) => void) => {
        return (...given: T) => {
          watch.act(blade, said)
          call(...given)
        }
      }
      return {
        ...board,
        setPointers: act('setPointers', board.setPointers),
        powerOn: act('powerOn', board.powerOn),
        powerOff: act('powerOff', board.powerOff),
        scrub: act('scrub', board.scrub),
      }
    },
    networkSwitch: {
      ...network,
      connect(blade, ...given) {
        watch.act(blade, 'connect')
        network.connect(blade, ...given)
      },
      disconnect(blade, ...given) {
        watch.act(blade, 'disconnect')
        network.disconnect(blade, ...given)
      },
    },
    storageSwitch: {
      ...storage,
      attach(blade, ...given) {
        watch.act(blade, 'attach')
        storage.attach(blade, ...given)
      },
      detach(blade, ...given) {
        watch.act(blade, 'detach')
        storage.detach(blade, ...given)
      },
    },
  }
}
