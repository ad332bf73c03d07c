// What travels on a channel: one message, from whom, to whom, in which lane.
import { z } from 'zod'
import { address } from './address.ts'
import { message } from './messages.ts'

/**
 * control: commands, answers, promises. normal: requests, decisions. status: only the newest per key is kept. bulk: lists, records.
 * Promise 5: control and normal deliver at most once, in order, or the session ends with `link.lost`; there is no order between lanes.
 */
export const lane = z.enum(['control', 'normal', 'status', 'bulk'])
export type Lane = z.infer<typeof lane>

export const envelope = z.object({
  from: address,
  to: address,
  lane,
  /** Status lane only: a newer envelope with the same key replaces an older one that still waits. */
  key: z.string().max(96).optional(),
  /** Which event caused it, `<node>:<sequence>`: the thread that `explain` and the inspector follow. */
  cause: z.string().max(64).optional(),
  body: message,
})
export type Envelope = z.infer<typeof envelope>
