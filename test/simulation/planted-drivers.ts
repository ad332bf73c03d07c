// Drivers with one bug each, of the kinds that are met in the field, and where the model of failover meets them.
import type { FailoverPath, MakeDrivers } from '../../src/testing/failover-model.ts'

export interface PlantedDriver {
  /** What is wrong, as a sentence. */
  readonly name: string
  readonly drivers: MakeDrivers
  readonly path: FailoverPath
  readonly found: RegExp
}

const done = { ok: true, value: undefined } as const
const begin = { type: 'move.begin' } as const

export const plantedDrivers: readonly PlantedDriver[] = [
  {
    name: 'a storage driver answers when it has sent the command',
    drivers: ({ below: { storageSwitch: device } }) => ({
      storageSwitch: {
        attach: (blade, group, volumes, answer) => device.attach(blade, group, volumes, answer),
        read: (blade, answer) => device.read(blade, answer),
        detach(blade, answer) {
          device.detach(blade, () => {})
          answer(done)
        },
      },
    }),
    path: [begin],
    found: /detach c02-s01 was answered as done, and is not so/,
  },
  {
    name: 'a board driver tells the power from what it did itself',
    drivers: ({ below }) => ({
      board(blade) {
        const device = below.board(blade)
        let isOn = false
        return {
          ...device,
          powerOn(bootId, answer) {
            isOn = true
            device.powerOn(bootId, answer)
          },
          powerOff(answer) {
            isOn = false
            device.powerOff(answer)
          },
          read: (answer) =>
            device.read((read) =>
              answer(read.ok && !isOn ? { ok: true, value: { ...read.value, power: 'off', bootId: null } } : read),
            ),
        }
      },
    }),
    path: [
      begin,
      { type: 'move.reach', step: 'probe', moment: 'acted' },
      { type: 'agent.kill' },
      { type: 'agent.return' },
    ],
    found: /read of the board of c02-s01 says \["off",.*and \["on",.* is so/,
  },
  {
    name: 'a network driver sends a command twice to be sure, and passes both answers on',
    drivers: ({ below: { networkSwitch: device } }) => ({
      networkSwitch: {
        connect(blade, group, networks, answer) {
          device.connect(blade, group, networks, answer)
          device.connect(blade, group, networks, answer)
        },
        disconnect: (blade, answer) => device.disconnect(blade, answer),
        read: (blade, answer) => device.read(blade, answer),
      },
    }),
    path: [begin],
    found: /connect c0\d-s01 to \w+\/web was answered twice/,
  },
  {
    name: 'a board driver gives up, and goes on trying behind the back of whoever asked',
    drivers: ({ clock, below }) => ({
      board(blade) {
        const device = below.board(blade)
        return {
          ...device,
          powerOff(answer) {
            let isOver = false
            const end: typeof answer = (result) => {
              if (!isOver) answer(result)
              isOver = true
            }
            const attempt = () => {
              const again = clock.setTimer(100, () => {
                end({ ok: false, code: 'BOARD_POWER_FAILED', detail: 'no answer' })
                attempt()
              })
              device.powerOff((result) => {
                again.cancel()
                end(result)
              })
            }
            attempt()
          },
        }
      },
    }),
    path: [begin, { type: 'move.reach', step: 'powerOff', moment: 'asked' }, { type: 'answers.lose' }],
    found: /the driver does powerOff on c02-s01, of which nothing is asked/,
  },
  {
    name: 'a balancer driver adds members, and takes none away',
    drivers: ({ below: { loadBalancer: device } }) => ({
      loadBalancer: {
        ...device,
        apply(group, members, answer) {
          const others = device.read(group).filter(({ blade }) => !members.some((one) => one.blade === blade))
          device.apply(group, [...members, ...others], answer)
        },
      },
    }),
    path: [begin],
    found: /the member list \[.*\] of shop\/web was answered as done, and is not so/,
  },
  {
    name: 'a network driver never gives an address back, and has one for a group',
    drivers: ({ kept, below: { networkSwitch: device } }) => ({
      networkSwitch: {
        connect(blade, group, networks, answer) {
          const leased = Number(kept.get(group) ?? 0) + 1
          kept.set(group, leased)
          if (leased < 2 || group === 'shop/web') device.connect(blade, group, networks, answer)
          else answer({ ok: false, code: 'NETWORK_UNKNOWN', detail: 'no address is left' })
        },
        disconnect: (blade, answer) => device.disconnect(blade, answer),
        read: (blade, answer) => device.read(blade, answer),
      },
    }),
    path: [begin, { type: 'move.reach', step: 'powerOff', moment: 'announced' }, { type: 'leader.kill' }],
    found: /only masters failed, and mv-\d+ of c02-s01 to news\/web ended as rolledBack/,
  },
  {
    name: 'a board driver throws in a callback when an answer is late',
    drivers: ({ clock, below }) => ({
      board(blade) {
        const device = below.board(blade)
        return {
          ...device,
          scrub(answer) {
            const deadline = clock.setTimer(200, () => {
              throw new Error('no answer to scrub')
            })
            device.scrub((result) => {
              deadline.cancel()
              answer(result)
            })
          },
        }
      },
    }),
    path: [begin, { type: 'move.reach', step: 'scrub', moment: 'asked' }, { type: 'answers.lose' }],
    found: /it threw: Error: no answer to scrub/,
  },
]
