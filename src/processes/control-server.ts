// The control port of a site master: HTTP on loopback. Every request shows the operators' token; a page in a browser cannot, and a
// name that resolves to loopback is not taken for it (Host is checked). Bodies, headers, times and connections are bounded.
// A request that crashes its handler is answered with 500: nothing that an operator asks ends a master.
//   GET  /status /rules /explain/<id> /sla/<account> /bill/<account> /recommend/<account> /events
//   POST /move /drain /cordon /release /hold /unbrake /handover /adopt /sla /consent /rules /audit
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Result } from '../ports/result.ts'
import { type ControlCommand, controlBodies } from '../runtime/control-protocol.ts'
import type { FarmControl, FarmEvent } from '../runtime/farm-control.ts'
import { isToken, readBearer } from './bearer-token.ts'
import { readJson, refuse, sendError, sendJson } from './json-over-http.ts'

export interface ControlServerOptions {
  readonly control: FarmControl
  /** An empty one lets nobody in. */
  /** In force now; undefined lets nobody in. */
  readonly token: () => string | undefined
  /** 0 takes any free one. */
  readonly port: number
  readonly log: Log
  /** Once. PORT_IN_USE. */
  readonly listening: Answer<{ readonly port: number }>
}

export interface ControlServer {
  close(closed: () => void): void
}

const bounds = {
  requestTimeout: 10_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024,
}
/** Anybody on this machine can open one; this bounds what they cost the master. */
const connectionCountMax = 64
/** Bytes of events that a reader may lag behind before it is cut off. */
const lagBytesMax = 1024 * 1024
const host = '127.0.0.1'

