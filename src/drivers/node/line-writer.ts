// Lines to a file descriptor by which nobody is held up: a pipe that its reader does not read, or a full disk, must stop no site
// master. One write is on its way at a time, outside the event loop; what comes meanwhile waits, up to a bound, and is lost
// beyond it. What was lost is counted and told in the place where it is missing. At the end of the process what still waits gets a
// few moments more; a write that is on its way in its thread may then come last. Node makes its standard descriptors non-blocking;
// another one that blocks could keep the process from ending.
import { write, writeSync } from 'node:fs'

export interface LineWriter {
  /** @param line with its line end */
  write(line: string): void
}

export interface LineWriterOptions {
  readonly descriptor: number
  /** Higher: a longer stall of the reader loses nothing. Default 1 MiB. */
  readonly waitingCharactersMax?: number
  /** What stands where lines are missing. */
  readonly lostLine: (count: number) => string
}

const retryMs = 50
/** At the end of the process: so often a full pipe is tried, with a moment before each. */
const lastTriesMax = 10
const lastMomentMs = 10

export function createLineWriter(options: LineWriterOptions): LineWriter {
  const { descriptor, waitingCharactersMax = 1024 * 1024, lostLine } = options
  let waiting: string[] = []
  let waitingCharacters = 0
  let lost = 0
  let isWriting = false
  /** What a full pipe refused, while it waits to be tried again. */
  let refused: Buffer = Buffer.alloc(0)
  let isGone = false

  function writeWaiting(): void {
    if (waiting.length === 0 || isGone) {
      isWriting = false
      process.off('exit', writeAtExit)
      return
    }
    if (!isWriting) process.once('exit', writeAtExit)
    isWriting = true
    const count = waiting.length
    writeBytes(Buffer.from(takeWaiting()), count)
  }

  function takeWaiting(): string {
    const text = waiting.join('')
    waiting = []
    waitingCharacters = 0
    return text
  }

  /** @param count lines that are lost when it fails */
  function writeBytes(bytes: Buffer, count: number): void {
    write(descriptor, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') {
        refused = bytes
        // It keeps no process alive that has nothing else to do: then the last tries are made.
        setTimeout(() => {
          refused = Buffer.alloc(0)
          writeBytes(bytes, count)
        }, retryMs).unref()
        return
      }
      if (!error && written < bytes.byteLength) {
        writeBytes(bytes.subarray(written), count)
        return
      }
      // Nobody reads any more, or nobody ever did; anything else (a full disk) may pass.
      if (error?.code === 'EPIPE' || error?.code === 'EBADF') isGone = true
      else if (error) lost += count
      writeWaiting()
    })
  }

  function writeAtExit(): void {
    let bytes = Buffer.concat([refused, Buffer.from(takeWaiting())])
    for (let tries = 0; tries < lastTriesMax && bytes.byteLength > 0; tries += 1) {
      // Before the first try too: a write on its way in a thread comes first.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lastMomentMs)
      try {
        bytes = bytes.subarray(writeSync(descriptor, bytes))
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return
      }
    }
  }

  function keep(line: string): void {
    waiting.push(line)
    waitingCharacters += line.length
  }

  return {
    write(line) {
      if (isGone) return
      if (waitingCharacters + line.length > waitingCharactersMax) {
        lost += 1
        return
      }
      if (lost > 0) keep(lostLine(lost))
      lost = 0
      keep(line)
      if (!isWriting) writeWaiting()
    },
  }
}
