// A serial adapter as its users know it, on a bus in memory: what it is told it does, what it hears it says.
import type { Clock } from '../../src/ports/clock.ts'
import type { CanBus } from '../../src/transport/can/can-bus.ts'
import type { SlcanPort, SlcanPortHandlers } from '../../src/transport/can/slcan-bus.ts'
import { formatSlcanFrame, parseSlcanFrame } from '../../src/transport/can/slcan-line.ts'

const encoder = new TextEncoder()

export interface SlcanAdapter {
  /** Of every line told to it. */
  readonly told: string[]
  /** Says whatever a broken adapter would. */
  say(text: string | Uint8Array): void
  /** Of the next lines: `silent` gives no answer, `refusing` a bell. */
  mood: 'well' | 'silent' | 'refusing'
  unplug(): void
  open(handlers: SlcanPortHandlers): SlcanPort
}

export function createSlcanAdapter(controller: CanBus, clock: Clock): SlcanAdapter {
  let handlers: SlcanPortHandlers | undefined
  let isOpen = false
  const say = (text: string | Uint8Array) => handlers?.received(typeof text === 'string' ? encoder.encode(text) : text)
  const adapter: SlcanAdapter = {
    told: [],
    say,
    mood: 'well',
    unplug() {
      const lost = handlers
      handlers = undefined
      lost?.closed('unplugged')
    },
    open(given) {
      handlers = given
      clock.setTimer(0, given.opened)
      return {
        write(text) {
          for (const line of text.split('\r').slice(0, -1)) {
            adapter.told.push(line)
            clock.setTimer(1, () => handlers === given && answer(line))
          }
        },
        close() {
          if (handlers === given) handlers = undefined
          if (isOpen) controller.stop(() => {})
          isOpen = false
        },
      }
    },
  }

  function answer(line: string): void {
    if (adapter.mood === 'silent') return
    if (adapter.mood === 'refusing') say('\x07')
    else if (line === 'C') say(close() ? '\r' : '\x07')
    else if (line === 'O') say(open() ? '\r' : '\x07')
    else if (line === '' || /^[SYZ]\d$/.test(line)) say('\r')
    else {
      const frame = parseSlcanFrame(line)
      const isTaken = typeof frame === 'object' && isOpen && controller.send(frame) === 'accepted'
      say(isTaken ? (line[0] === line[0]?.toUpperCase() ? 'Z\r' : 'z\r') : '\x07')
    }
  }

  function close(): boolean {
    if (!isOpen) return false
    isOpen = false
    controller.stop(() => {})
    return true
  }

  function open(): boolean {
    if (isOpen) return false
    isOpen = true
    controller.start({ received: (frame) => say(formatSlcanFrame(frame)), sent() {}, stateChanged() {} })
    return true
  }
  return adapter
}
