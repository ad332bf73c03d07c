// Looks over MessagePack bytes from a stranger before they are decoded. Only what JSON can say passes: nil, booleans,
// numbers, strings, arrays and maps, one value, nothing after it, not too deep. Extension types are refused because the
// decoder knows some that build code (records), regular expressions or errors; binary because no message has any.
// Nothing is allocated, and every claimed length must fit into what is there.

/** `board.command` is the deepest message of the protocol, with 5. */
const depthMax = 16

export function isPlainMsgpack(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = readValue(view, 0, depthMax)
  return end === bytes.byteLength
}

/** Where the value ends; NaN when it is not plain or is cut off. */
function readValue(view: DataView, at: number, depthLeft: number): number {
  if (at >= view.byteLength) return Number.NaN
  const tag = view.getUint8(at)
  if (tag < 0x80 || tag >= 0xe0) return at + 1
  if (tag < 0x90) return readMany(view, at + 1, 2 * (tag & 0x0f), depthLeft)
  if (tag < 0xa0) return readMany(view, at + 1, tag & 0x0f, depthLeft)
  if (tag < 0xc0) return skip(view, at + 1, tag & 0x1f)
  switch (tag) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return at + 1
    case 0xcc: // uint8
    case 0xd0: // int8
      return skip(view, at + 1, 1)
    case 0xcd: // uint16
    case 0xd1: // int16
      return skip(view, at + 1, 2)
    case 0xce: // uint32
    case 0xd2: // int32
    case 0xca: // float32
      return skip(view, at + 1, 4)
    case 0xcf: // uint64
    case 0xd3: // int64
    case 0xcb: // float64
      return skip(view, at + 1, 8)
    case 0xd9: // str8
      return skip(view, at + 2, lengthAt(view, at + 1, 1))
    case 0xda: // str16
      return skip(view, at + 3, lengthAt(view, at + 1, 2))
    case 0xdb: // str32
      return skip(view, at + 5, lengthAt(view, at + 1, 4))
    case 0xdc: // array16
      return readMany(view, at + 3, lengthAt(view, at + 1, 2), depthLeft)
    case 0xdd: // array32
      return readMany(view, at + 5, lengthAt(view, at + 1, 4), depthLeft)
    case 0xde: // map16
      return readMany(view, at + 3, 2 * lengthAt(view, at + 1, 2), depthLeft)
    case 0xdf: // map32
      return readMany(view, at + 5, 2 * lengthAt(view, at + 1, 4), depthLeft)
    default: // binary, extensions, the byte that is never used
      return Number.NaN
  }
}

function readMany(view: DataView, at: number, count: number, depthLeft: number): number {
  // A value takes a byte at least: a claim of four billion ends here, not in a loop.
  if (depthLeft === 0 || !(at + count <= view.byteLength)) return Number.NaN
  let next = at
  for (let i = 0; i < count; i += 1) next = readValue(view, next, depthLeft - 1)
  return next
}

function skip(view: DataView, at: number, count: number): number {
  const end = at + count
  return end <= view.byteLength ? end : Number.NaN
}

function lengthAt(view: DataView, at: number, width: 1 | 2 | 4): number {
  if (at + width > view.byteLength) return Number.NaN
  if (width === 1) return view.getUint8(at)
  return width === 2 ? view.getUint16(at) : view.getUint32(at)
}
