import { describe, expect, test } from 'vitest'
import {
  decodeCommandResponse,
  encodeCommandRequest,
  executeCommandService,
  standardCommands,
} from '../../../../src/transport/can/cyphal/execute-command.ts'
import { decodeNodeInformation, getInfoService } from '../../../../src/transport/can/cyphal/node-information.ts'
import type { RegisterValue } from '../../../../src/transport/can/cyphal/register-value.ts'
import {
  decodeAccessResponse,
  decodeRegisterName,
  encodeAccessRequest,
  encodeListRequest,
  type Register,
  registerAccessService,
  registerListService,
} from '../../../../src/transport/can/cyphal/registers.ts'
import type { CyphalNode } from '../../../../src/transport/can/cyphal-node.ts'
import { type StandardServicesOptions, startStandardServices } from '../../../../src/transport/can/standard-services.ts'
import { bytes, createCyphalBench } from './cyphal-bench.ts'

const information = {
  hardware: [1, 2],
  software: [0, 1],
  revision: 0x0123456789abcdefn,
  uniqueId: Uint8Array.from({ length: 16 }, (_, index) => index + 1),
  name: 'org.bladewright.board',
} as const
const status = () => ({ health: 'nominal', mode: 'operational', vendorStatus: 7 }) as const

/** A board with the services, and a foreign tool that asks it. */
function setUp(more: Partial<StandardServicesOptions> = {}) {
  const bench = createCyphalBench()
  const [board, tool] = [bench.started(1), bench.started(127)]
  startStandardServices({ node: board, clock: bench.clock, information, status, ...more })
  const ask = (service: number, payload: Uint8Array): Uint8Array | undefined => {
    let answer: Uint8Array | undefined
    tool.request(service, { destination: 1, priority: 4, payload, timeoutMs: 500 }, (one) => {
      answer = one?.payload
    })
    bench.clock.advanceBy(600)
    return answer
  }
  return { ...bench, board, tool, ask }
}

describe('a foreign tool', () => {
  test('learns what a board is', () => {
    const { ask } = setUp()
    const answer = ask(getInfoService, bytes())
    expect(answer?.length).toBe(30 + 1 + information.name.length + 2)
    expect(answer && decodeNodeInformation(answer)).toEqual(information)
  })

  test('commands it, if the board lets it', () => {
    const { ask } = setUp({
      execute: ({ command, parameter, source }, respond) =>
        respond(
          command === standardCommands.restart
            ? { status: 'success', output: `${source} ${parameter}` }
            : { status: 'notAuthorized', output: '' },
        ),
    })
    const tell = (command: number) => {
      const answer = ask(executeCommandService, encodeCommandRequest({ command, parameter: 'now' }))
      return answer && decodeCommandResponse(answer)
    }
    expect(tell(standardCommands.restart)).toEqual({ status: 'success', output: '127 now' })
    expect(tell(standardCommands.powerOff)).toEqual({ status: 'notAuthorized', output: '' })
  })

  test('is told that there is no such command where nobody executes any', () => {
    const answer = setUp().ask(executeCommandService, encodeCommandRequest({ command: 3, parameter: '' }))
    expect(answer).toEqual(bytes(3, 0))
  })

  test('lists the registers and reads them; what does not exist is empty', () => {
    const { ask } = setUp({ registers: registersOf() })
    const names = [0, 1, 2].map((index) =>
      decodeRegisterName(ask(registerListService, encodeListRequest(index)) ?? bytes()),
    )
    expect(names).toEqual(['blade.boot.image', 'blade.slot', ''])
    expect(read(ask, 'blade.slot')).toEqual({
      value: { type: 'natural16', value: [4] },
      isMutable: false,
      isPersistent: true,
    })
    expect(read(ask, 'no.such')).toMatchObject({ value: { type: 'empty' } })
  })

  test('R65: writes only what is mutable, and only if the handler writes', () => {
    const image: RegisterValue = { type: 'string', value: 'image-2' }
    const slot: RegisterValue = { type: 'natural16', value: [9] }
    const handlers = registersOf()
    const { ask } = setUp({ registers: handlers })
    expect(read(ask, 'blade.boot.image', image)).toMatchObject({ value: image, isMutable: true })
    expect(read(ask, 'blade.slot', slot)).toMatchObject({ value: { value: [4] } })
    expect(handlers.written).toEqual(['blade.boot.image by 127'])
    const { write: _, ...readOnly } = registersOf()
    expect(read(setUp({ registers: readOnly }).ask, 'blade.boot.image', image)).toMatchObject({
      value: { value: 'image-1' },
    })
  })

  test('that asks nonsense gets no answer, or that there is none', () => {
    const { ask } = setUp({ registers: registersOf() })
    expect(ask(registerAccessService, bytes(3, 0x61, 0x62, 0x63, 99))).toBeUndefined()
    expect(ask(registerAccessService, bytes(0, 1, 0xff, 0xff))).toBeUndefined()
    expect(ask(registerListService, bytes(0xff, 0xff))).toEqual(bytes(0))
    expect(ask(registerListService, new Uint8Array(300).fill(0xff))).toEqual(bytes(0))
  })
})

