// What was thrown, made something that a supervisor and a log can be told.
import { type ErrorCode, isErrorCode } from '../errors.ts'

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** Returns what the work threw. */
export function attempt(work: () => void): Error | undefined {
  try {
    work()
    return undefined
  } catch (thrown) {
    return asError(thrown)
  }
}

/** Code of an error of ours; anything else that is thrown inside breaks a promise. */
export function codeOf(failure: Error): ErrorCode {
  const isOurs = 'code' in failure && typeof failure.code === 'string' && isErrorCode(failure.code)
  return isOurs ? (failure.code as ErrorCode) : 'INVARIANT_BROKEN'
}
