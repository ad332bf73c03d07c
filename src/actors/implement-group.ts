// The actor of one group at its site master: keeps the balancer's list in force, answers moves, and hands the balancer's reports on
// to the agent whose local decision is designated.

import { type GroupContext, groupMachine } from '../machines/group-machine.ts'
import { evidenceGap } from '../machines/member-table.ts'
import { formatAddress } from '../protocol/address.ts'
import type { BoardResult } from '../protocol/board.ts'
import type { Message } from '../protocol/messages.ts'
import type { Designations } from './designations.ts'
import type { Effects } from './effects.ts'
import { decisionPath, gatePath } from './paths.ts'
import type { SiteBook } from './site-book.ts'
import type { SitePicture } from './site-picture.ts'

export interface GroupParts {
  readonly book: SiteBook
  readonly picture: SitePicture
  readonly designations: Designations
}

/** A list that was not confirmed is sent again after this long. */
const listAgainMs = 500

export function implementGroup(effects: Effects, { book, picture, designations }: GroupParts) {
  const gate = formatAddress(book.site, book.balancer, gatePath)

  return groupMachine.provide({
    actions: {
      sendList({ context }) {
        const { version, members } = context.table
        const list = { group: context.group, version, members: [...members] }
        effects.send(gate, { type: 'balancer.members.set', list }, { lane: 'control' })
      },
      startListTimer() {
        effects.setTimer('list', listAgainMs, { type: 'group.list.due' })
      },
      answerMoves({ context }) {
        for (const { step, move, attempt, to, blade, isSo } of context.table.answered) {
          const result: BoardResult = isSo ? { outcome: 'done' } : overtaken(`the list has changed for ${blade} since`)
          effects.send(to, { type: 'move.step.answered', move, step, attempt, result }, { lane: 'control' })
        }
      },
      refuseJoin({ context, event }) {
        const gap = event.type === 'group.member.join' && evidenceGap(context.group, context.roles, event)
        if (!gap) return
        const { move, attempt, from } = event
        const result: BoardResult = { outcome: 'failed', ...gap, retriable: false }
        effects.send(from, { type: 'move.step.answered', move, step: 'join', attempt, result }, { lane: 'control' })
      },
      noteReport({ context, event }) {
        if (event.type !== 'balancer.report') return
        picture.noteReport(event)
        for (const { role } of context.roles) {
          const agent = designations.agentOf(context.group, role)
          if (agent === undefined) continue
          const to = formatAddress(book.site, agent, decisionPath(context.group, role))
          effects.send(to, unstamped(event), { lane: 'status', key: `${context.group}/${role}` })
        }
      },
      reportChange({ context }) {
        effects.publish({ type: 'group.changed', at: effects.now, ...changeOf(context) })
      },
    },
  })
}

/** Not to be repeated as it is: the blade failed, or another move has it by now. */
function overtaken(detail: string): BoardResult {
  return { outcome: 'failed', code: 'MEMBERS_STALE', detail, retriable: false }
}

function changeOf({ group, table }: GroupContext) {
  return { group, version: table.version, members: table.members.length, isApplied: table.isApplied }
}

function unstamped(event: Message & { from?: unknown }): Message {
  const { from: _from, ...message } = event
  return message
}
