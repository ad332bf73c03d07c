// The Log port on pino: one JSON line an event, to a file descriptor. Whatever is called a token never gets there.
import { type Level, type Logger, pino } from 'pino'
import type { Log } from '../../ports/log.ts'
import { createLineWriter } from './line-writer.ts'
import { loggable } from './loggable.ts'

export interface PinoLogOptions {
  readonly level: Level
  /** File descriptor; 2 is stderr. */
  readonly descriptor: number
  /** On every line, e.g. the node. */
  readonly fields: Readonly<Record<string, unknown>>
}

type Fields = Readonly<Record<string, unknown>>

/** It never throws and never waits: see line-writer.ts for what a stuck descriptor loses. `log.lost` says how many lines. */
export function createPinoLog({ level, descriptor, fields }: PinoLogOptions): Log {
  const lostLine = (lines: number) => `${JSON.stringify({ level: 40, time: Date.now(), event: 'log.lost', lines })}\n`
  return wrap(pino({ level, base: fieldsOf(fields) }, createLineWriter({ descriptor, lostLine })))
}

function wrap(logger: Logger): Log {
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (event: string, fields: Fields = {}) => {
      if (logger.isLevelEnabled(level)) logger[level]({ ...fieldsOf(fields), event })
    }
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (fields) => wrap(logger.child(fieldsOf(fields))),
  }
}

/** pino's own names: a field of an event must not pass for one. */
const reserved = new Map([
  ['level', 'eventLevel'],
  ['time', 'eventTime'],
])

function fieldsOf(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(loggable(fields)).map(([name, value]) => [reserved.get(name) ?? name, value]),
  )
}
