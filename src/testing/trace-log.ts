// What a simulated site did, one JSON line an event, with the virtual time and the node: the trace that two runs are compared by.
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { NodeId } from '../protocol/ids.ts'

export interface TraceLog {
  log(node: NodeId): Log
  lines(): readonly string[]
}

type Fields = Readonly<Record<string, unknown>>

export function createTraceLog(
  clock: Clock,
  onEvent: (node: NodeId, event: string, fields: Fields) => void = () => {},
): TraceLog {
  const lines: string[] = []

  function add(level: string, node: NodeId, common: Fields, event: string, fields: Fields = {}): void {
    const t = Math.round(clock.monotonic() * 1000) / 1000
    // Twice: first for their place in the line, last for their say over a field of the same name.
    lines.push(JSON.stringify(Object.assign({ t, ...common, level, event }, fields, { level, event })))
    onEvent(node, event, fields)
  }

  function logOf(node: NodeId, common: Fields): Log {
    return {
      debug: (event, fields) => add('debug', node, common, event, fields),
      info: (event, fields) => add('info', node, common, event, fields),
      warn: (event, fields) => add('warn', node, common, event, fields),
      error: (event, fields) => add('error', node, common, event, fields),
      child: (fields) => logOf(node, { ...common, ...fields }),
    }
  }

  return {
    log: (node) => logOf(node, { node }),
    lines: () => lines,
  }
}
