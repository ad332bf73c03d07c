// The Log port on pino: one JSON line an event, to a file descriptor. Whatever is called a token never gets there.
import { destination, type Level, type Logger, pino } from 'pino'
import type { Log } from '../../ports/log.ts'

export interface PinoLogOptions {
  readonly level: Level
  /** File descriptor; 2 is stderr. */
  readonly descriptor: number
  /** On every line, e.g. the node. */
  readonly fields: Readonly<Record<string, unknown>>
}

export function createPinoLog({ level, descriptor, fields }: PinoLogOptions): Log {
  const redact = ['token', '*.token', 'authorization', '*.authorization']
  return wrap(pino({ level, base: { ...fields }, redact }, destination({ dest: descriptor, sync: true })))
}

function wrap(logger: Logger): Log {
  return {
    debug: (event, fields) => logger.debug({ ...fields, event }),
    info: (event, fields) => logger.info({ ...fields, event }),
    warn: (event, fields) => logger.warn({ ...fields, event }),
    error: (event, fields) => logger.error({ ...fields, event }),
    child: (fields) => wrap(logger.child({ ...fields })),
  }
}
