// Bugs that the pair could have, each planted in an otherwise sound set of steps or duties. Every one must be caught.
import type { BoardLease } from '../../src/pair/board-vote.ts'
import type { LeaseEvent, LeaseTimes, MasterLease } from '../../src/pair/master-lease.ts'
import type { LeaseAsk } from '../../src/protocol/pair.ts'
import type { Duties, Reducers } from '../model/pair/reducers.ts'

export interface PairMutant {
  readonly name: string
  plant(sound: Reducers): Reducers
}

type StepLease = Reducers['stepLease']
type StepReplication = Reducers['stepReplication']

function neglects(name: string, duty: keyof Duties): PairMutant {
  return { name, plant: (sound) => ({ ...sound, duties: { ...sound.duties, [duty]: false } }) }
}

/** The board is asked, or remembers, something else. */
function board(
  name: string,
  bend: (lease: BoardLease, ask: LeaseAsk, now: number) => [BoardLease, LeaseAsk],
): PairMutant {
  return {
    name,
    plant: (sound) => ({
      ...sound,
      answerAsk: (lease, ask, parts) => sound.answerAsk(...bend(lease, ask, parts.now), parts),
    }),
  }
}

function master(name: string, bend: (step: StepLease) => StepLease): PairMutant {
  return { name, plant: (sound) => ({ ...sound, stepLease: bend(sound.stepLease) }) }
}

function replication(name: string, bend: (step: StepReplication) => StepReplication): PairMutant {
  return { name, plant: (sound) => ({ ...sound, stepReplication: bend(sound.stepReplication) }) }
}

const boards: readonly PairMutant[] = [
  {
    name: 'grant without persisting',
    plant: (sound) => ({
      ...sound,
      answerAsk: (lease, ask, parts) => ({ ...sound.answerAsk(lease, ask, parts), persists: false }),
    }),
  },
  neglects('answer before durable', 'answersAfterDurable'),
  neglects('acts under a promise that is not durable yet', 'isQuietWhilePersisting'),
  board('sticky lease ignored', (lease, ask) => [{ ...lease, grantedUntil: null }, ask]),
  {
    name: 'no muteness after a reboot',
    plant: (sound) => ({
      ...sound,
      openBoardLease: (id, word, now) => ({ ...sound.openBoardLease(id, word, now), muteUntil: now }),
    }),
  },
  {
    name: 'mute for the shorter lease of a newer configuration',
    plant: (sound) => ({
      ...sound,
      openBoardLease: (id, word, now) => {
        const opened = sound.openBoardLease(id, word, now)
        return { ...opened, muteUntil: Math.min(opened.muteUntil, now + 500) }
      },
    }),
  },
  {
    name: 'mute to the master that it promised, too',
    plant: (sound) => ({
      ...sound,
      openBoardLease: (id, word, now) => {
        const opened = sound.openBoardLease(id, word, now)
        return word === null ? opened : { ...opened, word: { ...word, promisedTo: null } }
      },
    }),
  },
  board('lower epoch accepted', (lease, ask) => {
    const { word } = lease
    return ask.epoch < word.promised ? [{ ...lease, word: { ...word, promised: ask.epoch - 1 } }, ask] : [lease, ask]
  }),
  {
    name: 'gate lets lower epochs pass',
    plant: (sound) => ({
      ...sound,
      isGranted: (lease, epoch, now) =>
        epoch <= lease.word.promised && sound.isGranted(lease, lease.word.promised, now),
    }),
  },
  board('release ends any lease', (lease, ask) => [
    lease,
    { ...ask, releases: ask.releases === 0 ? 0 : lease.word.promised },
  ]),
  neglects('release of a master that lives', 'releasesTheDeadOnly'),
  board('marks are not kept', (lease, ask) => [lease, { ...ask, mark: null }]),
  board('an older mark replaces a newer one', (lease, ask) =>
    ask.mark === null ? [lease, ask] : [{ ...lease, word: { ...lease.word, mark: null } }, ask],
  ),
  board('barred master is granted', (lease, ask) => [lease, { ...ask, acceptsLoss: true }]),
]

