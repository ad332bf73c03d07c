// A transfer as `bladewright can decode` says it, a JSON line each, and as `can encode` reads it.
import { z } from 'zod'

export type DecodedTransfer = {
  /** Seconds, of the first frame. */
  readonly t: number
  readonly iface: string
  /** Null: no Cyphal frame. */
  readonly kind: 'message' | 'request' | 'response' | null
  readonly subject?: number
  readonly service?: number
  /** Null: nobody knows; an anonymous message, or no Cyphal frame. */
  readonly source: number | null
  readonly destination: number | null
  readonly priority: number | null
  readonly transferId: number | null
  readonly bytes: number
  /** Hexadecimal; when there is an error, what there is of it. */
  readonly payload: string
  /** Null: of one frame, or not known without its end. */
  readonly crc: 'ok' | 'bad' | null
  readonly error: string | null
}

const id = z.number().int()

/** What is left out is chosen; what `can decode` says besides is not looked at. */
export const transferToEncode = z.object({
  t: z.number().min(0).max(1e11).default(0),
  iface: z
    .string()
    .regex(/^[!-~]{1,64}$/, 'no name of a bus')
    .default('can0'),
  kind: z.enum(['message', 'request', 'response']),
  subject: id.optional(),
  service: id.optional(),
  source: id.nullish(),
  destination: id.nullish(),
  priority: id.default(4),
  transferId: id.default(0),
  payload: z
    .string()
    .regex(/^(?:[0-9A-Fa-f]{2})*$/, 'not pairs of hexadecimal digits')
    .default(''),
  error: z.null({ error: 'it did not arrive whole' }).optional(),
})
