import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileDisk } from '../../src/drivers/node/file-disk.ts'
import { diskContract } from './disk.ts'
import { until } from './web-socket-site.ts'

diskContract('file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'bladewright-disk-'))
  return {
    disk: createFileDisk(directory),
    reopen: () => createFileDisk(directory),
    until,
    close: () => rmSync(directory, { recursive: true }),
  }
})
