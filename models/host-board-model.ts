// What the gate of a blade lets through. Its record is durable: what came of each command, and whose traces may be on the blade. How the
// board stands to the epoch of a command is said with the command. One command at a time; every repeat is answered with what came of the first.
export interface HostBoardModel {
  readonly state: 'mute' | 'idle' | 'executing' | 'closed'
  readonly lastOrder: readonly [epoch: number, index: number]
  /** Outcome by command. */
  readonly records: readonly (readonly [key: string, outcome: string])[]
  readonly inHand: string | null
  readonly traces: string | null
  /** Whose pointers were last read from the board: power would boot that group's software. */
  readonly pointers: string | null
  /** Its blade ended by itself, and it was not read since. */
  readonly isLost: boolean
  /** What the last event led to, in order. */
  readonly said: readonly string[]
}

export interface ModelCommand {
  readonly move: string
  readonly step: string
  readonly attempt: number
  readonly epoch: number
  readonly index: number
  /** Of the pointers that it sets. */
  readonly group: string | null
  /** It goes by the name of another step. */
  readonly isMisnamed: boolean
  /** To the board: its lease runs for the epoch, or for none, a higher epoch was promised, or the command was long on its way. */
  readonly standing: 'granted' | 'notGranted' | 'outbid' | 'old'
}

export type HostBoardModelEvent =
  | {
      type: 'opened'
      word: Pick<HostBoardModel, 'lastOrder' | 'records' | 'traces'> | null
    }
  | { type: 'woken' }
  | { type: 'command'; command: ModelCommand }
  | { type: 'ended'; key: string; outcome: 'done' | 'failed'; hasReceipt: boolean; pointers: string | null }
  | { type: 'reading'; pointers: string | null; isLate: boolean }
  | { type: 'poll' | 'heartbeat' | 'lost' | 'close' }

export function keyOf({
  move,
  step,
  attempt,
  isMisnamed,
}: Omit<ModelCommand, 'epoch' | 'index' | 'group' | 'standing'>): string {
  return `${move}/${isMisnamed ? 'probe' : step}/${attempt}`
}

export const hostBoardModel = {
  initial: {
    state: 'mute',
    lastOrder: [0, 0],
    records: [],
    inHand: null,
    traces: 'unknown',
    pointers: null,
    isLost: false,
    said: [],
  } as HostBoardModel,

  step(before: HostBoardModel, event: HostBoardModelEvent): HostBoardModel {
    const board: HostBoardModel = { ...before, said: [] }
    if (board.state === 'closed') return board
    if (event.type === 'close') return { ...board, state: 'closed', said: ['let go'] }
    return board.state === 'mute' ? whileMute(board, event) : whileOpen(board, event)
  },

  invariants: {
    'a command in hand is a record that runs': ({ inHand, records }: HostBoardModel) =>
      inHand === null || records.some(([key, outcome]) => key === inHand && outcome === 'running'),
    'nothing else runs': ({ inHand, records }: HostBoardModel) =>
      records.every(([key, outcome]) => outcome !== 'running' || key === inHand),
    'a command has one record': ({ records }: HostBoardModel) =>
      new Set(records.map(([key]) => key)).size === records.length,
    'what it begins is durable first': ({ said }: HostBoardModel) => !said.includes('perform') || said[0] === 'write',
  },
}

function whileMute(board: HostBoardModel, event: HostBoardModelEvent): HostBoardModel {
  if (event.type === 'opened') return { ...board, ...event.word, state: 'idle', said: ['write', 'status', 'timer'] }
  if (event.type === 'woken') return { ...board, said: ['open'] }
  return event.type === 'command' ? { ...board, said: ['mute'] } : board
}

function whileOpen(board: HostBoardModel, event: HostBoardModelEvent): HostBoardModel {
  switch (event.type) {
    case 'command':
      return take(board, event.command)
    case 'ended': {
      if (board.inHand === null || event.key !== board.inHand) return board
      const isClean = event.outcome === 'done' && event.hasReceipt && event.key.includes('/verifyScrub/')
      const ended = finish(board, event.outcome, 'status')
      return { ...ended, traces: isClean ? null : board.traces, pointers: event.pointers, isLost: false }
    }
    case 'woken':
      return wakeUp(board)
    case 'reading':
      return event.isLate ? board : read(board, event.pointers)
    case 'poll':
      return { ...board, said: ['status to who asks'] }
    case 'heartbeat':
      return { ...board, said: ['read', 'timer'] }
    case 'lost':
      return { ...board, isLost: true, said: ['status', 'read'] }
    default:
      return board
  }
}

/** What is as it was needs no telling. */
function read(board: HostBoardModel, pointers: string | null): HostBoardModel {
  const isNews = board.isLost || pointers !== board.pointers
  return { ...board, pointers, isLost: false, said: [isNews ? 'status' : 'alive'] }
}

/** The heartbeat is set anew: it may be what crashed. */
function wakeUp(board: HostBoardModel): HostBoardModel {
  if (board.inHand === null) return { ...board, said: ['read', 'timer'] }
  const interrupted = finish(board, 'interrupted', 'read')
  return { ...interrupted, said: [...interrupted.said, 'timer'] }
}

function take(board: HostBoardModel, command: ModelCommand): HostBoardModel {
  const key = keyOf(command)
  const { lastOrder, inHand, traces, pointers, records } = board
  const known = records.find(([other]) => other === key)
  if (known !== undefined) return { ...board, said: [known[1]] }
  const [epoch, index] = lastOrder
  const isInOrder =
    command.standing === 'granted' && (command.epoch > epoch || (command.epoch === epoch && command.index > index))
  const comes = command.step === 'powerOn' ? pointers : command.group
  const isForeign = comes !== null && traces !== null && traces !== comes
  const lacksPointers = command.step === 'powerOn' && pointers === null
  if (!isInOrder || inHand !== null || command.isMisnamed || isForeign || lacksPointers)
    return { ...board, said: ['refused'] }
  return {
    ...board,
    state: 'executing',
    lastOrder: [command.epoch, command.index],
    records: [...records, [key, 'running']],
    inHand: key,
    traces: comes ?? traces,
    said: ['write', 'perform'],
  }
}

function finish(board: HostBoardModel, outcome: string, last: string): HostBoardModel {
  const records = board.records.map((record) => (record[0] === board.inHand ? ([record[0], outcome] as const) : record))
  return { ...board, state: 'idle', records, inHand: null, said: ['write', outcome, last] }
}
