import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { createPinoLog } from '../../src/drivers/node/pino-log.ts'
import { logContract } from './log.ts'
import { until } from './web-socket-site.ts'

logContract('pino', () => {
  const directory = mkdtempSync(join(tmpdir(), 'bladewright-log-'))
  const path = join(directory, 'log')
  const descriptor = openSync(path, 'a')
  const log = createPinoLog({ level: 'debug', descriptor, fields: { node: 'm1' } })
  return {
    log,
    async said() {
      log.info('all of it')
      await until(() => readFileSync(path, 'utf8').includes('all of it'))
      const lines = readFileSync(path, 'utf8').trim().split('\n').slice(0, -1)
      return lines.map((line) => {
        const { level, time: _time, event, ...fields } = JSON.parse(line)
        return { level: String(pino.levels.labels[level]), event, fields }
      })
    },
    close() {
      closeSync(descriptor)
      rmSync(directory, { recursive: true })
    },
  }
})