const masters: readonly PairMutant[] = [
  {
    name: 'lease not shortened',
    plant: (sound) => ({
      ...sound,
      leaseTimes: (...given) => {
        const times = sound.leaseTimes(...given)
        return { ...times, holdMs: times.leaseMs }
      },
    }),
  },
  master('lease counted from the answer', (step) => (lease, event, now, times) => {
    const { lease: next, effects } = step(lease, event, now, times)
    const isRenewed = event.type === 'answered' && next.stage === 'leading' && next.until > lease.until
    return { lease: isRenewed ? { ...next, until: now + times.holdMs } : next, effects }
  }),
  master('round ignored', (step) => (lease, event, now, times) => {
    if (event.type !== 'answered') return step(lease, event, now, times)
    return step(lease, { ...event, answer: { ...event.answer, round: lease.round } }, now, times)
  }),
  master('answers of a former epoch counted', (step) => (lease, event, now, times) => {
    if (event.type !== 'answered') return step(lease, event, now, times)
    const { boards: votes } = event.answer
    const answer = { ...event.answer, epoch: lease.epoch, boards: votes, round: lease.round }
    return step(lease, { ...event, answer }, now, times)
  }),
  master('majority of the reachable', (step) =>
    byVoters(step, (lease, event) => {
      const answering = event.type === 'answered' ? event.answer.boards.map((vote) => vote.board) : []
      const members = [...new Set([...Object.keys(lease.votes), ...answering])]
      return members.length === 0 ? lease.voters : { ...lease.voters, members, former: null }
    }),
  ),
  master('half is a majority', (step) =>
    byVoters(step, ({ voters }) => {
      const { members } = voters
      return members.length % 2 === 0 ? { ...voters, members: members.slice(1) } : voters
    }),
  ),
  master('joint majority ignored', (step) => byVoters(step, ({ voters }) => ({ ...voters, former: null }))),
  master('refusals counted as grants', (step) => (lease, event, now, times) => {
    if (event.type !== 'answered') return step(lease, event, now, times)
    const votes = event.answer.boards.map((vote) => ({ ...vote, outcome: 'granted' as const }))
    return step(lease, { ...event, answer: { ...event.answer, boards: votes } }, now, times)
  }),
  master('leads on when its lease has run out', (step) => (lease, event, now, times) => {
    if (event.type === 'tick' && lease.stage === 'leading' && now >= lease.until)
      return step({ ...lease, until: now + times.holdMs }, event, now, times)
    return step(lease, event, now, times)
  }),
  master(
    'never pauses',
    (step) => (lease, event, now, times) => step(lease, event, now, { ...times, campaignMs: Number.POSITIVE_INFINITY }),
  ),
  neglects('epoch asked for again in another life', 'keepsEpochs'),
  {
    name: 'change of voters settled before both majorities have it',
    plant: (sound) => ({
      ...sound,
      changedVoters: (voters, members, epoch) => ({ ...sound.changedVoters(voters, members, epoch), former: null }),
    }),
  },
  {
    name: 'two lists of voters of one version',
    plant: (sound) => ({
      ...sound,
      changedVoters: (voters, members) => sound.changedVoters(voters, members, 0),
      settledVoters: (voters) => sound.settledVoters(voters, 0),
    }),
  },
]

