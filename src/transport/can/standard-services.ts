// What every Cyphal node should have, so that foreign tools can see, read and command it: heartbeat (subject 7509), GetInfo (430),
// ExecuteCommand (435), register List and Access (385, 384). Cyphal proves nobody's identity: reading is open to all on the bus, what
// changes something is the handlers' to allow, and refused where there is none.
import type { Clock, Timer } from '../../ports/clock.ts'
import {
  type CommandRequest,
  type CommandResponse,
  decodeCommandRequest,
  encodeCommandResponse,
  executeCommandBytesMax,
  executeCommandService,
} from './cyphal/execute-command.ts'
import {
  decodeHeartbeat,
  encodeHeartbeat,
  type HeartbeatStatus,
  heartbeatBytes,
  heartbeatPeriodMsMax,
  heartbeatSubject,
} from './cyphal/heartbeat.ts'
import { encodeNodeInformation, getInfoService, type NodeInformation } from './cyphal/node-information.ts'
import type { RegisterValue } from './cyphal/register-value.ts'
import {
  decodeAccessRequest,
  decodeListRequest,
  encodeAccessResponse,
  encodeRegisterName,
  type Register,
  registerAccessBytesMax,
  registerAccessService,
  registerListService,
} from './cyphal/registers.ts'
import type { CyphalNode } from './cyphal-node.ts'
import { type CyphalPeer, createCyphalPeers, type PeerChange } from './cyphal-peers.ts'

export interface StandardServicesOptions {
  readonly node: CyphalNode
  readonly clock: Clock
  readonly information: NodeInformation
  /** Asked for each heartbeat. */
  status(): HeartbeatStatus
  /** At most 1000, which is the default. */
  readonly heartbeatPeriodMs?: number
  /** Without it every command is answered with `badCommand`. */
  execute?: (
    request: CommandRequest & { readonly source: number },
    respond: (response: CommandResponse) => void,
  ) => void
  readonly registers?: RegisterHandlers
  /** The others: see cyphal-peers.ts. */
  peerChanged?: (change: PeerChange, peer: CyphalPeer) => void
}

export interface RegisterHandlers {
  /** Always in the same order. */
  names(): readonly string[]
  read(name: string): Register | undefined
  /** Only for registers that are mutable. It may refuse by doing nothing: the answer is what is read afterwards. Without it none is written. */
  write?: (name: string, value: RegisterValue, source: number) => void
}

export interface StandardServices {
  peers(): readonly CyphalPeer[]
  /** No more heartbeats, in or out. The node goes on. */
  stop(): void
}

const heartbeatPriority = 4
/** Of requests: a client that gets no answer asks again under the next number. */
const requestTimeoutMs = 2000

/** Before or after the node is started. */
export function startStandardServices(options: StandardServicesOptions): StandardServices {
  const { node, clock, information, registers, execute, heartbeatPeriodMs = heartbeatPeriodMsMax } = options
  const beganMs = clock.monotonic()
  const periodMs = Math.min(heartbeatPeriodMs, heartbeatPeriodMsMax)
  const peers = createCyphalPeers(clock, (change, peer) => options.peerChanged?.(change, peer))
  let timer: Timer | undefined

  function beat(): void {
    const uptimeSeconds = Math.floor((clock.monotonic() - beganMs) / 1000)
    const payload = encodeHeartbeat(uptimeSeconds, options.status())
    node.publish(heartbeatSubject, payload, { priority: heartbeatPriority, key: 'heartbeat', lifetimeMs: periodMs })
    timer = clock.setTimer(periodMs, beat)
  }

  const interest = (payloadBytesMax: number) => ({ payloadBytesMax, transferIdTimeoutMs: requestTimeoutMs })
  const unsubscribe = node.subscribe(
    heartbeatSubject,
    { payloadBytesMax: heartbeatBytes, transferIdTimeoutMs: 2 * heartbeatPeriodMsMax },
    ({ source, payload }) => {
      if (source !== undefined) peers.heard(source, decodeHeartbeat(payload))
    },
  )
  node.serve(getInfoService, interest(0), (_, respond) => void respond(encodeNodeInformation(information)))
  node.serve(executeCommandService, interest(executeCommandBytesMax), ({ payload, source = 0 }, respond) => {
    const answer = (response: CommandResponse) => void respond(encodeCommandResponse(response))
    if (execute) execute({ ...decodeCommandRequest(payload), source }, answer)
    else answer({ status: 'badCommand', output: '' })
  })
  node.serve(registerListService, interest(2), ({ payload }, respond) => {
    respond(encodeRegisterName(registers?.names()[decodeListRequest(payload)] ?? ''))
  })
  node.serve(registerAccessService, interest(registerAccessBytesMax), ({ payload, source = 0 }, respond) => {
    const request = decodeAccessRequest(payload)
    // What is not understood is not answered (section 3.7.1: an invalid representation).
    if (request) respond(encodeAccessResponse(access(registers, request.name, request.value, source)))
  })
  beat()

  return {
    peers: peers.list,
    stop() {
      timer?.cancel()
      unsubscribe()
      peers.stop()
    },
  }
}

/** Writes first, if that is wanted and allowed; then reads. */
function access(handlers: RegisterHandlers | undefined, name: string, value: RegisterValue, source: number) {
  if (value.type !== 'empty' && handlers?.read(name)?.isMutable) handlers.write?.(name, value, source)
  return handlers?.read(name)
}
