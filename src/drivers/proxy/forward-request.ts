// One client's request on its way to a member and the answer on its way back, both streamed at the pace of the slower end.
// What happened is told to the routing as an ending; only the routing decides whether another member is tried.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { GroupMember } from './group-members.ts'
import { requestHeaders, responseHeaders } from './http-headers.ts'
import type { MemberLink } from './member-link.ts'
import type { MemberLinks } from './member-links.ts'
import { refuseRequest } from './refuse-request.ts'
import type { AttemptEnding, RoutedRequest } from './request-routing.ts'

type Ended = (ending: AttemptEnding) => void

/** RFC 9110, 9.2.2: doing them twice is doing them once. */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** What undici says of a request that it will not send: only its client can do anything about it. */
const notForwardable = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])

export function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  bodyBytesMax: number,
): RoutedRequest<MemberLinks> {
  const hasBody = request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined
  // Piped, because undici destroys the body of a failed request, and destroying `request` would take the client's socket with it.
  let body: PassThrough | undefined
  let controller: Dispatcher.DispatchController | undefined
  let clientLeft = false
  let refusedHere = false

  response.on('close', () => {
    clientLeft = !response.writableFinished
    if (clientLeft) controller?.abort(new Error('the client left'))
  })

  function refuse(status: number, why: string): void {
    refusedHere = true
    refuseRequest(response, status, why)
  }

  function attempt(member: GroupMember<MemberLinks>, ended: Ended): void {
    member.connection.take((link) => {
      if (!link) return unreachable(member, ended)
      send(member, link, (ending) => {
        if (ending !== 'unsent') return ended(ending)
        // An idle connection that had just been closed says nothing about the member.
        member.connection.takeFresh((fresh) => (fresh ? send(member, fresh, ended) : unreachable(member, ended)))
      })
    })
  }

  function unreachable(member: GroupMember<MemberLinks>, ended: Ended): void {
    member.health.markDown()
    ended(clientLeft ? 'abandoned' : 'unsent')
  }

  function send(member: GroupMember<MemberLinks>, link: MemberLink, ended: Ended): void {
    if (hasBody && !clientLeft) body ??= request.pipe(new PassThrough())
    if (clientLeft || body?.destroyed) {
      member.connection.giveBack(link)
      ended(clientLeft ? 'abandoned' : 'broken')
      return
    }
    const options = {
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: requestHeaders(request.rawHeaders, request.socket.remoteAddress ?? 'unknown'),
      ...(body ? { body } : {}),
    }
    link.dispatch(
      options,
      answerHandler(() => member.connection.giveBack(link), ended),
    )
  }

  function answerHandler(giveBack: () => void, ended: Ended): Dispatcher.DispatchHandler {
    let sent = false
    let sentBytes = 0
    let status = 0

    function endingOf(error: Error): AttemptEnding {
      const code = 'code' in error ? String(error.code) : ''
      if (clientLeft || refusedHere) return 'abandoned'
      if (status > 0) response.destroy()
      else if (code === 'UND_ERR_HEADERS_TIMEOUT') refuse(504, 'The member did not answer in time.')
      else if (notForwardable.has(code)) refuse(400, 'The request cannot be forwarded.')
      else return sent ? 'unanswered' : 'unsent'
      return notForwardable.has(code) ? 'abandoned' : 'broken'
    }

    return {
      onRequestStart(started) {
        sent = true
        controller = started
      },
      onBodySent(chunk) {
        sentBytes += chunk.length
        if (sentBytes <= bodyBytesMax || refusedHere) return
        if (status === 0) refuse(413, 'The body is too large.')
        controller?.abort(new Error('the body is too large'))
      },
      onResponseStart(started, statusCode, _headers, statusText) {
        if (statusCode < 200) return
        status = statusCode
        const raw = Array.isArray(started.rawHeaders) ? started.rawHeaders : []
        response.writeHead(statusCode, statusText ?? '', responseHeaders(raw))
      },
      onResponseData(started, chunk) {
        if (response.write(chunk)) return
        started.pause()
        response.once('drain', () => started.resume())
      },
      onResponseEnd() {
        response.end()
        giveBack()
        ended(status === 503 ? 'refused' : 'completed')
      },
      onResponseError(_started, error) {
        ended(endingOf(error))
      },
    }
  }

  return {
    repeatable: !hasBody && idempotentMethods.has(request.method ?? ''),
    attempt,
    finished(result) {
      if (response.headersSent || clientLeft) return
      if (result === 'saturated') refuse(503, 'No member of this group has room.')
      else if (result === 'failed') refuse(502, 'The member could not be reached.')
    },
  }
}
