// R10: the member lists, published for those who balance by themselves. Read-only, on loopback.
import { createServer, type Server } from 'node:http'
import type { GroupId } from '../../protocol/ids.ts'
import type { Member } from '../../protocol/messages.ts'

export interface PublishedGroup {
  readonly group: GroupId
  readonly port: number
  readonly members: readonly (Member & { readonly inFlight: number })[]
}

/** GET /members answers `{groups: [{group, port, members: [{blade, address, bootId, state, inFlight}]}]}`. */
export function createMemberListServer(read: () => readonly PublishedGroup[]): Server {
  return createServer({ maxHeaderSize: 4096, requestTimeout: 5000 }, (request, response) => {
    const found = request.url === '/members'
    const allowed = request.method === 'GET' || request.method === 'HEAD'
    const status = found ? (allowed ? 200 : 405) : 404
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(status === 200 ? `${JSON.stringify({ groups: read() })}\n` : '{}\n')
  })
}
