import type { ServerResponse } from 'node:http'

/** The balancer's own answers. Never kept by anybody; a 503 says when to come back (R10). A body still on its way is not waited for. */
export function refuseRequest(response: ServerResponse, status: number, why: string): void {
  const text = `${why}\n`
  const bodyComing = !response.req.complete
  response.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': '1' } : {}),
    ...(bodyComing ? { connection: 'close' } : {}),
  })
  response.end(text)
}
