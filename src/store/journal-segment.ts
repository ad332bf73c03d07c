// One file of a journal. It comes into being whole (Disk.replace): its start, the snapshot that it starts with, if any, and the first
// records; then it is appended to. So damage in its first part is never the torn end of a write.
import { encodeFrame, type Frame, readFrames } from './journal-frame.ts'
import {
  type JournalEntry,
  keptPayload,
  type Piece,
  type Position,
  readPiece,
  type SegmentStart,
  startPayload,
} from './journal-record.ts'

const digits = 12

/** `<name>.000000000001` and so on, without gaps. */
export function segmentFile(name: string, segment: number): string {
  return `${name}.${String(segment).padStart(digits, '0')}`
}

/** Numbers of the segments among these files, in order. */
export function segmentsAmong(files: readonly string[], name: string): number[] {
  const isDigits = new RegExp(`^\\d{${digits}}$`)
  return files
    .filter((file) => file.startsWith(`${name}.`) && isDigits.test(file.slice(name.length + 1)))
    .map((file) => Number(file.slice(name.length + 1)))
    .sort((a, b) => a - b)
}

export interface SnapshotToKeep extends Position {
  /** As JSON. */
  readonly entryTexts: readonly string[]
}

/** A file of one start, the snapshot and these records and cuts. */
export function encodeSegment(
  { segment, formerBytes }: Pick<SegmentStart, 'segment' | 'formerBytes'>,
  snapshot: SnapshotToKeep | null,
  payloads: readonly Buffer[],
): Buffer {
  const kept = snapshot?.entryTexts.map(keptPayload) ?? []
  const body = [...kept, ...payloads].map((payload) => encodeFrame(payload, 0))
  const bodyBytes = body.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const { index, epoch, at } = snapshot ?? { index: 0, epoch: 0, at: 0 }
  const about = snapshot && { index, epoch, at, entries: kept.length }
  return Buffer.concat([encodeFrame(startPayload({ segment, formerBytes, snapshot: about, bodyBytes }), 0), ...body])
}

/** A record or a cut. */
export type Step = { readonly offset: number } & Extract<Piece, { kind: 'record' | 'cut' }>

export interface Segment {
  readonly start: SegmentStart
  readonly kept: readonly JournalEntry[]
  readonly steps: readonly Step[]
  /** What came into the file at once. */
  readonly firstBytes: number
  readonly validBytes: number
  readonly isTorn: boolean
}

export interface Damage {
  readonly offset: number
  readonly why: string
}

export function readSegment(bytes: Buffer): Segment | Damage {
  const { frames, validBytes, end } = readFrames(bytes)
  const [first, ...others] = frames
  const start = first && readPiece(first.payload)
  if (first === undefined || start?.kind !== 'start') return { offset: 0, why: 'it has no start' }
  const firstBytes = first.end + start.start.bodyBytes
  if (end === 'corrupt' || validBytes < firstBytes) return { offset: validBytes, why: 'it is damaged' }

  const entryCount = start.start.snapshot?.entries ?? 0
  const kept: JournalEntry[] = []
  const steps: Step[] = []
  for (const frame of others) {
    const piece = pieceOf(frame, kept.length < entryCount)
    // A frame whose sum is right was not torn: it was written so.
    if (piece === undefined) return { offset: frame.offset, why: 'no journal writes what is there' }
    if (piece.kind === 'kept') kept.push(piece.entry)
    else steps.push({ ...piece, offset: frame.offset })
  }
  if (kept.length < entryCount) return { offset: validBytes, why: 'it has no whole snapshot' }
  return { start: start.start, kept, steps, firstBytes, validBytes, isTorn: end === 'torn' }
}

/** First the snapshot, then records and cuts; a start is nowhere but at the start. */
function pieceOf({ payload }: Frame, isOfSnapshot: boolean) {
  const piece = readPiece(payload)
  if (piece === undefined || piece.kind === 'start') return undefined
  return (piece.kind === 'kept') === isOfSnapshot ? piece : undefined
}
