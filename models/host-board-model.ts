// What the gate of a blade lets through. Its word is durable: the epoch it promised, what came of each command, and whose traces may be
// on the blade. One command at a time; every repeat is answered with what came of the first.
export interface HostBoardModel {
  readonly state: 'mute' | 'idle' | 'executing' | 'closed'
  readonly promised: number
  readonly promisedTo: string | null
  readonly lastOrder: readonly [epoch: number, index: number]
  /** Outcome by command. */
  readonly records: readonly (readonly [key: string, outcome: string])[]
  readonly inHand: string | null
  readonly traces: string | null
}

export interface ModelCommand {
  readonly move: string
  readonly step: string
  readonly attempt: number
  readonly epoch: number
  readonly index: number
  /** Whose software or data it brings in. */
  readonly group: string | null
}

export type HostBoardModelEvent =
  | { type: 'opened' }
  | { type: 'woken' }
  | { type: 'request'; epoch: number; master: string }
  | { type: 'command'; command: ModelCommand }
  | { type: 'ended'; key: string; outcome: 'done' | 'failed'; isClean: boolean }
  | { type: 'reading' }
  | { type: 'close' }

export function keyOf({ move, step, attempt }: Pick<ModelCommand, 'move' | 'step' | 'attempt'>): string {
  return `${move}/${step}/${attempt}`
}

export const hostBoardModel = {
  initial: {
    state: 'mute',
    promised: 0,
    promisedTo: null,
    lastOrder: [0, 0],
    records: [],
    inHand: null,
    traces: 'unknown',
  } as HostBoardModel,

  step(board: HostBoardModel, event: HostBoardModelEvent): HostBoardModel {
    if (board.state === 'closed') return board
    if (event.type === 'close') return { ...board, state: 'closed' }
    if (board.state === 'mute') return event.type === 'opened' ? { ...board, state: 'idle' } : board
    switch (event.type) {
      case 'request': {
        const isHigher = event.epoch > board.promised
        const isAgain = event.epoch === board.promised && event.master === board.promisedTo
        return isHigher || isAgain ? { ...board, promised: event.epoch, promisedTo: event.master } : board
      }
      case 'command':
        return take(board, event.command)
      case 'ended': {
        if (board.inHand === null || event.key !== board.inHand) return board
        const isClean = event.outcome === 'done' && event.isClean
        return finish(board, event.outcome, isClean ? null : board.traces)
      }
      case 'woken':
        return board.inHand === null ? board : finish(board, 'interrupted', board.traces)
      default:
        return board
    }
  },

  invariants: {
    'a command in hand is a record that runs': ({ inHand, records }: HostBoardModel) =>
      inHand === null || records.some(([key, outcome]) => key === inHand && outcome === 'running'),
    'nothing else runs': ({ inHand, records }: HostBoardModel) =>
      records.every(([key, outcome]) => outcome !== 'running' || key === inHand),
    'nothing was taken above the promise': ({ lastOrder, promised }: HostBoardModel) => lastOrder[0] <= promised,
  },
}

function take(board: HostBoardModel, command: ModelCommand): HostBoardModel {
  const key = keyOf(command)
  const { promised, lastOrder, inHand, traces, records } = board
  const [epoch, index] = lastOrder
  const isKnown = records.some(([known]) => known === key)
  const isInOrder = command.epoch === promised && (command.epoch !== epoch || command.index > index)
  const isForeign = command.group !== null && traces !== null && traces !== command.group
  if (isKnown || !isInOrder || inHand !== null || isForeign) return board
  return {
    ...board,
    state: 'executing',
    lastOrder: [command.epoch, command.index],
    records: [...records, [key, 'running']],
    inHand: key,
    traces: command.group ?? traces,
  }
}

function finish(board: HostBoardModel, outcome: string, traces: string | null): HostBoardModel {
  const records = board.records.map((record) => (record[0] === board.inHand ? ([record[0], outcome] as const) : record))
  return { ...board, state: 'idle', records, inHand: null, traces }
}
