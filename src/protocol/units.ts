// Units are in names (`…Ms`, `…Bytes`, `…Ratio`), not in types. What needs a shape of its own is here.
import { z } from 'zod'

/** Milliseconds since the epoch, from the Clock port. */
export const timeMs = z.number().nonnegative()
