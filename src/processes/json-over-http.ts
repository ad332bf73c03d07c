// JSON over HTTP for a port that strangers can reach: bodies are bounded before they are read, and who is refused is not read on.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ErrorCode, errorTable } from '../errors.ts'
import type { ControlError } from '../runtime/control-protocol.ts'

const bodyBytesMax = 64 * 1024

/** Calls `use` with what the body says, or refuses the request: MESSAGE_TOO_LARGE, COMMAND_INVALID. */
export function readJson(request: IncomingMessage, response: ServerResponse, use: (body: unknown) => void): void {
  const tooLarge = () => refuse(response, 'MESSAGE_TOO_LARGE', `${bodyBytesMax} bytes at most`)
  if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) {
    tooLarge()
    return
  }
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
    if (bytes <= bodyBytesMax) chunks.push(chunk)
    else tooLarge()
  })
  request.on('end', () => {
    if (bytes > bodyBytesMax) return
    const body = parsed(Buffer.concat(chunks).toString('utf8'))
    if (body === undefined) refuse(response, 'COMMAND_INVALID', 'the body is no JSON')
    else use(body)
  })
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(text)
}

export function sendError(response: ServerResponse, code: ErrorCode, detail: string, status = statusOf(code)): void {
  const body: ControlError = { error: { code, detail, whatToDo: errorTable[code].whatToDo } }
  sendJson(response, status, body)
}

/** The connection ends with the answer: a body that is still coming is not read for somebody who is turned away. */
export function refuse(response: ServerResponse, code: ErrorCode, detail: string, status = statusOf(code)): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
  sendError(response, code, detail, status)
}

function statusOf(code: ErrorCode): number {
  if (code === 'TOKEN_REFUSED') return 401
  if (code === 'MESSAGE_TOO_LARGE') return 413
  if (code.endsWith('_UNKNOWN') && code !== 'OUTCOME_UNKNOWN') return 404
  return code === 'COMMAND_INVALID' ? 400 : 409
}

/** Undefined for what is no JSON: no JSON text means it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
