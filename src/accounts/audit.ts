// The audit (R33): the ledger recomputed from the journal, against the ledger that was kept, to the byte; and the chain of hashes over all lines
// that are kept. What the journal says no more, because it was compacted, is vouched for by the chain: it ends in the hash that the journal's
// snapshot goes on from.
import { hashOf, Ledger, type LedgerLine, type LedgerState } from './ledger.ts'
import type { LedgerRecord } from './ledger-records.ts'

export interface AuditInput {
  /** What the journal starts from. */
  readonly base: LedgerState
  /** All that came after. */
  readonly records: readonly LedgerRecord[]
  /** The ledger as it was kept: lines after one, in order, some at a time; empty at its end. It may begin anywhere. */
  page(after: number): readonly LedgerLine[]
}

export interface AuditReport {
  readonly isRight: boolean
  /** Lines whose chain of hashes was checked, and those of them that were recomputed. */
  readonly checked: number
  readonly recomputed: number
  /** The first line that is kept; 0 for none. */
  readonly first: number
  /** Hash of the last line, which stands for all of them. */
  readonly head: string
  /** Journal index up to which. */
  readonly upTo: number
  readonly problems: readonly string[]
}

const problemsMax = 20
const recordsInSlice = 500

export function audit(input: AuditInput): AuditReport {
  const slices = auditInSlices(input)
  for (;;) {
    const { done, value } = slices.next()
    if (done) return value
  }
}

/** So that whoever has other things to do can do them in between. */
export function* auditInSlices({ base, records, page }: AuditInput): Generator<void, AuditReport> {
  const problems: string[] = []
  const complain = (problem: string) => {
    if (problems.length < problemsMax) problems.push(problem)
  }
  const ledger = new Ledger(base)
  const right = new Map<number, string>()
  for (const [i, record] of records.entries()) {
    for (const { line, text } of ledger.take(record)) right.set(line, text)
    if (i % recordsInSlice === recordsInSlice - 1) yield
  }
  const { lines, head, index } = ledger.state()
  const chain = createChain(complain)
  for (let kept = page(0); kept.length > 0; kept = page(chain.last())) {
    for (const one of kept) {
      chain.check(one)
      if (one.line === base.lines && hashIn(one.text) !== base.head)
        complain(`line ${one.line} is not the one that the journal goes on from`)
      const text = right.get(one.line)
      if (text !== undefined && text !== one.text) complain(`line ${one.line} is ${one.text}, and should be ${text}`)
      if (one.line > lines) complain(`line ${one.line} is there, and the journal knows ${lines} lines`)
      right.delete(one.line)
    }
    yield
  }
  for (const line of right.keys()) complain(`line ${line} is missing`)
  return {
    ...{ isRight: problems.length === 0, checked: chain.count(), recomputed: lines - base.lines },
    ...{ first: chain.first(), head, upTo: index, problems },
  }
}

function createChain(complain: (problem: string) => void) {
  let [first, last, count] = [0, 0, 0]
  let before: string | undefined
  return {
    first: () => first,
    last: () => last,
    count: () => count,
    check({ line, text }: LedgerLine): void {
      if (before !== undefined && line !== last + 1) complain(`line ${line} follows line ${last}`)
      // Before the first line that is kept the hash is known only of the very first.
      const former = count === 0 && line > 1 ? undefined : (before ?? '')
      const body = `${text.slice(0, text.lastIndexOf(',"hash":'))}}`
      if (former !== undefined && hashOf(former, body) !== hashIn(text))
        complain(`line ${line} was changed: its hash is another one`)
      if (count === 0) first = line
      count += 1
      last = line
      before = hashIn(text)
    },
  }
}

function hashIn(text: string): string {
  return /,"hash":"([0-9a-f]{64})"\}$/.exec(text)?.[1] ?? ''
}
