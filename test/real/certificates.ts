// Certificates for tests, by openssl: an authority, and what it signs.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TlsMaterial } from '../../src/transport/websocket/tls.ts'

export function makeAuthority(folder: string, name: string): void {
  const subject = ['-subj', `/CN=${name}`]
  openssl(folder, 'req', '-x509', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.crt`, '-days', '2', ...subject)
}

/** Files `<node>.crt` and `<node>.key`; what TLS needs of them. */
export function certify(folder: string, authority: string, node: string): TlsMaterial {
  openssl(folder, 'req', ...newKey, '-keyout', `${node}.key`, '-out', `${node}.csr`, '-subj', `/CN=${node}`)
  const signer = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`, '-CAcreateserial']
  openssl(folder, 'x509', '-req', '-in', `${node}.csr`, ...signer, '-out', `${node}.crt`, '-days', '2')
  const text = (file: string) => readFileSync(join(folder, file), 'utf8')
  return { ca: text(`${authority}.crt`), cert: text(`${node}.crt`), key: text(`${node}.key`) }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

function openssl(folder: string, ...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
}
