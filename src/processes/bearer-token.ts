// The token in an Authorization header, for operators' ports on loopback.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export function readBearer({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,512})$/.exec(authorization)?.[1]
}

/** The time it takes says nothing of the token. False where there is none. */
export function isToken(given: string, expected: string | undefined): boolean {
  const isSame = timingSafeEqual(digest(given), digest(expected ?? ''))
  return isSame && expected !== undefined && expected !== ''
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
