// Whether a disk takes anything at all, tried before a process promises to remember: one that ended because its disk was full or failing
// stays out, however often it is started again, until its disk works. The file is larger than what is written between two looks, so
// that a disk with a few bytes left is full.
import type { Disk } from '../ports/disk.ts'
import type { Answer } from '../ports/result.ts'

const file = 'probe'
const probeBytes = 64 * 1024

/** DISK_FULL, DISK_FAILED. */
export function probeDisk(disk: Disk, answer: Answer<void>): void {
  disk.replace(file, new Uint8Array(probeBytes), (written) => {
    if (written.ok) disk.remove(file, answer)
    else answer(written)
  })
}
