// Runs in a network namespace of its own, where multicast goes over the loopback interface: python-can's logger listens to the first bus of a
// farm at work, and a Cyphal node of ours, as a tool would, asks an agent who it is and what its boards are to boot. Prints what it heard.
// Argument: the logger's file.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import {
  decodeCommandResponse,
  encodeCommandRequest,
  executeCommandService,
  standardCommands,
} from '../../src/transport/can/cyphal/execute-command.ts'
import { decodeNodeInformation, getInfoService } from '../../src/transport/can/cyphal/node-information.ts'
import type { RegisterValue } from '../../src/transport/can/cyphal/register-value.ts'
import {
  decodeAccessResponse,
  decodeRegisterName,
  encodeAccessRequest,
  encodeListRequest,
  registerAccessService,
  registerListService,
} from '../../src/transport/can/cyphal/registers.ts'
import { createCyphalNode } from '../../src/transport/can/cyphal-node.ts'
import { createUdpBus, multicastGroup, udpPortDefault } from '../../src/transport/can/udp-bus.ts'
import { calmed, makeFarmFolder, startFarmProcess } from './farm-process.ts'

const [, , logFile = ''] = process.argv
const agent = 100
const tool = 126

execFileSync('ip', ['link', 'set', 'lo', 'up'])
execFileSync('ip', ['route', 'add', '224.0.0.0/4', 'dev', 'lo'])

const logger = spawn(
  '/usr/bin/python3',
  ['-u', '-m', 'can.logger', '-i', 'udp_multicast', '-c', multicastGroup, '--fd', '-f', logFile],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
await once(logger.stdout, 'data')

const folder = makeFarmFolder((text) =>
  text.replace(/dataBitRate: 5000000, port: \d+/, `dataBitRate: 5000000, port: ${udpPortDefault}`),
)
const farm = await startFarmProcess(folder)
await calmed(farm)
await farm.cli('move', 'c03-s02', 'news/web')
await farm.until(({ blades }) => blades.some(({ blade, lifecycle }) => blade === 'c03-s02' && lifecycle === 'joined'))

const log = createArrayLog()
const rates = { bitRate: 1_000_000, dataBitRate: 5_000_000 }
const bus = createUdpBus({ name: 'can0', port: udpPortDefault, ...rates, self: 'tool', clock: systemClock, log })
const node = createCyphalNode({ node: tool, buses: [bus], clock: systemClock })
node.start()

function ask(service: number, payload: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const how = { destination: agent, priority: 5, payload, timeoutMs: 2_000 }
    const taken = node.request(service, how, (response) =>
      response ? resolve(response.payload) : reject(new Error(`service ${service} does not answer`)),
    )
    if (taken !== 'queued') reject(new Error(taken))
  })
}

async function registerOf(name: string, value: RegisterValue = { type: 'empty' }) {
  const found = decodeAccessResponse(await ask(registerAccessService, encodeAccessRequest(name, value)))
  return { ...found, value: found?.value.type === 'string' ? found.value.value : found?.value.type }
}

const names: string[] = []
for (let index = 0; ; index += 1) {
  const name = decodeRegisterName(await ask(registerListService, encodeListRequest(index)))
  if (name === '') break
  names.push(name)
}
const information = decodeNodeInformation(await ask(getInfoService, new Uint8Array()))
const group = await registerOf('c01-s01.boot.group')
const written = await registerOf('c01-s01.boot.group', { type: 'string', value: 'news/web' })
const absent = await registerOf('c09-s01.boot.group')
const restart = encodeCommandRequest({ command: standardCommands.restart, parameter: '' })
const command = decodeCommandResponse(await ask(executeCommandService, restart))
const status = await farm.status()

node.stop(() => {})
const code = await farm.stop()
folder.remove()
logger.kill('SIGINT')
await once(logger, 'exit')
process.stdout.write(
  JSON.stringify({
    names,
    information: { name: information?.name, id: Buffer.from(information?.uniqueId ?? []).toString('hex') },
    group,
    written,
    absent,
    command,
    pointers: status.blades.find(({ blade }) => blade === 'c01-s01')?.board?.pointersGroup,
    channels: status.channels.map(({ name, state, statistics }) => ({
      name,
      state,
      sent: statistics.map(({ sent }) => sent),
    })),
    code,
  }),
)
process.exit(0)
