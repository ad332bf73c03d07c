// What the two ends say of themselves when a connection opens, in the headers of the upgrade: no byte of a message is read
// from somebody who has not shown a token.
// Not covered: the answering end shows no proof, and nothing is encrypted. Who takes the port of a dead master on the same
// machine can read the tokens of those who call it. The channel therefore listens on loopback only.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type NodeId, nodeId } from '../../protocol/ids.ts'

/** Raised when an envelope changes in a way that an older peer would misread. */
const protocolVersion = '1'

const nodeHeader = 'x-bladewright-node'
const incarnationHeader = 'x-bladewright-incarnation'
const protocolHeader = 'x-bladewright-protocol'

export interface Introduction {
  readonly node: NodeId
  readonly incarnation: number
}

export function introduce({ node, incarnation }: Introduction): Record<string, string> {
  return { [nodeHeader]: node, [incarnationHeader]: String(incarnation), [protocolHeader]: protocolVersion }
}

/** Undefined when it is not one of ours, or of another version. */
export function readIntroduction(headers: IncomingHttpHeaders): Introduction | undefined {
  const node = nodeId.safeParse(headers[nodeHeader])
  const incarnation = headers[incarnationHeader]
  if (headers[protocolHeader] !== protocolVersion || !node.success) return undefined
  if (typeof incarnation !== 'string' || !/^\d{1,15}$/.test(incarnation)) return undefined
  return { node: node.data, incarnation: Number(incarnation) }
}

export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` }
}

export function readBearer({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization)?.[1]
}

/** For `authorize`: one token a node. The time it takes says nothing of the token, nor whether the node exists. */
export function createTokenCheck(tokenOf: (node: NodeId) => string | undefined) {
  return (node: NodeId, token: string): boolean => {
    const expected = tokenOf(node)
    const isSame = timingSafeEqual(digest(token), digest(expected ?? ''))
    return isSame && expected !== undefined && expected !== ''
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
