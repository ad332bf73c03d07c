// Certificates of a process, from the files that the configuration names.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '../errors.ts'
import type { NodeId } from '../protocol/ids.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import type { TlsMaterial } from '../transport/websocket/tls.ts'

/** Undefined where the farm has none. Throws ConfigError for files that are not there, are no PEM, or that others may read. */
export function tlsOf({ channel: { tls } }: FarmConfig, node: NodeId): TlsMaterial | undefined {
  if (tls === undefined) return undefined
  const keyFile = join(tls.certificates, `${node}.key`)
  const material = {
    ca: read(tls.ca, 'CERTIFICATE'),
    cert: read(join(tls.certificates, `${node}.crt`), 'CERTIFICATE'),
    key: read(keyFile, 'PRIVATE KEY'),
  }
  if ((statSync(keyFile).mode & 0o077) !== 0)
    throw new ConfigError('CONFIG_INVALID', 'others may read this key: its mode must be 0600', keyFile)
  return material
}

function read(file: string, what: string): string {
  try {
    const text = readFileSync(file, 'utf8')
    if (text.includes(`${what}-----`)) return text
  } catch (error) {
    throw new ConfigError('CONFIG_INVALID', error instanceof Error ? error.message : String(error), file)
  }
  throw new ConfigError('CONFIG_INVALID', `no PEM text of a ${what.toLowerCase()}`, file)
}
