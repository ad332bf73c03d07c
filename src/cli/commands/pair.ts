// What operators do with the pair of site masters.
import { systemClock } from '../../drivers/node/system-clock.ts'
import { ConfigError, TransportError } from '../../errors.ts'
import { clientFor, print } from '../client-for.ts'
import { type Command, jsonOption, runDirOption } from '../command.ts'
import type { ControlClient } from '../control-client.ts'

export const handoverCommand: Command = {
  name: 'handover',
  summary: 'Let the other site master lead: for maintenance, without a gap',
  usage: 'handover [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright handover'],
  words: [0, 0],
  async run(input) {
    const client = clientFor(input)
    const former = await client.role()
    const began = systemClock.monotonic()
    // It ends with that: what comes of it is seen, whether or not its answer was.
    await unlessUnknown(client.handover(former.epoch))
    const next = await untilLed(client, (epoch) => epoch > former.epoch)
    const ms = Math.round(systemClock.monotonic() - began)
    const said = { from: former.node, to: next.node, epoch: next.epoch, ms }
    print(input, said, () => [
      `${next.node} leads in the place of ${former.node}, in epoch ${next.epoch}, after ${ms} ms.`,
    ])
    return 0
  },
}

export const adoptCommand: Command = {
  name: 'adopt',
  summary: 'Let a site master lead that misses records, because whoever has them will not come back',
  usage: 'adopt --accept-loss [--json] [--run-dir DIR]',
  options: [
    { name: 'accept-loss', summary: 'what the other one decided last is lost; the boards say what is' },
    jsonOption,
    runDirOption,
  ],
  examples: ['bladewright adopt --accept-loss'],
  words: [0, 0],
  async run(input) {
    if (!input.isOn('accept-loss'))
      throw new ConfigError(
        'COMMAND_INVALID',
        'decisions of the other master are lost by this; say so with --accept-loss',
        'adopt',
      )
    const client = clientFor(input)
    await unlessUnknown(client.adopt())
    const { node, epoch } = await untilLed(client, () => true)
    print(input, { node, epoch }, () => [`${node} leads in epoch ${epoch}; it adopts what the boards say.`])
    return 0
  },
}

async function unlessUnknown(asked: Promise<unknown>): Promise<void> {
  await asked.catch((error: unknown) => {
    if (!(error instanceof TransportError) || error.code !== 'OUTCOME_UNKNOWN') throw error
  })
}

const ledMsMax = 10_000
const lookEveryMs = 5

async function untilLed(client: ControlClient, isIt: (epoch: number) => boolean) {
  const deadline = systemClock.monotonic() + ledMsMax
  for (;;) {
    const role = await client.role().catch(() => undefined)
    if (role?.state === 'leading' && isIt(role.epoch)) return role
    if (systemClock.monotonic() > deadline)
      throw new TransportError('NOT_LEADING', `nobody leads after ${ledMsMax / 1000} s`, role?.node ?? 'no master')
    await new Promise<void>((resolve) => {
      systemClock.setTimer(lookEveryMs, resolve)
    })
  }
}
