// R08: a receipt is issued only by whoever looked from outside the blade and found nothing.
import { createHash } from 'node:crypto'
import type { Random } from '../ports/random.ts'
import type { Receipt } from '../protocol/board.ts'
import type { BladeId, GroupId } from '../protocol/ids.ts'

/** What was searched for what. Its digest goes into the receipt; the findings themselves go to the log. */
export interface ScrubSearch {
  /** Hash of the canary of the last boot, null when the blade never booted here. */
  readonly canary: string | null
  readonly places: readonly string[]
  /** Empty, or there is no receipt. */
  readonly found: readonly string[]
}

export function issueReceipt(
  random: Random,
  facts: {
    blade: BladeId
    formerGroup: GroupId | 'unknown'
    removed: readonly string[]
    search: ScrubSearch
    at: number
  },
): Receipt {
  const { blade, formerGroup, removed, search, at } = facts
  const digest = createHash('sha256').update(JSON.stringify({ blade, formerGroup, search, at })).digest('hex')
  return {
    id: `receipt-${randomHex(random, 16)}`,
    blade,
    formerGroup,
    removed: removed.slice(0, 64).map((place) => place.slice(0, 256)),
    digest: `sha256:${digest}`,
    at,
  }
}

export function randomHex(random: Random, digits: number): string {
  let text = ''
  while (text.length < digits) text += Math.floor(random.next() * 16).toString(16)
  return text
}
