// TLS 1.3 with a certificate at each end. A certificate names one node, and a connection is with the node that it names, or with nobody.
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, type PeerCertificate, TLSSocket } from 'node:tls'
import type { NodeId } from '../../protocol/ids.ts'

/** PEM texts. */
export interface TlsMaterial {
  /** Whose certificates are believed. */
  readonly ca: string
  /** Of this node: its common name is the node's id. */
  readonly cert: string
  readonly key: string
}

export function tlsOptions({ ca, cert, key }: TlsMaterial) {
  return { ca, cert, key, minVersion: 'TLSv1.3', rejectUnauthorized: true } as const
}

/** For the end that calls: hosts are not looked at, nodes are. */
export function namedAs(node: NodeId): NonNullable<ConnectionOptions['checkServerIdentity']> {
  return (_host, { subject }) =>
    subject.CN === node ? undefined : new Error(`the certificate names ${subject.CN}, not ${node}`)
}

/** For the end that is called. Undefined without a certificate that is believed. */
export function certifiedName(socket: Duplex): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const { subject }: Partial<PeerCertificate> = socket.getPeerCertificate()
  return typeof subject?.CN === 'string' ? subject.CN : undefined
}
