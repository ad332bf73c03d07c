// The highest epoch that this master has asked for, on its own disk: no two of its lives ask for the same one. It is no part of
// the journal, which a master that does not lead only copies.
import type { Disk } from '../ports/disk.ts'
import type { Answer } from '../ports/result.ts'

const file = 'epoch'

/** 0 when there is none. A file that holds something else answers DISK_FAILED: a guess could be an epoch that was used. */
export function readEpoch(disk: Disk, answer: Answer<number>): void {
  disk.read(file, (read) => {
    if (!read.ok) {
      answer(read)
      return
    }
    const text = Buffer.from(read.value).toString()
    if (/^\d{0,15}\n?$/.test(text)) answer({ ok: true, value: Number(text) })
    else answer({ ok: false, code: 'DISK_FAILED', detail: `the file ${file} is damaged: it holds no number` })
  })
}

/** Durable when it answers. */
export function keepEpoch(disk: Disk, epoch: number, answer: Answer<void>): void {
  disk.replace(file, Buffer.from(`${epoch}\n`), answer)
}
