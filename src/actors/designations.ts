// Where the local decision of each role runs (R24): at the agent of a member of its group. It stays there while that blade serves and
// its agent is heard; then another member's agent takes over and learns anew.
import type { BladeId, GroupId, NodeId, RoleId } from '../protocol/ids.ts'
import type { MessageOf } from '../protocol/messages.ts'

type Designate = MessageOf<'decision.designate'>

export interface Candidate {
  readonly blade: BladeId
  readonly agent: NodeId
}

export interface Designated extends Candidate {
  /** What its agent was told last, and when. */
  readonly told: Designate
  readonly at: number
}

/** An unchanged designation is told again: the agent may have restarted. */
const tellAgainMs = 2_000

export class Designations {
  private readonly byRole = new Map<string, Designated>()

  agentOf(group: GroupId, role: RoleId): NodeId | undefined {
    return this.byRole.get(`${group}/${role}`)?.agent
  }

  /**
   * Decides where the role's local decision runs, from those that could carry it, and returns what is to be told to whom; `isMoved`
   * when what was learnt is lost, and with it the wish that rested on it.
   */
  choose(
    designate: Designate,
    candidates: readonly Candidate[],
    now: number,
  ): { tell: readonly { agent: NodeId; message: Designate }[]; isMoved: boolean } {
    const key = `${designate.group}/${designate.role}`
    const before = this.byRole.get(key)
    const chosen = candidates.find(({ blade }) => blade === before?.blade) ?? candidates[0]
    if (chosen === undefined) {
      this.byRole.delete(key)
      return before ? { tell: [off(before)], isMoved: true } : { tell: [], isMoved: false }
    }
    const isMoved = before !== undefined && before.agent !== chosen.agent
    const isOld = before === undefined || isMoved || now - before.at >= tellAgainMs
    if (!isOld && isSame(before.told, designate)) {
      this.byRole.set(key, { ...before, ...chosen })
      return { tell: [], isMoved: false }
    }
    this.byRole.set(key, { ...chosen, told: designate, at: now })
    const tell = [{ agent: chosen.agent, message: designate }]
    return { tell: isMoved ? [off(before), ...tell] : tell, isMoved }
  }
}

function off({ agent, told }: Designated) {
  return { agent, message: { ...told, on: false } }
}

function isSame(a: Designate, b: Designate): boolean {
  return a.held === b.held && a.bootMs === b.bootMs && a.rules === b.rules && a.priority === b.priority
}
