// What a process board knows for certain after any crash of its agent: written before the act it announces, replaced atomically.
//   starting  a blade may run already, under this boot id and on this port; who it is was not yet written down
//   running   it is this process, or it is lost
//   stopping  whatever still runs is to end; its end is no loss
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Log } from '../../ports/log.ts'
import { bootPointers } from '../../protocol/board.ts'
import { parseJson, readIfThere, replaceFile } from './durable-file.ts'

const boardRecord = z.object({
  version: z.literal(1),
  pointers: bootPointers.nullable(),
  phase: z.enum(['off', 'starting', 'running', 'stopping']),
  boot: z
    .object({
      bootId: z.string(),
      port: z.number().int(),
      process: z.object({ pid: z.number().int(), startTicks: z.string(), kernelBoot: z.string() }).nullable(),
    })
    .nullable(),
  lost: z.boolean(),
  /** Of the last boot; forgotten once a search from outside has not found it. */
  canary: z.string().nullable(),
  /** The port of the last boot, where a connection of the former group would be. */
  lastPort: z.number().int().nullable(),
  /** What scrubs removed since the last receipt. */
  removed: z.array(z.string()),
})
export type BoardRecord = z.infer<typeof boardRecord>

const blank: BoardRecord = {
  version: 1,
  pointers: null,
  phase: 'off',
  boot: null,
  lost: false,
  canary: null,
  lastPort: null,
  removed: [],
}

const fileName = 'board.json'

/** A damaged record is put aside and the board starts with none: what runs goes on running, of unknown identity. */
export function loadBoardRecord(directory: string, log: Log): BoardRecord {
  const path = join(directory, fileName)
  const text = readIfThere(path)
  if (text === undefined) return blank
  const parsed = boardRecord.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  renameSync(path, `${path}.damaged`)
  log.error('board.record.damaged', { path })
  return { ...blank, phase: 'running' }
}

export function saveBoardRecord(directory: string, record: BoardRecord): void {
  replaceFile(join(directory, fileName), JSON.stringify(record))
}
