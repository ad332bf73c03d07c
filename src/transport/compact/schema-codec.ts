// A codec made from a schema: what the schema says already is not sent. An object becomes the list of its fields in the order of the schema,
// without their names; a literal nothing; one of an enum or of a union its place in the list; what is absent at the end of a list is left off.
// Several objects in a list are sent field by field: what all of them have the same is said once.
//
// Both ends must have the same schema, field for field: the table of message types (message-types.ts) and the wire version stand for that.
// Nothing is believed here: what is unpacked is parsed by the schema before anybody sees it.
import type { z } from 'zod'

/** What MessagePack carries. */
export type Plain = null | boolean | number | string | readonly Plain[]

export interface Codec {
  pack(value: unknown): Plain
  /** Throws when it cannot be. */
  unpack(plain: Plain): unknown
}

/** Codecs of schemas that know something shorter: found by identity. */
export type ShorterCodecs = ReadonlyMap<unknown, Codec>

/** A union whose options are told apart by a field, and the numbers that they have on the wire. */
export interface NumberedUnion {
  readonly schema: unknown
  /** Number of a value of the discriminator; undefined: this end does not know it. */
  numberOf(value: string): number | undefined
  valueOf(number: number): string | undefined
}

type Def = z.core.$ZodTypeDef & Record<string, unknown>

export interface CodecOptions {
  readonly shorter: ShorterCodecs
  readonly numbered: NumberedUnion
  /** Of every string that has no shorter one. */
  readonly text: Codec
}

export function codecOf(schema: unknown, options: CodecOptions): Codec {
  const known = options.shorter.get(schema)
  if (known) return known
  const def = defOf(schema)
  const of = (inner: unknown) => codecOf(inner, options)
  switch (def.type) {
    case 'string':
      return options.text
    case 'object':
      return objectCodec(def.shape as Record<string, unknown>, of)
    case 'array':
      return isBare(options, def.element) ? rowsCodec(of(def.element)) : listCodec(of(def.element))
    case 'optional':
      return optionalCodec(of(def.innerType))
    case 'nullable':
      return nullableCodec(of(def.innerType))
    case 'enum':
      return choiceCodec(Object.values(def.entries as Record<string, string>))
    case 'literal':
      return constantCodec((def.values as readonly unknown[])[0])
    case 'record':
      return recordCodec(of(def.keyType), of(def.valueType))
    case 'union':
      return unionCodec(def, of, options.numbered.schema === schema ? options.numbered : undefined)
    default:
      return asIs
  }
}

function defOf(schema: unknown): Def {
  return (schema as { readonly _zod: { readonly def: Def } })._zod.def
}

const asIs: Codec = { pack: (value) => value as Plain, unpack: (plain) => plain }

function constantCodec(value: unknown): Codec {
  return { pack: () => null, unpack: () => value }
}

function optionalCodec(inner: Codec): Codec {
  return {
    pack: (value) => (value === undefined ? null : inner.pack(value)),
    unpack: (plain) => (plain === null ? undefined : inner.unpack(plain)),
  }
}

function nullableCodec(inner: Codec): Codec {
  return {
    pack: (value) => (value === null ? null : inner.pack(value)),
    unpack: (plain) => (plain === null ? null : inner.unpack(plain)),
  }
}

function choiceCodec(values: readonly string[]): Codec {
  return {
    pack: (value) => values.indexOf(String(value)),
    unpack: (plain) => values[plain as number],
  }
}

function listCodec(element: Codec): Codec {
  return {
    pack: (value) => (value as readonly unknown[]).map(element.pack),
    unpack: (plain) => listIn(plain).map(element.unpack),
  }
}

/** An object that nobody knows a shorter form of: a list of its fields. */
function isBare({ shorter }: CodecOptions, schema: unknown): boolean {
  return defOf(schema).type === 'object' && !shorter.has(schema)
}

/** More than any list of a message; a claim of more is not believed. */
const rowsMax = 1_024

/**
 * Two rows and more: [count, column, column…]; a column that is [value] has it in every row, one that begins with null has a value for each.
 * Fewer: a list of rows.
 */
