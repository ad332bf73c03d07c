// What a journal holds, and how each piece of it is written: one letter that says what it is, and JSON.
//   r  a record           c  a cut: the records after this index are taken back
//   s  start of a segment  k  an entry of the snapshot that the segment starts with

/** JSON; `type` first. */
export interface JournalEntry {
  readonly type: string
  readonly [field: string]: unknown
}

export interface Position {
  /** From 1, without gaps. 0: before everything. */
  readonly index: number
  /** In which its leader wrote it; never falls. */
  readonly epoch: number
  /** Journal time, ms: never goes back, whatever the wall clock does. */
  readonly at: number
}

export interface JournalRecord extends Position {
  readonly entry: JournalEntry
}

/** Stands for all records up to its position. */
export interface Snapshot extends Position {
  readonly entries: readonly JournalEntry[]
}

export interface SegmentStart {
  readonly segment: number
  /** Of the segment before it, which is whole; null for one that needs none before it. */
  readonly formerBytes: number | null
  /** `entries`: how many pieces of it follow. */
  readonly snapshot: (Position & { readonly entries: number }) | null
  /** Bytes behind this frame that came into the file together with it. */
  readonly bodyBytes: number
}

export type Piece =
  | { readonly kind: 'record'; readonly record: JournalRecord }
  | { readonly kind: 'cut'; readonly after: number }
  | { readonly kind: 'start'; readonly start: SegmentStart }
  | { readonly kind: 'kept'; readonly entry: JournalEntry }

/** @param entryText the record's entry as JSON */
export function recordPayload({ index, at, epoch }: Position, entryText: string): Buffer {
  return Buffer.from(`r{"index":${index},"at":${at},"epoch":${epoch},"entry":${entryText}}`)
}

export function cutPayload(after: number): Buffer {
  return Buffer.from(`c${after}`)
}

export function startPayload(start: SegmentStart): Buffer {
  return Buffer.from(`s${JSON.stringify(start)}`)
}

export function keptPayload(entryText: string): Buffer {
  return Buffer.from(`k${entryText}`)
}

/** Undefined for what no journal wrote. */
export function readPiece(payload: Buffer): Piece | undefined {
  const value = parse(payload.toString('utf8', 1))
  switch (String.fromCharCode(payload[0] ?? 0)) {
    case 'r':
      return isRecord(value) ? { kind: 'record', record: value } : undefined
    case 'c':
      return isCount(value) ? { kind: 'cut', after: value } : undefined
    case 's':
      return isStart(value) ? { kind: 'start', start: value } : undefined
    case 'k':
      return isEntry(value) ? { kind: 'kept', entry: value } : undefined
    default:
      return undefined
  }
}

export function isRecord(value: unknown): value is JournalRecord {
  return isObject(value) && isPosition(value) && value.index !== 0 && isEntry(value.entry)
}

export function isSnapshot(value: unknown): value is Snapshot {
  return isObject(value) && isPosition(value) && Array.isArray(value.entries) && value.entries.every(isEntry)
}

/** Undefined for what is no entry's text. */
export function entryOf(text: string): JournalEntry | undefined {
  const value = parse(text)
  return isEntry(value) ? value : undefined
}

function isStart(value: unknown): value is SegmentStart {
  if (!isObject(value) || !isCount(value.segment) || !isCount(value.bodyBytes)) return false
  const { formerBytes, snapshot } = value
  if (formerBytes !== null && !isCount(formerBytes)) return false
  return snapshot === null || (isObject(snapshot) && isPosition(snapshot) && isCount(snapshot.entries))
}

function isEntry(value: unknown): value is JournalEntry {
  return isObject(value) && typeof value.type === 'string'
}

function isPosition({ index, epoch, at }: Record<string, unknown>): boolean {
  return isCount(index) && isCount(epoch) && typeof at === 'number' && Number.isFinite(at)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
