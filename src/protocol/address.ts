// Addresses say where an actor lives and which life of it is meant.
//   bw://<site>/<node>/<path>#<incarnation>
// The node `leader` stands for whichever site master leads. Without `#incarnation` the present life is meant.
import { z } from 'zod'
import type { NodeId, SiteId } from './ids.ts'

/** As a string on the wire; `parseAddress` takes it apart. */
export type Address = `bw://${string}/${string}/${string}`

const pattern = /^bw:\/\/([a-z][a-z0-9-]{0,31})\/([a-z][a-z0-9-]{0,31})\/([A-Za-z0-9:._/-]{1,128})(?:#(\d{1,15}))?$/

export const address = z.custom<Address>((value) => typeof value === 'string' && pattern.test(value), 'not an address')

export interface AddressParts {
  readonly site: SiteId
  readonly node: NodeId
  readonly path: string
  readonly incarnation: number | undefined
}

/** The node name that is resolved to the leading site master when a message is sent. */
export const leaderNode = 'leader'

export function formatAddress(site: SiteId, node: NodeId, path: string, incarnation?: number): Address {
  return `bw://${site}/${node}/${path}${incarnation === undefined ? '' : `#${incarnation}`}`
}

/** Undefined when the text is no address. */
export function parseAddress(text: string): AddressParts | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [, site = '', node = '', path = '', incarnation] = match
  return { site, node, path, incarnation: incarnation === undefined ? undefined : Number(incarnation) }
}
