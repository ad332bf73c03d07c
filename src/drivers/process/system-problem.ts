import type { ErrorCode } from '../../errors.ts'
import type { Result } from '../../ports/result.ts'
import { isSystemError } from './plain-tree.ts'

/** What the machine itself failed with, as the port says it. */
export function systemProblem(error: unknown, otherwise: ErrorCode): Result<never> {
  const full = isSystemError(error, 'ENOSPC') || isSystemError(error, 'EDQUOT')
  const detail = error instanceof Error ? error.message.slice(0, 500) : String(error)
  return { ok: false, code: full ? 'DISK_FULL' : otherwise, detail }
}