function rowsCodec(row: Codec): Codec {
  const rows = listCodec(row)
  return {
    pack(value) {
      const packed = rows.pack(value) as readonly (readonly Plain[])[]
      if (packed.length < 2) return packed
      const width = Math.max(...packed.map((one) => one.length))
      const columns = Array.from({ length: width }, (_, at) => packed.map((one) => one[at] ?? null))
      return [packed.length, ...columns.map(columnOf)]
    },
    unpack(plain) {
      const [count, ...columns] = listIn(plain)
      if (typeof count !== 'number') return rows.unpack(plain)
      if (!(count >= 0 && count <= rowsMax)) throw new TypeError(`${count} rows`)
      const lists = columns.map(listIn)
      return Array.from({ length: count }, (_, index) =>
        row.unpack(lists.map((list) => (list.length === 1 ? list[0] : list[index + 1]) ?? null)),
      )
    },
  }
}

function columnOf(values: readonly Plain[]): Plain {
  const [first = null] = values
  return values.every((value) => isSame(value, first)) ? [first] : [null, ...values]
}

function isSame(one: Plain, other: Plain): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return Object.is(one, other)
  return one.length === other.length && one.every((value, at) => isSame(value, other[at]))
}

function recordCodec(key: Codec, value: Codec): Codec {
  return {
    pack: (given) =>
      Object.entries(given as object).flatMap(([name, one]): Plain[] => [key.pack(name), value.pack(one)]),
    unpack(plain) {
      const list = listIn(plain)
      const made: Record<string, unknown> = Object.create(null)
      for (let at = 0; at + 1 < list.length; at += 2)
        made[String(key.unpack(list[at] ?? null))] = value.unpack(list[at + 1] ?? null)
      return { ...made }
    },
  }
}

function objectCodec(shape: Record<string, unknown>, of: (schema: unknown) => Codec): Codec {
  const fields = Object.entries(shape).map(([name, schema]) => ({
    name,
    codec: of(schema),
    isSent: defOf(schema).type !== 'literal',
  }))
  const sent = fields.filter(({ isSent }) => isSent)
  return {
    pack(value) {
      const given = value as Record<string, unknown>
      const list = sent.map(({ name, codec }) => codec.pack(given[name]))
      while (list.length > 0 && list.at(-1) === null) list.pop()
      return list
    },
    unpack(plain) {
      const list = listIn(plain)
      const made: Record<string, unknown> = {}
      let at = 0
      for (const { name, codec, isSent } of fields) {
        const value = codec.unpack(isSent ? (list[at] ?? null) : null)
        if (isSent) at += 1
        if (value !== undefined) made[name] = value
      }
      return made
    },
  }
}

function unionCodec(def: Def, of: (schema: unknown) => Codec, numbered: NumberedUnion | undefined): Codec {
  const options = def.options as readonly unknown[]
  const field = def.discriminator
  // Told apart by nothing: sent as it is.
  if (typeof field !== 'string') return asIs
  const values = options.map((option) => {
    const discriminator = (defOf(option).shape as Record<string, unknown>)[field]
    return String((defOf(discriminator).values as readonly unknown[])[0])
  })
  const codecs = new Map(options.map((option, index) => [values[index], of(option)]))
  const numberOf = (value: string) => (numbered ? numbered.numberOf(value) : values.indexOf(value))
  const kindOf = (number: number) => (numbered ? numbered.valueOf(number) : values[number])
  return {
    pack(value) {
      const kind = String((value as Record<string, unknown>)[field])
      const [number, codec] = [numberOf(kind), codecs.get(kind)]
      if (number === undefined || number < 0 || !codec) throw new TypeError(`no ${field} ${kind}`)
      return [number, ...listIn(codec.pack(value))]
    },
    unpack(plain) {
      const [number, ...rest] = listIn(plain)
      const codec = codecs.get(kindOf(number as number) ?? '')
      if (!codec) throw new TypeError(`no ${field} has the number ${String(number)}`)
      return codec.unpack(rest)
    },
  }
}

function listIn(plain: Plain): readonly Plain[] {
  if (!Array.isArray(plain)) throw new TypeError('not a list')
  return plain
}
