// What a site master asks of a host board, and what the board says of itself.
// A command is state-setting and safe to repeat: the board keeps a record per command id and answers a repeat from it.
import { z } from 'zod'
import { bladeId, groupId, moveId, roleId } from './ids.ts'
import { timeMs } from './units.ts'

/** Steps of a move, in the order of R03. Not every move has every step (see `stepsOf` in decision/steps.ts). */
export const moveStep = z.enum([
  'drain',
  'unjoin',
  'disconnect',
  'powerOff',
  'scrub',
  'verifyScrub',
  'setPointers',
  'attachVolumes',
  'powerOn',
  'boot',
  'verifyIdentity',
  'connectNetwork',
  'probe',
  'join',
])
export type MoveStep = z.infer<typeof moveStep>

/** The steps that the host board performs; drain, unjoin and join are the balancer's. */
export const boardStep = moveStep.exclude(['drain', 'unjoin', 'join'])
export type BoardStep = z.infer<typeof boardStep>

/** Identity of a command: a repeat carries the same id. `attempt` (from 1) rises only by a journalled decision. */
export const commandId = z.object({ move: moveId, step: boardStep, attempt: z.number().int().min(1).max(100) })
export type CommandId = z.infer<typeof commandId>

export function commandKey(id: CommandId): string {
  return `${id.move}/${id.step}/${id.attempt}`
}

/** Orders and fences; identifies nothing. */
export const commandOrder = z.object({ epoch: z.number().int().nonnegative(), index: z.number().int().nonnegative() })
export type CommandOrder = z.infer<typeof commandOrder>

/** R04: what the host board hands to the blade at start, resolved by (group, role, board type). */
export const bootPointers = z.object({
  group: groupId,
  role: roleId,
  /** Name of an image that the agent's image store holds. */
  image: z.string().min(1).max(128),
  /** `sha256:<64 hex>` of the image's files; the board refuses an image that differs. */
  imageDigest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  healthPath: z.string().startsWith('/').max(128),
})
export type BootPointers = z.infer<typeof bootPointers>

export const boardOperation = z.discriminatedUnion('step', [
  z.object({ step: z.literal('disconnect') }),
  z.object({ step: z.literal('powerOff') }),
  z.object({ step: z.literal('scrub') }),
  z.object({ step: z.literal('verifyScrub') }),
  z.object({ step: z.literal('setPointers'), pointers: bootPointers }),
  z.object({ step: z.literal('attachVolumes'), group: groupId, volumes: z.array(z.string().max(128)).max(16) }),
  z.object({ step: z.literal('powerOn') }),
  z.object({ step: z.literal('boot'), withinMs: z.number().int().positive() }),
  z.object({ step: z.literal('verifyIdentity') }),
  z.object({ step: z.literal('connectNetwork'), group: groupId, networks: z.array(z.string().max(128)).max(16) }),
  z.object({ step: z.literal('probe') }),
])
export type BoardOperation = z.infer<typeof boardOperation>

/** R08: the recorded proof that a blade was scrubbed after its last group. */
export const receipt = z.object({
  id: z.string().max(64),
  blade: bladeId,
  /** `unknown` when the board had no record of what ran before. */
  formerGroup: z.union([groupId, z.literal('unknown')]),
  removed: z.array(z.string().max(256)).max(64),
  /** Over the outside check's findings: which places were searched, for which canary, and found empty. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  at: timeMs,
})
export type Receipt = z.infer<typeof receipt>

/** What GET /healthz of a booted blade says; checked by the board against its pointers and its own boot id. */
export const bootIdentity = z.object({
  group: groupId,
  role: roleId,
  imageDigest: z.string().max(80),
  bootId: z.string().min(1).max(64),
})
export type BootIdentity = z.infer<typeof bootIdentity>

export const boardResult = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('done'),
    /** Present for verifyScrub. */
    receipt: receipt.optional(),
    /** Present for boot and verifyIdentity. */
    identity: bootIdentity.optional(),
    /** Present for connectNetwork: where the balancer reaches the blade, `host:port`, leased for this move. */
    address: z.string().max(64).optional(),
  }),
  /** The board restarted while it acted: the master reads the state and decides. */
  z.object({ outcome: z.literal('interrupted') }),
  z.object({ outcome: z.literal('running') }),
  z.object({
    outcome: z.literal('failed'),
    code: z.string().max(64),
    detail: z.string().max(512),
    retriable: z.boolean(),
  }),
])
export type BoardResult = z.infer<typeof boardResult>

/** What *is*, read from the hardware and the gate, never remembered by the master. */
export const boardStatus = z.object({
  type: z.literal('board.status'),
  blade: bladeId,
  boardType: z.string().max(32),
  incarnation: z.number().int().nonnegative(),
  promisedEpoch: z.number().int().nonnegative(),
  power: z.enum(['on', 'off']),
  /** Process id of the blade where it is a process: for people and for the demo's SIGKILL. */
  pid: z.number().int().positive().nullable(),
  pointers: bootPointers.nullable(),
  /** Null until the blade answered its health check since the last power-on. */
  identity: bootIdentity.nullable(),
  volumes: z.array(z.string().max(128)).max(16),
  networks: z.array(z.string().max(128)).max(16),
  address: z.string().max(64).nullable(),
  /** Whose traces may be on the blade. `null` = scrubbed, with `receipt`. */
  formerGroup: z.union([groupId, z.literal('unknown')]).nullable(),
  receipt: receipt.nullable(),
  /** Key of the command in hand, if any. */
  running: z.string().max(128).nullable(),
  /** True when the blade stopped by itself since the last powerOn (crash, SIGKILL, power loss). */
  lost: z.boolean(),
  cpuRatio: z.number().nonnegative(),
  memoryBytes: z.number().nonnegative(),
  at: timeMs,
})
export type BoardStatus = z.infer<typeof boardStatus>

/** In the place of a `board.status` whose facts have not changed since the last one. */
export const boardAlive = z.object({
  type: z.literal('board.alive'),
  blade: bladeId,
  /** Of the facts: board-digest.ts. Whoever has others polls the board. */
  digest: z.number().int().nonnegative(),
  cpuPerMille: z.number().int().nonnegative(),
  memoryKiB: z.number().int().nonnegative(),
})
export type BoardAlive = z.infer<typeof boardAlive>
