// Why a child of the launcher ended, from the last line that it printed.
import { ConfigError, isErrorCode } from '../errors.ts'
import type { NodeId } from '../protocol/ids.ts'

/** The coded error of a line of `process.failed`; CONFIG_INVALID with the line itself for any other. */
export function childError(node: NodeId, line: string): ConfigError {
  const { code, detail } = fieldsOf(line)
  return typeof code === 'string' && isErrorCode(code) && typeof detail === 'string'
    ? new ConfigError(code, detail, node)
    : new ConfigError('CONFIG_INVALID', line, node)
}

function fieldsOf(line: string): { readonly code?: unknown; readonly detail?: unknown } {
  try {
    const said: unknown = JSON.parse(line)
    return typeof said === 'object' && said !== null ? said : {}
  } catch {
    return {}
  }
}
