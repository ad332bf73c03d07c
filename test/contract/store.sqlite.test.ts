import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../../src/store/sqlite-store.ts'
import { createArrayLog } from '../../src/testing/array-log.ts'
import { storeContract } from './store.ts'

storeContract('sqlite', () => {
  const directory = mkdtempSync(join(tmpdir(), 'bladewright-store-'))
  const store = openSqliteStore({ path: join(directory, 'records.sqlite'), log: createArrayLog() })
  return {
    store,
    close() {
      store.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
})
