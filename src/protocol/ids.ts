// Names of things. Every id is a string that a person can read in a log line at night.
import { z } from 'zod'

/** A node is one addressable machine or process of a site: `c01-s07` (cabinet, slot), `m1`, `m2`, `lb`, `load`, `gc1`. */
export const nodeId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/)
export type NodeId = z.infer<typeof nodeId>

/** A blade's id is its host board's node id, `c<cabinet>-s<slot>`: it names a place, never a past occupant. */
export const bladeId = z.string().regex(/^c\d{2}-s\d{2}$/)
export type BladeId = z.infer<typeof bladeId>

/** `account/group`, e.g. `shop/web`: group names are unique inside an account only. */
export const groupId = z.string().regex(/^[a-z][a-z0-9-]{0,31}\/[a-z][a-z0-9-]{0,31}$/)
export type GroupId = z.infer<typeof groupId>

/** A class of blade in a group: `front`, `back`. */
export const roleId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/)
export type RoleId = z.infer<typeof roleId>

export const siteId = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/)
export type SiteId = z.infer<typeof siteId>

/** `mv-000042`: numbered by the master that decided it, unique for a site. */
export const moveId = z.string().regex(/^mv-[a-z0-9-]{1,32}$/)
export type MoveId = z.infer<typeof moveId>

/** `d-000042`: one weighing of all requests and offers. */
export const decisionId = z.string().regex(/^d-[a-z0-9-]{1,32}$/)
export type DecisionId = z.infer<typeof decisionId>

/** @param value 1 and more */
export function numberedId(prefix: 'mv' | 'd', value: number): string {
  return `${prefix}-${String(value).padStart(6, '0')}`
}

/** The number in `mv-000042` or `d-000042`; NaN where there is none. */
export function numberOf(id: string): number {
  return Number(/-(\d+)$/.exec(id)?.[1] ?? Number.NaN)
}

/** The account part of a group id. */
export function accountOf(group: GroupId): string {
  return group.slice(0, group.indexOf('/'))
}
