// The journal of a pair over the store's: its records, with the epochs in which they were written, are entries of that one, and so is
// every cut of those that a new leader does not know of.
import type { PairJournal, PairRecord } from '../actors/journal-shipping.ts'
import { InvariantError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Answer } from '../ports/result.ts'
import type { Journal } from '../store/journal.ts'
import type { JournalEntry } from '../store/journal-frame.ts'

export function createPairJournal(journal: Journal, past: readonly JournalEntry[], clock: Clock): PairJournal {
  const list: PairRecord[] = []
  for (const one of past) {
    if (one.type === 'record') list.push(one.record as PairRecord)
    else if (one.type === 'cut') list.length = Number(one.after)
  }
  let durable = list.length
  let epoch = list.at(-1)?.epoch ?? 0

  function write(records: readonly PairRecord[], answer: Answer<void>): void {
    list.push(...records)
    const last = list.length
    const entries = records.map((record) => ({ type: 'record', record }))
    journal.append(entries, (kept) => {
      if (kept.ok) durable = Math.max(durable, Math.min(last, list.length))
      answer(kept)
    })
  }

  return {
    append(entries, answer) {
      const at = Math.max(clock.now(), list.at(-1)?.at ?? 0)
      write(
        entries.map((entry, place) => ({ index: list.length + 1 + place, epoch, at, entry })),
        answer,
      )
    },
    setEpoch(next) {
      epoch = next
    },
    accept: write,
    cutAfter(index, answer) {
      list.length = index
      durable = Math.min(durable, index)
      journal.append([{ type: 'cut', after: index }], answer)
    },
    install() {
      throw new InvariantError('INVARIANT_BROKEN', 'this journal takes no snapshot')
    },
    snapshot: () => null,
    records: (after, limit) => list.slice(after, after + limit),
    epochAt: (index) => (index === 0 ? 0 : list[index - 1]?.epoch),
    lastIndex: () => durable,
    lastWritten: () => list.length,
  }
}
