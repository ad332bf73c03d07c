// One connection to a member, used for one request at a time and never reopened. The first thing asked on it is /healthz: only when
// that names the group and boot that are listed does the connection carry requests. So whoever may answer at an address later (a
// port can be leased to another account's blade within milliseconds) never sees a request that was not meant for him:
// identity is proven per connection, not per address and not per interval.
import { buildConnector, Client, type Dispatcher } from 'undici'
import type { Clock } from '../../ports/clock.ts'
import { bootIdentity } from '../../protocol/board.ts'
import type { GroupId } from '../../protocol/ids.ts'

export interface MemberLink {
  /** Open, and its other end is known. */
  readonly usable: boolean
  /** Requests that cannot be sent end in `onResponseError` without `onRequestStart`. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void
  destroy(): void
}

export interface MemberLinkParts {
  readonly clock: Clock
  readonly group: GroupId
  readonly address: string
  readonly bootId: string
  /** For connecting and proving identity together. */
  readonly connectTimeoutMs: number
  /** Until the head of an answer, and between two parts of its body. */
  readonly answerTimeoutMs: number
  /** Exactly once. The link is dead when it was not identified. */
  opened(identified: boolean): void
  /** Once, after `opened(true)`, when the connection ends. */
  closed(): void
}

const healthAnswerBytesMax = 4096

export function openMemberLink(parts: MemberLinkParts): MemberLink {
  let state: 'opening' | 'open' | 'closed' = 'opening'
  const client = createClient(parts)

  function settle(identified: boolean): void {
    if (state !== 'opening') return
    deadline.cancel()
    state = identified ? 'open' : 'closed'
    if (!identified) void client?.destroy()
    parts.opened(identified)
  }

  function close(): void {
    settle(false)
    if (state === 'closed') return
    state = 'closed'
    void client?.destroy()
    parts.closed()
  }

  const deadline = parts.clock.setTimer(client ? parts.connectTimeoutMs : 0, () => settle(false))
  client?.on('disconnect', close)
  client?.dispatch({ method: 'GET', path: '/healthz' }, identityReader(parts, settle))

  return {
    get usable() {
      return state === 'open'
    },
    dispatch(options, handler) {
      client?.dispatch(options, handler)
    },
    destroy: close,
  }
}

/** Undefined for an address that is none. */
function createClient({ address, connectTimeoutMs, answerTimeoutMs }: MemberLinkParts): Client | undefined {
  const dial = buildConnector({ timeout: connectTimeoutMs })
  let dialled = false
  try {
    return new Client(`http://${address}`, {
      pipelining: 1,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
      allowH2: false,
      connect(options, callback) {
        // Undici would reconnect for a request that waits; the new other end would be unproven. The `disconnect` listener ends the client
        // too, but only after undici has had its say.
        if (dialled) return queueMicrotask(() => callback(new Error('the connection ended'), null))
        dialled = true
        dial(options, callback)
      },
    })
  } catch {
    return undefined
  }
}

function identityReader(
  expected: { group: GroupId; bootId: string },
  ended: (identified: boolean) => void,
): Dispatcher.DispatchHandler {
  let status = 0
  let text = ''
  return {
    // Undici refuses a handler without it.
    onRequestStart() {},
    onResponseStart(_controller, statusCode) {
      status = statusCode
    },
    onResponseData(controller, chunk) {
      text += chunk.toString('latin1')
      if (text.length > healthAnswerBytesMax) controller.abort(new Error('the health answer is too long'))
    },
    onResponseEnd() {
      ended(status === 200 && names(expected, text))
    },
    onResponseError() {
      ended(false)
    },
  }
}

function names(expected: { group: GroupId; bootId: string }, text: string): boolean {
  try {
    const identity = bootIdentity.parse(JSON.parse(text))
    return identity.group === expected.group && identity.bootId === expected.bootId
  } catch {
    return false
  }
}
