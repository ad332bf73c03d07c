// A serial adapter behind TCP, as a serial server gives it, and behind a pseudo terminal.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import type { CanBus, CanFrame } from '../../src/transport/can/can-bus.ts'
import { createMemoryBus } from '../../src/transport/can/memory-bus.ts'
import { createSlcanBus } from '../../src/transport/can/slcan-bus.ts'
import { openSlcanPort, type SlcanPlace } from '../../src/transport/can/slcan-port.ts'
import { createSlcanAdapter } from '../contract/slcan-adapter.ts'

const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0

/** Says the name of its pseudo terminal, and carries bytes between that and a TCP port. */
const bridge = `
import os, pty, select, socket, sys, tty
master, slave = pty.openpty()
tty.setraw(slave)
line = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print(os.ttyname(slave), flush=True)
while True:
    for ready in select.select([master, line], [], [])[0]:
        if ready == master: line.sendall(os.read(master, 4096))
        else:
            some = line.recv(4096)
            if not some: sys.exit()
            os.write(master, some)
`

async function adapterOnTcp() {
  const random = createSeededRandom('slcan')
  const wire = createMemoryBus({ clock: systemClock, random, name: 'can0', bitRate: 1_000_000, isFd: false })
  const adapter = createSlcanAdapter(wire.attach('adapter'), systemClock)
  const other = wire.attach('other')
  const server = createServer((socket) => {
    socket.on('error', () => {})
    const handlers = {
      opened() {},
      closed: () => socket.destroy(),
      received: (bytes: Uint8Array) => socket.writable && socket.write(bytes),
    }
    const port = adapter.open(handlers)
    socket.setEncoding('latin1').on('data', (text) => port.write(String(text)))
    socket.on('close', () => port.close())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, other, port: (server.address() as AddressInfo).port }
}

async function exchange(place: SlcanPlace, other: CanBus) {
  const log = createArrayLog()
  const open = openSlcanPort.bind(undefined, place)
  const bus = createSlcanBus({ name: 'can0', bitRateCommand: 'S8', clock: systemClock, log, open })
  const frames = Array.from({ length: 50 }, (_, i): CanFrame => {
    const data = Uint8Array.from([i, 13, 10, 7, 3, 17, 19, 255])
    return { id: 0x1000 + i, isExtended: true, isFd: false, isBitRateSwitched: false, data }
  })
  const heard: { ours: CanFrame[]; theirs: CanFrame[] } = { ours: [], theirs: [] }
  const pumpFor = (one: CanBus) => {
    const queue = [...frames]
    return () => {
      for (let next = queue[0]; next && one.send(next) === 'accepted'; next = queue[0]) queue.shift()
    }
  }
  const [pump, pumpOther] = [pumpFor(bus), pumpFor(other)]
  other.start({
    received(frame) {
      heard.ours.push(frame)
      // Now the adapter is there to hear it.
      pumpOther()
    },
    sent: pumpOther,
    stateChanged() {},
  })
  bus.start({ received: (frame) => heard.theirs.push(frame), sent: pump, stateChanged() {} })
  pump()
  const isDone = () => heard.ours.length >= frames.length && heard.theirs.length >= frames.length
  for (let turns = 0; !isDone() && turns < 500; turns += 1) await sleep(10)
  await new Promise<void>((resolve) => bus.stop(resolve))
  other.stop(() => {})
  return { frames, heard, log: log.entries }
}

test('frames come through both ways over TCP', async () => {
  const { server, other, port } = await adapterOnTcp()
  const { frames, heard, log } = await exchange({ host: '127.0.0.1', port }, other)
  expect([heard, log]).toEqual([{ ours: frames, theirs: frames }, []])
  server.close()
})

test.skipIf(!hasPython)('frames come through both ways over a pseudo terminal', async () => {
  const { server, other, port } = await adapterOnTcp()
  const bridging = spawn('python3', ['-c', bridge, `${port}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [name] = await once(bridging.stdout, 'data')
  const { frames, heard, log } = await exchange({ device: String(name).trim() }, other)
  bridging.kill()
  expect([heard, log]).toEqual([{ ours: frames, theirs: frames }, []])
  server.close()
})
