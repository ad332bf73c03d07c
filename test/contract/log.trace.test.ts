import { createTraceLog } from '../../src/testing/trace-log.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'
import { logContract } from './log.ts'

logContract('trace', () => {
  const trace = createTraceLog(createVirtualClock())
  return {
    log: trace.log('m1'),
    async said() {
      return trace.lines().map((line) => {
        const { t: _t, level, event, ...fields } = JSON.parse(line)
        return { level, event, fields }
      })
    },
    close() {},
  }
})
