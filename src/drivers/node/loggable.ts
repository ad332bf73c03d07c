// Makes anything fit for a log line: no secret, no cycle, no megabyte, and no throw, whatever was handed in by whom.
const secretNames = /token$|^authorization$|^secret$|^password$/i
const valuesMax = 1_000
const charactersMax = 8 * 1024

/** A copy of plain values. What is called a token or a password is `[secret]`, at any depth; what is too much is cut and says so. */
export function loggable(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  let valuesLeft = valuesMax

  function copy(value: unknown): unknown {
    valuesLeft -= 1
    if (typeof value === 'string') return cut(value)
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return value
    // Cycles end here too.
    if (valuesLeft <= 0) return '[too much]'
    if (value instanceof Error) return cut(value.stack ?? String(value))
    if (Array.isArray(value)) return value.slice(0, valuesLeft).map(copy)
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
    if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON())
    return copyFields(value)
  }

  function copyFields(object: object): Record<string, unknown> {
    const copied: [string, unknown][] = []
    for (const [name, value] of Object.entries(object)) {
      if (valuesLeft <= 0) break
      copied.push([name, secretNames.test(name) ? '[secret]' : copy(value)])
    }
    return Object.fromEntries(copied)
  }

  try {
    return copyFields(fields)
  } catch (error) {
    // A getter of its own, or nested too deep for the stack.
    return { unreadable: String(error) }
  }
}

function cut(text: string): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}… (${text.length} characters)`
}
