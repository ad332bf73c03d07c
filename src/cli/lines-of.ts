// The lines of a file or of standard input, one at a time: a log may be larger than memory, and so may one line of garbage.
import { createReadStream } from 'node:fs'

/** @param file `-` is standard input. A line is cut at `charsMax`; without its end. Rejects as reading does. */
export async function* linesOf(file: string, charsMax: number): AsyncGenerator<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file)
  stream.setEncoding('latin1')
  let rest = ''
  for await (const chunk of stream) {
    const pieces = String(chunk).split('\n')
    for (const [index, piece] of pieces.entries()) {
      if (rest.length < charsMax) rest += piece.slice(0, charsMax - rest.length)
      if (index === pieces.length - 1) break
      yield rest.replace(/\r$/, '')
      rest = ''
    }
  }
  if (rest !== '') yield rest
}
