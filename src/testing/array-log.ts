// A log that a test can read.
import type { Log } from '../ports/log.ts'

export interface ArrayLog extends Log {
  /** Of this log and all its children, in order. */
  readonly entries: readonly LogEntry[]
}

export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Keeps the newest `entriesMax` (default 10,000): a long simulation must not hold its whole past. */
export function createArrayLog(options: { readonly entriesMax?: number } = {}): ArrayLog {
  return createLog([], {}, options.entriesMax ?? 10_000)
}

function createLog(entries: LogEntry[], common: Readonly<Record<string, unknown>>, entriesMax: number): ArrayLog {
  const add =
    (level: LogEntry['level']) =>
    (event: string, fields: Readonly<Record<string, unknown>> = {}) => {
      entries.push({ level, event, fields: { ...common, ...fields } })
      // In steps: to shift each time would copy the array each time.
      if (entries.length > entriesMax * 1.5) entries.splice(0, entries.length - entriesMax)
    }
  return {
    entries,
    debug: add('debug'),
    info: add('info'),
    warn: add('warn'),
    error: add('error'),
    child: (fields) => createLog(entries, { ...common, ...fields }, entriesMax),
  }
}
