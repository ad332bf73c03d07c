// The port that others know from a former life. It is nobody's while its owner is dead: any connection of this machine may have
// taken it meanwhile, and that must not keep the owner from coming back.
import { createServer } from 'node:net'

/** Calls back with the port when it can be listened at, otherwise with 0, which takes any. */
export function whenPortKnown(host: string, remembered: number | undefined, use: (port: number) => void): void {
  if (remembered === undefined) {
    use(0)
    return
  }
  const probe = createServer()
  probe.once('error', () => use(0))
  probe.listen(remembered, host, () => probe.close(() => use(remembered)))
}
