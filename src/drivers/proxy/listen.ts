import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer } from '../../ports/result.ts'

export interface Listener {
  readonly name: string
  readonly server: Server
  readonly host: string
  readonly port: number
}

/** All or none. Answers, never on the caller's stack, with the bound ports in the order given, or PORT_IN_USE, or CONFIG_INVALID for a place that cannot be bound. */
export function listenOnAll(listeners: readonly Listener[], answer: Answer<readonly number[]>): void {
  let open = 0
  let answered = false

  function fail(listener: Listener, error: NodeJS.ErrnoException): void {
    if (answered) return
    answered = true
    for (const { server } of listeners) server.close()
    const code = error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'CONFIG_INVALID'
    const place = `${listener.host}:${listener.port} of ${listener.name}`
    answer({ ok: false, code, detail: `${place}: ${error.message}` })
  }

  function opened(listener: Listener): void {
    open += 1
    if (answered) listener.server.close()
    else if (open === listeners.length) {
      answered = true
      answer({ ok: true, value: listeners.map(({ server }) => (server.address() as AddressInfo).port) })
    }
  }

  for (const listener of listeners) {
    listener.server.once('error', (error) => fail(listener, error))
    try {
      listener.server.listen(listener.port, listener.host, () => opened(listener))
    } catch (error) {
      // A port out of range throws; the answer comes later all the same.
      queueMicrotask(() => fail(listener, error as NodeJS.ErrnoException))
    }
  }
}