const journals: readonly PairMutant[] = [
  neglects('acts before committed', 'actsOnCommitted'),
  neglects('acts on what it inherited before its epoch is opened', 'opensEpochs'),
  neglects('standby answers before durable', 'followsDurably'),
  replication('mark not waited for', (step) => (former, event, now, times) => {
    const next = step(former, event, now, times)
    const { replication: one } = next
    if (one.mode !== 'marking') return next
    return { ...next, replication: { ...one, mode: 'alone', committed: Math.max(one.committed, one.local) } }
  }),
  replication('any mark is the one that it waits for', (step) => (former, event, now, times) => {
    if (event.type !== 'marked') return step(former, event, now, times)
    const mark = { ...event.mark, epoch: former.epoch, number: former.markNumber }
    return step(former, { ...event, mark }, now, times)
  }),
  replication('mark cleared before the peer has caught up', (step) => (former, event, now, times) => {
    if (event.type !== 'peerHas' || former.mode === 'paired') return step(former, event, now, times)
    return step({ ...former, inherited: 0, committed: 0 }, event, now, times)
  }),
  replication(
    'what was inherited does not count',
    (step) => (former, event, now, times) => step({ ...former, inherited: 0 }, event, now, times),
  ),
  replication('peer lost while the mark is cleared: old mark trusted', (step) => (former, event, now, times) => {
    const next = step(former, event, now, times)
    if (former.mode !== 'clearing' || next.replication.mode !== 'marking') return next
    return { replication: { ...next.replication, mode: 'alone' }, mark: null }
  }),
  replication('a lost peer counts as having what it had', (step) => (former, event, now, times) => {
    const next = step(former, event, now, times)
    if (event.type !== 'peerLinked') return next
    return { ...next, replication: { ...next.replication, peerHas: next.replication.local } }
  }),
  {
    name: 'standby does not cut its conflicting tail',
    plant: (sound) => ({
      ...sound,
      takeShipment: (view, followed, shipment) => {
        const taken = sound.takeShipment(view, followed, shipment)
        return taken.kind === 'taken' && taken.cutFrom !== null ? { ...taken, cutFrom: null, append: [] } : taken
      },
    }),
  },
  {
    name: 'standby believes what the shipment comes after',
    plant: (sound) => ({
      ...sound,
      takeShipment: (view, followed, shipment) => {
        const { index } = shipment.after
        const epoch = view.epochAt(index)
        const records = shipment.records.filter((record) => record.epoch >= (epoch ?? 0))
        if (epoch === null || epoch > shipment.epoch || records.length < shipment.records.length)
          return sound.takeShipment(view, followed, shipment)
        return sound.takeShipment(view, followed, { ...shipment, after: { index, epoch } })
      },
    }),
  },
  {
    name: 'standby cuts what is longer than the shipment',
    plant: (sound) => ({
      ...sound,
      takeShipment: (view, followed, shipment) => {
        const taken = sound.takeShipment(view, followed, shipment)
        const end = (shipment.records.at(-1) ?? shipment.after).index + 1
        if (taken.kind !== 'taken' || taken.cutFrom !== null || end > view.lastIndex) return taken
        return { ...taken, cutFrom: end, append: [] }
      },
    }),
  },
  {
    name: 'standby follows a leader of the past',
    plant: (sound) => ({
      ...sound,
      takeShipment: (view, _followed, shipment) => {
        const epoch = Math.max(shipment.epoch, view.epochAt(view.lastIndex) ?? 0)
        return sound.takeShipment(view, 0, { ...shipment, epoch })
      },
    }),
  },
  {
    name: 'leader takes any answer for agreement',
    plant: (sound) => ({
      ...sound,
      shipNext: (view, answer) => sound.shipNext(view, { ...answer, isSame: true }),
    }),
  },
]

export const pairMutants: readonly PairMutant[] = [...boards, ...masters, ...journals]

/** As if these were its voters; what it knows of them stays. */
function byVoters(
  step: StepLease,
  votersFor: (lease: MasterLease, event: LeaseEvent) => MasterLease['voters'],
): StepLease {
  return (lease: MasterLease, event: LeaseEvent, now: number, times: LeaseTimes) => {
    if (event.type === 'carry') return step(lease, event, now, times)
    const voters = votersFor(lease, event)
    const { lease: next, effects } = step({ ...lease, voters }, event, now, times)
    if (next.voters !== voters) return { lease: next, effects }
    const asked = effects.map((one) =>
      one.kind === 'ask' ? { ...one, ask: { ...one.ask, voters: lease.voters } } : one,
    )
    return { lease: { ...next, voters: lease.voters }, effects: asked }
  }
}
