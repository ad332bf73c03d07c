// What must hold after every step of a walk. The laws look at everything at once, at the true time, as nobody in the site can.
import type { Voters } from '../../../src/protocol/pair.ts'
import type { PairBoard } from './pair-board.ts'
import type { PairMaster } from './pair-master.ts'
import type { Rec } from './reducers.ts'

export class Violation extends Error {
  readonly law: string

  constructor(law: string, detail: string) {
    super(`${law}: ${detail}`)
    this.law = law
  }
}

export interface LawState {
  readonly owners: readonly (readonly [number, string])[]
  readonly executed: readonly (readonly [number, Rec])[]
}

export class Law {
  /** An operator accepted a loss: what was done before may be lost from then on. */
  isLossAccepted = false
  wonCount = 0
  private owners = new Map<number, string>()
  private executed = new Map<number, Rec>()
  private readonly masters: readonly [PairMaster, PairMaster]
  private readonly boards: readonly PairBoard[]

  constructor(masters: readonly [PairMaster, PairMaster], boards: readonly PairBoard[]) {
    this.masters = masters
    this.boards = boards
  }

  get executedCount(): number {
    return this.executed.size
  }

  save(): LawState {
    return { owners: [...this.owners], executed: [...this.executed] }
  }

  load({ owners, executed }: LawState): void {
    this.owners = new Map(owners)
    this.executed = new Map(executed)
  }

  /** R42. */
  oneLiveLease(trueMs: number): void {
    const [one, other] = this.masters
    if (one.isLeading(trueMs) && other.isLeading(trueMs))
      throw new Violation('one live lease', `epochs ${one.lease.epoch} and ${other.lease.epoch} at ${trueMs}`)
  }

  won(master: PairMaster, epoch: number, acceptsLoss: boolean): void {
    const life = `${master.node}, life ${master.life}`
    const owner = this.owners.get(epoch)
    if (owner !== undefined) throw new Violation('one owner of an epoch', `${epoch} is of ${owner} and of ${life}`)
    this.owners.set(epoch, life)
    this.wonCount += 1
    if (!acceptsLoss && this.isBarred(master, true))
      throw new Violation('a barred master never leads', `${life} in epoch ${epoch}`)
    if (this.isLossAccepted) return
    for (const record of this.executed.values())
      if (!master.journal.has(record))
        throw new Violation('what was carried out is known to every later leader', `${life} lacks ${nameOf(record)}`)
  }

  promised(board: PairBoard, former: number, promised: number): void {
    if (promised < former) throw new Violation('promised never falls', `${board.id} from ${former} to ${promised}`)
  }

  carriedOut(board: PairBoard, epoch: number, record: Rec): void {
    if (epoch < board.lastEpoch)
      throw new Violation('epochs of a board never fall', `${board.id} from ${board.lastEpoch} to ${epoch}`)
    if (this.isLossAccepted) return
    const [one, other] = this.masters
    const isCommitted = one.journal.hasOnDisk(record)
      ? other.journal.hasOnDisk(record) || this.isBarred(other, false)
      : other.journal.hasOnDisk(record) && this.isBarred(one, false)
    if (!isCommitted) throw new Violation('only what is committed is carried out', nameOf(record))
    this.executed.set(record.id, record)
  }

  cut(master: PairMaster, from: number): void {
    if (this.isLossAccepted) return
    for (let index = from; index <= master.journal.lastIndex; index += 1) {
      const record = master.journal.records[index]
      if (record !== undefined && this.executed.has(record.id))
        throw new Violation('what was carried out is never cut', `${master.node} cuts ${nameOf(record)}`)
    }
  }

  /** The leader believes that its peer has its journal up to here. */
  same(leader: PairMaster, peer: PairMaster, index: number): void {
    const own = leader.journal.records[index]
    if (own !== undefined && !peer.journal.hasOnDisk(own))
      throw new Violation('the peer has what it is said to have', `${peer.node} lacks ${nameOf(own)}`)
  }

  /**
   * By a majority of the newest list that anybody knows of; what is on the boards' disks counts. While the list is being changed
   * nobody can tell from outside which of the two is in force.
   */
  private isBarred({ node }: PairMaster, byBoth: boolean): boolean {
    const { members, former } = this.newestVoters()
    const isByMembers = this.isMarkedBy(members, node)
    if (former === null || isByMembers !== byBoth) return isByMembers
    return this.isMarkedBy(former, node)
  }

  private isMarkedBy(members: readonly string[], node: string): boolean {
    let count = 0
    for (const { id, word } of this.boards) if (word?.mark?.outOfSync === node && members.includes(id)) count += 1
    return count * 2 > members.length
  }

  private newestVoters(): Voters {
    let newest = this.masters[0].lease.voters
    const { voters } = this.masters[1].lease
    if (voters.version > newest.version) newest = voters
    for (const { word } of this.boards)
      if (word !== null && word.voters !== null && word.voters.version > newest.version) newest = word.voters
    return newest
  }
}

function nameOf({ index, epoch, id }: Rec): string {
  return `record ${index} of epoch ${epoch} (#${id})`
}