describe('heartbeats', () => {
  test('say every period how long a node runs and how it is', () => {
    const { tool, clock } = setUp({ heartbeatPeriodMs: 500 })
    const got: number[][] = []
    tool.subscribe(7509, { payloadBytesMax: 100, transferIdTimeoutMs: 1000 }, ({ payload }) => got.push([...payload]))
    clock.advanceBy(2400)
    expect(got).toEqual([0, 0, 1, 1, 2].map((uptime) => [uptime, 0, 0, 0, 0, 0, 7]))
  })

  test('show who comes, who goes after three seconds of silence, and who has begun again', () => {
    const { tool, clock, attach, wires } = setUp()
    const changes: string[] = []
    const peerChanged: StandardServicesOptions['peerChanged'] = (change, { node }) => changes.push(`${node} ${change}`)
    const { peers } = startStandardServices({ node: tool, clock, information, status, peerChanged })
    clock.advanceBy(5500)
    expect(changes).toEqual(['1 online'])
    expect(peers()).toMatchObject([{ node: 1, isOnline: true, health: 'nominal', vendorStatus: 7, restarts: 0 }])
    for (const wire of wires) wire.cut('n1')
    clock.advanceBy(2400)
    expect(changes).toHaveLength(1)
    clock.advanceBy(200)
    expect(changes).toEqual(['1 online', '1 offline'])
    for (const wire of wires) wire.heal('n1')
    clock.advanceBy(1100)
    expect(changes.slice(2)).toEqual(['1 online'])
    const second: CyphalNode = attach(2)
    second.start()
    const beat = (uptime: number) => {
      second.publish(7509, bytes(uptime, 0, 0, 0, 0, 7, 0), { priority: 4 })
      clock.advanceBy(500)
    }
    beat(9)
    beat(10)
    beat(0)
    expect(changes.slice(3)).toEqual(['2 online', '2 restarted'])
    expect(peers().at(-1)).toMatchObject({ node: 2, mode: 'reserved', uptimeSeconds: 0, restarts: 1 })
  })
})

function read(
  ask: (service: number, payload: Uint8Array) => Uint8Array | undefined,
  name: string,
  value?: RegisterValue,
) {
  const answer = ask(registerAccessService, encodeAccessRequest(name, value ?? { type: 'empty' }))
  return answer && decodeAccessResponse(answer)
}

function registersOf() {
  const written: string[] = []
  const all = new Map<string, Register>([
    ['blade.boot.image', { value: { type: 'string', value: 'image-1' }, isMutable: true, isPersistent: true }],
    ['blade.slot', { value: { type: 'natural16', value: [4] }, isMutable: false, isPersistent: true }],
  ])
  return {
    written,
    names: () => [...all.keys()],
    read: (name: string) => all.get(name),
    write(name: string, value: RegisterValue, source: number) {
      written.push(`${name} by ${source}`)
      const before = all.get(name)
      if (before) all.set(name, { ...before, value })
    },
  }
}
