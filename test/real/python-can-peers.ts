// Runs in a network namespace of its own, where multicast goes over the loopback interface: python-can's logger listens, its bus sends,
// and our bus does both. Prints what our bus received, once everybody is done, as lines of candump. Argument: the logger's file.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import type { CanFrame } from '../../src/transport/can/can-bus.ts'
import { formatCandumpLine } from '../../src/transport/can/candump-log.ts'
import { createUdpBus, multicastGroup, udpPortDefault } from '../../src/transport/can/udp-bus.ts'
import { framesToPython } from './python-can-frames.ts'

const python = '/usr/bin/python3'
const [, , logFile = ''] = process.argv
const sender = `
import can, time
bus = can.Bus(interface="udp_multicast", channel="${multicastGroup}", fd=True)
for i in range(500):
    fd = i % 2 == 1
    data = bytes([i & 255, i >> 8] + [i & 255] * (62 if fd else 6))
    bus.send(can.Message(arbitration_id=0x10000000 + i, is_extended_id=True, is_fd=fd, bitrate_switch=fd, data=data))
    time.sleep(0.0005)
bus.shutdown()
`

execFileSync('ip', ['link', 'set', 'lo', 'up'])
execFileSync('ip', ['route', 'add', '224.0.0.0/4', 'dev', 'lo'])

const logger = spawn(
  python,
  ['-u', '-m', 'can.logger', '-i', 'udp_multicast', '-c', multicastGroup, '--fd', '-f', logFile],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
await once(logger.stdout, 'data')

const log = createArrayLog()
const bus = createUdpBus({
  ...{ name: 'can0', port: udpPortDefault, bitRate: 1_000_000, dataBitRate: 5_000_000 },
  ...{ self: 'ours', clock: systemClock, log },
})
const received: string[] = []
const queue: CanFrame[] = [...framesToPython()]
let sent = 0
const fill = () => {
  for (let next = queue[0]; next && bus.send(next) === 'accepted'; next = queue[0]) queue.shift()
}
bus.start({
  received: (frame) => received.push(formatCandumpLine(0, 'can0', frame)),
  sent() {
    sent += 1
    fill()
  },
  stateChanged() {},
})
const sending = spawn(python, ['-c', sender], { stdio: ['ignore', 'inherit', 'inherit'] })
const senderEnds = once(sending, 'exit')
fill()
for (let turns = 0; sent < framesToPython().length && turns < 2000; turns += 1) await sleep(5)
await senderEnds
await sleep(300)
logger.kill('SIGINT')
await once(logger, 'exit')
process.stdout.write(JSON.stringify({ sent, received, counters: bus.counters(), log: log.entries }))
bus.stop(() => process.exit(0))
