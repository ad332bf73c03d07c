// The control port's words: JSON over HTTP on loopback, with the operators' token. One table for the server and its clients.
import { z } from 'zod'
import { bladeId, groupId, roleId } from '../protocol/ids.ts'

export const controlBodies = {
  '/move': z.strictObject({
    blade: bladeId,
    group: groupId,
    role: roleId.optional(),
    dryRun: z.boolean().default(false),
  }),
  '/drain': z.strictObject({ blade: bladeId, dryRun: z.boolean().default(false) }),
  '/cordon': z.strictObject({ blade: bladeId, on: z.boolean() }),
  '/release': z.strictObject({ blade: bladeId }),
  '/unbrake': z.strictObject({}),
  '/handover': z.strictObject({ epoch: z.number().int().positive().optional() }),
  '/adopt': z.strictObject({}),
  '/sla': z.strictObject({
    account: z.string().max(32),
    terms: z.unknown(),
    rollbackTo: z.number().int().positive().optional(),
    effectiveAt: z.number().optional(),
    dryRun: z.boolean().default(false),
  }),
  '/consent': z.strictObject({
    account: z.string().max(32),
    upTo: z.number().int().nonnegative().max(1_000_000_000_000),
  }),
  '/rules': z.strictObject({
    text: z.string().max(65_536).optional(),
    rollbackTo: z.number().int().positive().optional(),
    dryRun: z.boolean().default(false),
  }),
  '/audit': z.strictObject({}),
  '/hold': z.strictObject({ group: groupId, on: z.boolean() }),
} as const

export type ControlCommand = keyof typeof controlBodies
export type ControlBody<Command extends ControlCommand> = z.input<(typeof controlBodies)[Command]>

export interface ControlError {
  readonly error: { readonly code: string; readonly detail: string; readonly whatToDo: string }
}
