import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileDisk } from '../../src/drivers/node/file-disk.ts'
import { systemClock } from '../../src/drivers/node/system-clock.ts'
import { journalContract } from './journal.ts'
import { until } from './web-socket-site.ts'

journalContract('file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'bladewright-journal-'))
  return {
    clock: systemClock,
    disk: createFileDisk(directory),
    reopen: () => createFileDisk(directory),
    until,
    close: () => rmSync(directory, { recursive: true }),
  }
})
