// What a simulated site did, one JSON line an event, with the virtual time and the node: the trace that two runs are compared by.
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { BladeId, MoveId, NodeId } from '../protocol/ids.ts'

export interface TraceLog {
  log(node: NodeId): Log
  lines(): readonly string[]
  /** Moves that began and did not end, by what was logged. */
  openMoves(): readonly { readonly move: MoveId; readonly blade: BladeId }[]
}

type Fields = Readonly<Record<string, unknown>>

export function createTraceLog(clock: Clock, onEvent: (event: string, fields: Fields) => void = () => {}): TraceLog {
  const lines: string[] = []
  const open = new Map<MoveId, BladeId>()

  function add(level: string, common: Fields, event: string, fields: Fields = {}): void {
    const t = Math.round(clock.monotonic() * 1000) / 1000
    // Twice: first for their place in the line, last for their say over a field of the same name.
    lines.push(JSON.stringify(Object.assign({ t, ...common, level, event }, fields, { level, event })))
    if (event === 'move.step.began') open.set(String(fields.move), String(fields.blade))
    if (event === 'move.ended') open.delete(String(fields.move))
    onEvent(event, fields)
  }

  function logOf(common: Fields): Log {
    return {
      debug: (event, fields) => add('debug', common, event, fields),
      info: (event, fields) => add('info', common, event, fields),
      warn: (event, fields) => add('warn', common, event, fields),
      error: (event, fields) => add('error', common, event, fields),
      child: (fields) => logOf({ ...common, ...fields }),
    }
  }

  return {
    log: (node) => logOf({ node }),
    lines: () => lines,
    openMoves: () => [...open].map(([move, blade]) => ({ move, blade })),
  }
}
