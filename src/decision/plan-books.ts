// What the plan looks up again and again, kept as it grows instead of counted anew: what each role holds, serves with and has lost. A farm of
// ten thousand blades is weighed many times a second.
import type { GroupId, RoleId } from '../protocol/ids.ts'
import type { Placement } from '../protocol/messages.ts'
import type { PlanBlade, PlanInput, PlanRole } from './plan-input.ts'

export interface RoleBook {
  readonly role: PlanRole
  readonly key: string
  /** What it holds once everything in flight and planned has arrived. */
  held: number
  /** What serves and stays, in the order of the picture. */
  readonly serving: Set<PlanBlade>
  /** Of those, by board type. */
  readonly types: Map<string, number>
  /** What failed in it, is in no move, and not replaced. */
  readonly failed: PlanBlade[]
  /** What is warm for it, or will be. */
  warm: number
  /** Blades that it was refused in this plan. */
  turnedDown: number
}

export interface RoleBooks {
  /** In the order of the picture. */
  readonly all: readonly RoleBook[]
  of(group: GroupId | null, role: RoleId | null): RoleBook | undefined
}

export function roleKey(role: { readonly group: GroupId; readonly role: RoleId }): string {
  return `${role.group}/${role.role}`
}

export function openBooks({ roles, blades, memory }: PlanInput): RoleBooks {
  const byGroup = new Map<GroupId, Map<RoleId, RoleBook>>()
  const all = roles.map((role): RoleBook => {
    const book = {
      ...{ role, key: roleKey(role), held: 0, serving: new Set<PlanBlade>(), types: new Map<string, number>() },
      ...{ failed: [], warm: 0, turnedDown: 0 },
    }
    const ofGroup = byGroup.get(role.group) ?? new Map<RoleId, RoleBook>()
    byGroup.set(role.group, ofGroup.has(role.role) ? ofGroup : ofGroup.set(role.role, book))
    return book
  })
  const books: RoleBooks = {
    all,
    of: (group, role) => (group === null || role === null ? undefined : byGroup.get(group)?.get(role)),
  }
  const replaced = new Set(memory.replaced)
  for (const blade of blades) {
    const { inMove, lifecycle, group, role } = blade
    if (inMove !== null) expect(books, inMove.to)
    else if (lifecycle === 'joined') join(books.of(group, role), blade)
    else if (lifecycle === 'warm' && !blade.cordoned) {
      const book = books.of(blade.preparedFor, role)
      if (book) book.warm += 1
    } else if (lifecycle === 'failed' && !replaced.has(blade.blade)) books.of(group, role)?.failed.push(blade)
  }
  return books
}

/** The blade goes elsewhere, by a decision of this plan. */
export function rebook(books: RoleBooks, blade: PlanBlade, to: Placement): void {
  const from = books.of(blade.group, blade.role)
  if (from?.serving.delete(blade)) {
    from.held -= 1
    count(from, blade, -1)
  }
  const prepared = books.of(blade.preparedFor, blade.role)
  if (prepared && blade.lifecycle === 'warm' && !blade.cordoned) prepared.warm -= 1
  expect(books, to)
}

function join(book: RoleBook | undefined, blade: PlanBlade): void {
  if (!book) return
  book.serving.add(blade)
  book.held += 1
  count(book, blade, 1)
}

function count({ types }: RoleBook, { boardType }: PlanBlade, by: number): void {
  types.set(boardType, (types.get(boardType) ?? 0) + by)
}

function expect(books: RoleBooks, to: Placement): void {
  const book = to.kind === 'cold' ? undefined : books.of(to.group, to.role)
  if (book && to.kind === 'group') book.held += 1
  if (book && to.kind === 'warm') book.warm += 1
}
