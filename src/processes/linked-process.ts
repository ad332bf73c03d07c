// The channel of a process that calls its site masters: agents, balancer, load source, and the second master.
import { createSeededRandom } from '../drivers/seeded-random.ts'
import { TransportError } from '../errors.ts'
import type { Random } from '../ports/random.ts'
import type { Transport } from '../ports/transport.ts'
import type { NodeId } from '../protocol/ids.ts'
import { mastersOf } from '../runtime/farm-layout.ts'
import type { RegisterHandlers } from '../transport/can/standard-services.ts'
import type { OwnProcess } from './own-process.ts'
import { channelUrl, type RunDirectory } from './run-directory.ts'
import { siteTransport } from './site-transport.ts'

/** Where nobody listens: of a master that has not said yet where it does. */
const nowhere = (directory: RunDirectory) => `${directory.config.channel.tls ? 'wss' : 'ws'}://127.0.0.1:1`

/** Whom to call. A master that was started again may have got another port. */
export function callsTo(directory: RunDirectory, masters: readonly NodeId[]) {
  return masters.map((peer) => ({ peer, url: () => channelUrl(directory, peer) ?? nowhere(directory) }))
}

/** The transport keeps calling every master from its start on. @param registers what Cyphal tools can read of it */
export function linked(
  own: OwnProcess,
  registers?: RegisterHandlers,
): { readonly transport: Transport; readonly random: Random } {
  const { directory, node, incarnation, log } = own
  const { config, path } = directory
  const token = directory.tokenOf(node)
  if (token === undefined) {
    return own.fail('TOKEN_REFUSED', `${node} has no token in ${path}`)
  }
  const random = createSeededRandom(config.seed).fork(node)
  try {
    const transport = siteTransport({
      node,
      incarnation,
      config,
      secretsOf: directory.tokensOf,
      random: random.fork('channel'),
      log,
      connect: callsTo(directory, mastersOf(config)),
      token,
      onCut: own.onCut,
      ...(registers && { registers }),
    })
    return { transport, random }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    return own.fail(error.code, error.message)
  }
}
