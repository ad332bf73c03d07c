// Asking a blade who it is. The blade is a stranger: it may answer slowly, endlessly or with anything.
import { request } from 'node:http'
import { createServer } from 'node:net'
import type { Answer, Result } from '../../ports/result.ts'
import { type BootIdentity, bootIdentity } from '../../protocol/board.ts'
import { parseJson } from './durable-file.ts'

const withinMs = 500
const bodyBytesMax = 4096

/** Answers once. Errors: BLADE_UNREACHABLE (no connection, no answer in 500 ms), BLADE_UNHEALTHY (any other answer than an identity). */
export function askIdentity(port: number, path: string, answer: Answer<BootIdentity>): void {
  let answered = false
  const once = (result: Result<BootIdentity>) => {
    if (answered) return
    answered = true
    asked.destroy()
    answer(result)
  }
  const asked = request({ host: '127.0.0.1', port, path, agent: false, signal: AbortSignal.timeout(withinMs) })
  asked.on('error', (error) => once({ ok: false, code: 'BLADE_UNREACHABLE', detail: error.message }))
  asked.on('response', (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('error', (error) => once({ ok: false, code: 'BLADE_UNREACHABLE', detail: error.message }))
    response.on('data', (chunk: string) => {
      body += chunk
      if (body.length > bodyBytesMax) once(unhealthy(`more than ${bodyBytesMax} bytes`))
    })
    response.on('end', () => once(response.statusCode === 200 ? identityIn(body) : unhealthy(`${response.statusCode}`)))
  })
  asked.end()
}

function identityIn(body: string): Result<BootIdentity> {
  const parsed = bootIdentity.safeParse(parseJson(body))
  return parsed.success ? { ok: true, value: parsed.data } : unhealthy('no identity')
}

function unhealthy(what: string): Result<never> {
  return { ok: false, code: 'BLADE_UNHEALTHY', detail: `the health check answers ${what}` }
}

/** A port of the loopback that is free now. Another may take it before the blade does: then the blade ends and is started anew. */
export function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const bound = server.address()
      const port = bound !== null && typeof bound === 'object' ? bound.port : 0
      server.close(() => resolve(port))
    })
  })
}
