// The groups' member lists against what the boards say: at the beginning of a leadership, and whenever the site is weighed.
import type { AnyMachineSnapshot } from 'xstate'
import type { BladeContext } from '../machines/blade-machine.ts'
import type { GroupContext, GroupEvent } from '../machines/group-machine.ts'
import { isForgotten } from '../machines/member-table.ts'
import { formatAddress } from '../protocol/address.ts'
import { type FoundSite, memberOf } from './adopted-members.ts'
import type { Effects } from './effects.ts'
import { bladePath, boardPath, gatePath, groupPath } from './paths.ts'
import type { BookBlade, BookGroup, SiteBook } from './site-book.ts'
import type { SiteMemory } from './site-memory.ts'
import type { SitePicture } from './site-picture.ts'

export interface GroupListsParts {
  readonly book: Pick<SiteBook, 'site' | 'balancer'> & {
    readonly blades: readonly Pick<BookBlade, 'blade' | 'agent'>[]
    readonly groups: readonly Pick<BookGroup, 'group'>[]
  }
  readonly picture: SitePicture
  readonly memory: SiteMemory
  snapshot(path: string): AnyMachineSnapshot | undefined
}

export class GroupLists {
  private readonly effects: Pick<Effects, 'send' | 'tell'>
  private readonly parts: GroupListsParts

  constructor(effects: Pick<Effects, 'send' | 'tell'>, parts: GroupListsParts) {
    this.effects = effects
    this.parts = parts
  }

  /** Asks the boards and the balancer that have said nothing since. @returns whether all have */
  poll(since: number): boolean {
    const { effects } = this
    const { book, picture } = this.parts
    // Also those of an agent that is not linked yet: what is not known to serve would be taken from the balancer's list.
    const missing = book.blades.filter(({ blade }) => (picture.heardAt(blade) ?? -1) < since)
    const unlisted = book.groups.filter(({ group }) => picture.listedSince(group, since) === undefined)
    for (const { blade, agent } of missing)
      effects.send(formatAddress(book.site, agent, boardPath(blade)), { type: 'board.poll' }, { lane: 'control' })
    for (const { group } of missing.length > 0 ? unlisted : []) {
      const gate = formatAddress(book.site, book.balancer, gatePath)
      effects.send(gate, { type: 'balancer.list.poll', group }, { lane: 'control' })
    }
    return missing.length === 0
  }

  found(since: number): FoundSite {
    const { book, picture, memory } = this.parts
    const heard = book.blades.filter(({ blade }) => (picture.heardAt(blade) ?? -1) >= since)
    const statuses = heard.flatMap(({ blade }) => picture.statusOf(blade) ?? [])
    const listed = new Map(book.groups.map(({ group }) => [group, picture.listedSince(group, since) ?? []]))
    return { statuses, listed, openMoves: memory.openMoves }
  }

  /** Only of blades that are heard and that no move has: what a move does to the lists it does itself. */
  tidy(): void {
    this.listForgotten()
    this.dropStrangers()
  }

  /** Who serves a group and was not heard of when this leadership began is on no list yet, and gets no request. */
  private listForgotten(): void {
    const { book, picture } = this.parts
    for (const { blade } of book.blades) {
      const { state, group, isFree } = this.blade(blade)
      if (state !== 'joined' || !isFree || group === null) continue
      const table = this.table(group)
      const said = picture.statusOf(blade)
      if (table === undefined || said === undefined || !isForgotten(table, blade)) continue
      const member = memberOf(group, said, undefined)
      if (member !== null) this.effects.tell(groupPath(group), { type: 'group.member.found', member } as GroupEvent)
    }
  }

  /** Who is listed because its board was not heard when this leadership began, and turns out to be in the pool or elsewhere. */
  private dropStrangers(): void {
    for (const { group } of this.parts.book.groups)
      for (const { blade } of this.table(group)?.members ?? []) {
        const said = this.blade(blade)
        if (said.state === 'unknown' || !said.isFree || said.group === group) continue
        this.effects.tell(groupPath(group), { type: 'group.member.lost', blade } as GroupEvent)
      }
  }

  private table(group: string): GroupContext['table'] | undefined {
    return (this.parts.snapshot(groupPath(group))?.context as GroupContext | undefined)?.table
  }

  private blade(blade: string) {
    const cell = this.parts.snapshot(bladePath(blade))
    const { group = null, move = null } = (cell?.context as BladeContext | undefined) ?? {}
    return { state: String(cell?.value ?? 'unknown'), group, isFree: move === null }
  }
}
