import { createArrayLog } from '../../src/testing/array-log.ts'
import { logContract } from './log.ts'

logContract('array', () => {
  const log = createArrayLog()
  return { log: log.child({ node: 'm1' }), said: async () => log.entries, close() {} }
})
