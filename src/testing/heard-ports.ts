// The ports of a simulated process: what they answer reaches the process only while its event loop runs.
import type { Disk } from '../ports/disk.ts'
import type { HostBoard } from '../ports/host-board.ts'
import type { LoadBalancer } from '../ports/load-balancer.ts'
import type { NetworkSwitch } from '../ports/network-switch.ts'
import type { Answer } from '../ports/result.ts'
import type { StorageSwitch } from '../ports/storage-switch.ts'
import type { ProcessLife } from './process-life.ts'

type Hear = ProcessLife['hear']

const heard =
  <T>(hear: Hear, answer: Answer<T>): Answer<T> =>
  (result) =>
    hear(() => answer(result))

export function heardDisk(disk: Disk, hear: Hear): Disk {
  return {
    append: (file, bytes, answer) => disk.append(file, bytes, heard(hear, answer)),
    sync: (file, answer) => disk.sync(file, heard(hear, answer)),
    read: (file, answer) => disk.read(file, heard(hear, answer)),
    truncate: (file, size, answer) => disk.truncate(file, size, heard(hear, answer)),
    replace: (file, bytes, answer) => disk.replace(file, bytes, heard(hear, answer)),
    list: (answer) => disk.list(heard(hear, answer)),
    remove: (file, answer) => disk.remove(file, heard(hear, answer)),
  }
}

export function heardBoard(board: HostBoard, hear: Hear): HostBoard {
  return {
    boardType: board.boardType,
    setPointers: (pointers, answer) => board.setPointers(pointers, heard(hear, answer)),
    powerOn: (bootId, answer) => board.powerOn(bootId, heard(hear, answer)),
    powerOff: (answer) => board.powerOff(heard(hear, answer)),
    readIdentity: (answer) => board.readIdentity(heard(hear, answer)),
    scrub: (answer) => board.scrub(heard(hear, answer)),
    verifyScrub: (formerGroup, answer) => board.verifyScrub(formerGroup, heard(hear, answer)),
    read: (answer) => board.read(heard(hear, answer)),
    onLost: (listener) => board.onLost(() => hear(listener)),
    close: () => board.close(),
  }
}

export function heardNetworkSwitch(network: NetworkSwitch, hear: Hear): NetworkSwitch {
  return {
    connect: (blade, group, networks, answer) => network.connect(blade, group, networks, heard(hear, answer)),
    disconnect: (blade, answer) => network.disconnect(blade, heard(hear, answer)),
    read: (blade, answer) => network.read(blade, heard(hear, answer)),
  }
}

export function heardStorageSwitch(storage: StorageSwitch, hear: Hear): StorageSwitch {
  return {
    attach: (blade, group, volumes, answer) => storage.attach(blade, group, volumes, heard(hear, answer)),
    detach: (blade, answer) => storage.detach(blade, heard(hear, answer)),
    read: (blade, answer) => storage.read(blade, heard(hear, answer)),
  }
}

export function heardLoadBalancer(balancer: LoadBalancer, hear: Hear): LoadBalancer {
  return {
    apply: (group, members, answer) => balancer.apply(group, members, heard(hear, answer)),
    read: (group) => balancer.read(group),
    inFlight: (group, blade) => balancer.inFlight(group, blade),
    onDrained: (listener) => balancer.onDrained((group, blade) => hear(() => listener(group, blade))),
    takeReport: (group) => balancer.takeReport(group),
    close: (closed) => balancer.close(() => hear(closed)),
  }
}
