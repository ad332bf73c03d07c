import { Actor } from 'xstate'

/** Only the development build warns of events to stopped actors. */
export function isDevelopmentBuild(): boolean {
  return Object.getOwnPropertyDescriptor(Actor.prototype, '_send')?.value.toString().includes('console.warn') ?? false
}