export function createControlServer(options: ControlServerOptions): ControlServer {
  const { control, log } = options
  const server = createServer(bounds, (request, response) => {
    const why = refusalOf(request)
    if (why === undefined) guarded(response, () => route(request, response))
    else refuse(response, 'TOKEN_REFUSED', why)
  })
  server.maxConnections = connectionCountMax
  server.on('error', (error: NodeJS.ErrnoException) => {
    // Once it listens, errors are of single connections: a machine short of file descriptors must not lose its master over one.
    if (server.listening) {
      log.warn('control.accept.failed', { reason: error.message })
      return
    }
    const code: ErrorCode = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CONFIG_INVALID'
    options.listening({ ok: false, code, detail: `control port ${options.port}: ${error.message}` })
  })
  server.listen(options.port, host, () => {
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : options.port
    options.listening({ ok: true, value: { port } })
  })

  function refusalOf({ headers }: IncomingMessage): string | undefined {
    const name = (headers.host ?? '').replace(/:\d+$/, '')
    if (name !== host && name !== 'localhost' && name !== '[::1]') return 'this port answers on loopback only'
    return isToken(readBearer(headers) ?? '', options.token()) ? undefined : 'the control token is missing or wrong'
  }

  function guarded(response: ServerResponse, use: () => void): void {
    try {
      use()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.error('control.request.crashed', { reason })
      sendError(response, 'INVARIANT_BROKEN', reason, 500)
    }
  }

  function route(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').replace(/\?.*$/, '')
    if (request.method === 'GET' && path === '/status') sendJson(response, 200, control.status())
    else if (request.method === 'GET' && path === '/role') sendJson(response, 200, control.role())
    else if (request.method === 'GET' && path === '/rules') sendJson(response, 200, control.rules())
    else if (request.method === 'GET' && path === '/events') stream(response)
    else if (request.method === 'GET' && path.startsWith('/explain/'))
      named(response, path.slice('/explain/'.length), control.explain)
    else if (request.method === 'GET' && path.startsWith('/sla/'))
      named(response, path.slice('/sla/'.length), control.sla)
    else if (request.method === 'GET' && path.startsWith('/bill/'))
      named(response, path.slice('/bill/'.length), control.bill)
    else if (request.method === 'GET' && path.startsWith('/recommend/'))
      named(response, path.slice('/recommend/'.length), control.recommend)
    else if (request.method === 'POST' && Object.hasOwn(controlBodies, path))
      readJson(request, response, (body) => guarded(response, () => command(response, path as ControlCommand, body)))
    else refuse(response, 'COMMAND_INVALID', `there is no ${request.method} ${path}`, 404)
  }

  function named(response: ServerResponse, text: string, say: (name: string) => Result<unknown>): void {
    const name = decoded(text)
    if (name === undefined) refuse(response, 'COMMAND_INVALID', 'the name is not percent-encoded text')
    else answer(response, say(name))
  }

  function command(response: ServerResponse, path: ControlCommand, body: unknown): void {
    const say = (result: Result<unknown>) => answer(response, result)
    switch (path) {
      case '/move':
        withBody(path, body, say, ({ blade, group, role, dryRun }) =>
          control.move(blade, group, { dryRun, ...(role !== undefined && { role }) }, say),
        )
        break
      case '/drain':
        withBody(path, body, say, ({ blade, dryRun }) => control.drain(blade, { dryRun }, say))
        break
      case '/cordon':
        withBody(path, body, say, ({ blade, on }) => control.cordon(blade, on, say))
        break
      case '/release':
        withBody(path, body, say, ({ blade }) => control.release(blade, say))
        break
      case '/unbrake':
        withBody(path, body, say, () => control.unbrake(say))
        break
      case '/handover':
        withBody(path, body, say, ({ epoch }) => control.handover({ ...(epoch !== undefined && { epoch }) }, say))
        break
      case '/adopt':
        withBody(path, body, say, () => control.adopt(say))
        break
      case '/sla':
        withBody(path, body, say, ({ account, rollbackTo, effectiveAt, ...rest }) =>
          control.setSla(
            account,
            {
              ...rest,
              ...(rollbackTo !== undefined && { rollbackTo }),
              ...(effectiveAt !== undefined && { effectiveAt }),
            },
            say,
          ),
        )
        break
      case '/consent':
        withBody(path, body, say, ({ account, upTo }) => control.consent(account, upTo, say))
        break
      case '/rules':
        withBody(path, body, say, ({ text, rollbackTo, dryRun }) =>
          control.setRules(
            { dryRun, ...(text !== undefined && { text }), ...(rollbackTo !== undefined && { rollbackTo }) },
            say,
          ),
        )
        break
      case '/audit':
        withBody(path, body, say, () => control.audit(say))
        break
      case '/hold':
        withBody(path, body, say, ({ group, on }) => control.hold(group, on, say))
        break
      default:
        path satisfies never
    }
  }

  function stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
    response.flushHeaders()
    const stop = control.subscribe((event: FarmEvent) => {
      // Cut off a moment ago; its close is still to come.
      if (response.destroyed) return
      if (response.writableLength > lagBytesMax) {
        log.warn('control.reader.cut', { lagBytes: response.writableLength })
        response.destroy()
      } else response.write(`${JSON.stringify(event)}\n`)
    })
    response.once('close', stop)
  }

  return {
    close(closed) {
      server.close(() => closed())
      server.closeAllConnections()
    },
  }
}

function answer(response: ServerResponse, result: Result<unknown>): void {
  if (result.ok) sendJson(response, 200, result.value ?? {})
  else sendError(response, result.code, result.detail)
}

/** What the body says, when it is one of this command. */
function withBody<Command extends ControlCommand>(
  path: Command,
  body: unknown,
  say: Answer<unknown>,
  use: (said: z.output<(typeof controlBodies)[Command]>) => void,
): void {
  const parsed = controlBodies[path].safeParse(body)
  if (parsed.success) {
    use(parsed.data as z.output<(typeof controlBodies)[Command]>)
    return
  }
  const [first] = parsed.error.issues
  const detail = `${first?.path.join('.') || 'body'}: ${first?.message ?? 'not understood'}`
  say({ ok: false, code: 'COMMAND_INVALID', detail })
}

/** Undefined for what is not percent-encoded text. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
