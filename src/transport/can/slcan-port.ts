// The line to a serial CAN adapter: a TCP connection (a serial server, ser2net), or a device (`/dev/ttyACM0`, a pseudo terminal), which
// is made raw. The speed of a true serial line is set beforehand (`stty -F /dev/ttyS0 115200`); USB adapters and pseudo terminals have none.
import { constants, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { ReadStream } from 'node:tty'
import type { SlcanPort, SlcanPortHandlers } from './slcan-bus.ts'

export type SlcanPlace = { readonly host: string; readonly port: number } | { readonly device: string }

/** What the adapter has not taken; then the line is broken off rather than kept in memory. */
const unreadBytesMax = 64 * 1024

export function openSlcanPort(place: SlcanPlace, handlers: SlcanPortHandlers): SlcanPort {
  let stream: Socket | undefined
  let isOpen = true
  const end = (problem: string) => {
    if (!isOpen) return
    isOpen = false
    stream?.destroy()
    handlers.closed(problem)
  }
  try {
    stream = 'device' in place ? openDevice(place.device) : connect({ ...place, noDelay: true })
    stream.on('error', ({ message }) => end(message))
    stream.on('close', () => end('the adapter has closed the line'))
    stream.on('data', (bytes: Uint8Array) => isOpen && handlers.received(bytes))
    if ('device' in place) handlers.opened()
    else stream.on('connect', () => isOpen && handlers.opened())
  } catch (problem) {
    end((problem as Error).message)
  }
  return {
    write(text) {
      if (!isOpen || !stream) return
      stream.write(text, 'latin1')
      if (stream.writableLength > unreadBytesMax) end('the adapter does not read')
    },
    close() {
      if (!isOpen) return
      isOpen = false
      // What was written before still goes out.
      stream?.end(() => stream?.destroy())
    },
  }
}

function openDevice(path: string): Socket {
  const stream = new ReadStream(openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK))
  stream.setRawMode(true)
  return stream
}
