// The identified connections to one member: a request takes an idle one, the warmest first, or opens another, so there are as many as
// the member had requests in flight. One that ends by idleness is followed by a check, which leaves a new one: a member is always
// held by at least one connection, and its death is heard of without a request.
import type { MemberConnection } from './group-members.ts'
import { type MemberLink, type MemberLinkParts, openMemberLink } from './member-link.ts'

export interface MemberLinks extends MemberConnection {
  /** An identified connection, for one request; undefined when none could be opened. At once when one is idle. */
  take(taken: (link: MemberLink | undefined) => void): void
  /** As `take`, but never an idle one: those may have been closed by the member a moment ago. */
  takeFresh(taken: (link: MemberLink | undefined) => void): void
  giveBack(link: MemberLink): void
}

/** @param onBroken an identified connection ended, for whatever reason */
export function createMemberLinks(
  parts: Omit<MemberLinkParts, 'opened' | 'closed'>,
  onBroken: () => void,
): MemberLinks {
  const links = new Set<MemberLink>()
  const idle: MemberLink[] = []
  let closed = false

  function open(opened: (link: MemberLink | undefined) => void): void {
    const link = openMemberLink({
      ...parts,
      opened(identified) {
        if (!identified) links.delete(link)
        opened(identified && !closed ? link : undefined)
      },
      closed() {
        links.delete(link)
        const at = idle.indexOf(link)
        if (at >= 0) idle.splice(at, 1)
        if (!closed) onBroken()
      },
    })
    links.add(link)
  }

  function takeFresh(taken: (link: MemberLink | undefined) => void): void {
    if (closed) taken(undefined)
    else open(taken)
  }

  function giveBack(link: MemberLink): void {
    if (link.usable) idle.push(link)
  }

  return {
    giveBack,
    take(taken) {
      const link = idle.pop()
      if (link) taken(link)
      else takeFresh(taken)
    },
    takeFresh,
    check(ended) {
      open((link) => {
        if (link) giveBack(link)
        ended(link !== undefined)
      })
    },
    close() {
      closed = true
      for (const link of [...links]) link.destroy()
    },
  }
}
