// A driver of a switch whose ports have to be reset before they take other networks. A reset ends the blade's connections and gives it
// another address, so a port that is on the group's networks already must be left alone. How does the driver know that it is?
//
// From `memory`, says the one with the bug, which works as long as its process lives. From the `device`, says the other.
import type { NetworkSwitch } from 'bladewright/testing/failover'

export function createPortSwitch(device: NetworkSwitch, knowsFrom: 'memory' | 'device'): NetworkSwitch {
  const wired = new Map<string, string>()

  function groupOf(blade: string, known: (group: string | null) => void): void {
    if (knowsFrom === 'memory') known(wired.get(blade) ?? null)
    else device.read(blade, (read) => known(read.ok ? read.value.group : null))
  }

  return {
    connect(blade, group, networks, answer) {
      const connect = () => {
        wired.set(blade, group)
        device.connect(blade, group, networks, answer)
      }
      groupOf(blade, (holder) => {
        if (holder === null) device.disconnect(blade, connect)
        else connect()
      })
    },
    disconnect(blade, answer) {
      wired.delete(blade)
      device.disconnect(blade, answer)
    },
    read: (blade, answer) => device.read(blade, answer),
  }
}
