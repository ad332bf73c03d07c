// The control port of a site master: HTTP on loopback. Every request shows the operators' token; a page in a browser cannot, and a
// name that resolves to loopback is not taken for it (Host is checked). Bodies, headers and times are bounded.
//   GET  /status  /explain/<id>  /events     POST /move /drain /cordon /release /hold
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type ErrorCode, errorTable } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Result } from '../ports/result.ts'
import { type ControlCommand, controlBodies } from '../runtime/control-protocol.ts'
import type { FarmControl, FarmEvent } from '../runtime/farm-control.ts'

export interface ControlServerOptions {
  readonly control: FarmControl
  /** An empty one lets nobody in. */
  readonly token: string
  /** 0 takes any free one. */
  readonly port: number
  readonly log: Log
  /** Once. PORT_IN_USE. */
  readonly listening: Answer<{ readonly port: number }>
}

export interface ControlServer {
  close(closed: () => void): void
}

const bodyBytesMax = 64 * 1024
const requestMsMax = 10_000
/** Bytes of events that a reader may lag behind before it is cut off. */
const lagBytesMax = 1024 * 1024
const host = '127.0.0.1'

export function createControlServer(options: ControlServerOptions): ControlServer {
  const { control, log } = options
  const server = createServer({ requestTimeout: requestMsMax, headersTimeout: requestMsMax }, (request, response) => {
    const refusal = refusalOf(request, options.token)
    if (refusal) send(response, statusOf(refusal.code), errorBody(refusal.code, refusal.detail))
    else route(request, response)
  })
  server.maxHeadersCount = 64
  server.once('error', (error: NodeJS.ErrnoException) => {
    const code: ErrorCode = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CONFIG_INVALID'
    options.listening({ ok: false, code, detail: `control port ${options.port}: ${error.message}` })
  })
  server.listen(options.port, host, () => {
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : options.port
    options.listening({ ok: true, value: { port } })
  })

  function route(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').replace(/\?.*$/, '')
    if (request.method === 'GET' && path === '/status') send(response, 200, control.status())
    else if (request.method === 'GET' && path === '/events') stream(request, response)
    else if (request.method === 'GET' && path.startsWith('/explain/'))
      answer(response, control.explain(decodeURIComponent(path.slice('/explain/'.length))))
    else if (request.method === 'POST' && Object.hasOwn(controlBodies, path))
      readBody(request, response, (body) => answer(response, command(path as ControlCommand, body)))
    else send(response, 404, errorBody('COMMAND_INVALID', `${request.method} ${path}`))
  }

  function command(path: ControlCommand, body: unknown): Result<unknown> {
    switch (path) {
      case '/move': {
        const parsed = controlBodies[path].safeParse(body)
        if (!parsed.success) return malformed(parsed.error)
        const { blade, group, role, dryRun } = parsed.data
        return control.move(blade, group, { dryRun, ...(role !== undefined && { role }) })
      }
      case '/drain': {
        const parsed = controlBodies[path].safeParse(body)
        return parsed.success ? control.drain(parsed.data.blade, parsed.data) : malformed(parsed.error)
      }
      case '/cordon': {
        const parsed = controlBodies[path].safeParse(body)
        return parsed.success ? control.cordon(parsed.data.blade, parsed.data.on) : malformed(parsed.error)
      }
      case '/release': {
        const parsed = controlBodies[path].safeParse(body)
        return parsed.success ? control.release(parsed.data.blade) : malformed(parsed.error)
      }
      case '/hold': {
        const parsed = controlBodies[path].safeParse(body)
        return parsed.success ? control.hold(parsed.data.group, parsed.data.on) : malformed(parsed.error)
      }
      default:
        return path satisfies never
    }
  }

  function stream(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
    response.flushHeaders()
    const stop = control.subscribe((event: FarmEvent) => {
      if (response.writableLength > lagBytesMax) {
        log.warn('control.reader.cut', { lagBytes: response.writableLength })
        response.destroy()
      } else response.write(`${JSON.stringify(event)}\n`)
    })
    request.once('close', stop)
    response.once('close', stop)
  }

  return {
    close(closed) {
      server.close(() => closed())
      server.closeAllConnections()
    },
  }
}

function refusalOf({ headers }: IncomingMessage, token: string): { code: ErrorCode; detail: string } | undefined {
  const name = (headers.host ?? '').replace(/:\d+$/, '')
  if (name !== host && name !== 'localhost' && name !== '[::1]')
    return { code: 'TOKEN_REFUSED', detail: 'this port answers on loopback only' }
  const [, shown = ''] = /^Bearer (\S{1,256})$/.exec(headers.authorization ?? '') ?? []
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const isRight = timingSafeEqual(digest(shown), digest(token)) && token !== ''
  return isRight ? undefined : { code: 'TOKEN_REFUSED', detail: 'the control token is missing or wrong' }
}

function readBody(request: IncomingMessage, response: ServerResponse, use: (body: unknown) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
    if (bytes <= bodyBytesMax) chunks.push(chunk)
    else {
      send(response, 413, errorBody('MESSAGE_TOO_LARGE', `${bodyBytesMax} bytes at most`))
      request.destroy()
    }
  })
  request.on('end', () => {
    if (bytes > bodyBytesMax) return
    try {
      use(JSON.parse(Buffer.concat(chunks).toString('utf8')))
    } catch {
      send(response, 400, errorBody('COMMAND_INVALID', 'the body is no JSON'))
    }
  })
}

function answer(response: ServerResponse, result: Result<unknown>): void {
  if (result.ok) send(response, 200, result.value ?? {})
  else send(response, statusOf(result.code), errorBody(result.code, result.detail))
}

function malformed(error: { readonly issues: readonly { readonly path: PropertyKey[]; readonly message: string }[] }) {
  const [first] = error.issues
  const detail = `${first?.path.join('.') || 'body'}: ${first?.message ?? 'not understood'}`
  return { ok: false, code: 'COMMAND_INVALID', detail } as const
}

function statusOf(code: ErrorCode): number {
  if (code === 'TOKEN_REFUSED') return 401
  if (code.endsWith('_UNKNOWN')) return 404
  return code === 'COMMAND_INVALID' ? 400 : 409
}

function errorBody(code: ErrorCode, detail: string) {
  return { error: { code, detail, whatToDo: errorTable[code].whatToDo } }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
