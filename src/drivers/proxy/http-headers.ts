// Which header fields cross the proxy. Fields about one connection stay on it (RFC 9110, 7.6.1), and what a client claims about
// who it is for is replaced: the balancer is the first that knows.

const perConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Answered or set by this proxy itself. */
const replaced = new Set(['expect', 'forwarded', 'x-forwarded-for'])

/** @param raw names and values by turns, as Node gives them */
export function requestHeaders(raw: readonly string[], clientAddress: string): string[] {
  const headers = keep(raw, (name) => !replaced.has(name))
  headers.push('x-forwarded-for', clientAddress)
  return headers
}

/** @param raw names and values by turns, as undici gives them */
export function responseHeaders(raw: readonly (Buffer | string)[]): string[] {
  return keep(
    raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1'))),
    () => true,
  )
}

function keep(raw: readonly string[], wanted: (name: string) => boolean): string[] {
  const named = namedByConnection(raw)
  const kept: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const lower = name.toLowerCase()
    if (!perConnection.has(lower) && !named.has(lower) && wanted(lower)) kept.push(name, raw[i + 1] ?? '')
  }
  return kept
}

function namedByConnection(raw: readonly string[]): ReadonlySet<string> {
  const named = new Set<string>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() !== 'connection') continue
    for (const name of (raw[i + 1] ?? '').split(',')) named.add(name.trim().toLowerCase())
  }
  return named
}
