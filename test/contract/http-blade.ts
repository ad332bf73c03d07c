// A blade's software as the balancer meets it: a real HTTP server in this process. Requests take `serviceMs`; `/healthz` names the boot.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BladeId, GroupId } from '../../src/protocol/ids.ts'
import type { Member } from '../../src/protocol/messages.ts'

export interface HttpBlade {
  readonly member: Member
  /** Requests other than health checks that reached it. */
  readonly requests: readonly IncomingMessage[]
  /** As a server does whose keep-alive time is over. */
  closeIdle(): void
  /** As SIGKILL: the port closes and every connection is reset. */
  kill(): Promise<void>
}

export interface HttpBladeShape {
  readonly blade: BladeId
  readonly group: GroupId
  readonly bootId: string
  readonly port?: number
  readonly serviceMs?: number
  readonly busy?: boolean
  /** Instead of answering 200 after serviceMs. */
  answer?(request: IncomingMessage, response: ServerResponse): void
}

export async function startHttpBlade(shape: HttpBladeShape): Promise<HttpBlade> {
  const { blade, group, bootId } = shape
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    if (request.url === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ group, role: 'front', imageDigest: 'sha256:0', bootId }))
      return
    }
    requests.push(request)
    if (shape.answer) return shape.answer(request, response)
    if (shape.busy) return response.writeHead(503, { 'retry-after': '7' }).end('busy\n')
    setTimeout(() => response.end(`${blade} ${bootId}\n`), shape.serviceMs ?? 5)
  })
  await new Promise<void>((resolve) => server.listen(shape.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    member: { blade, address: `127.0.0.1:${port}`, bootId, state: 'ready' },
    requests,
    closeIdle: () => server.closeIdleConnections(),
    kill: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
