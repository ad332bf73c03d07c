// What the two ends say of themselves when a connection opens, in the headers of the upgrade. Each proves that it knows the token of who calls,
// and neither says it: a proof is HMAC-SHA-256 (RFC 2104) over who calls whom, in which lives, in which version, and a number that is used once.
// From the same comes the key of the session (message-guard.ts). No byte of a message is read from somebody who has proved nothing.
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type NodeId, nodeId } from '../../protocol/ids.ts'

/**
 * Newest first. A version is added when messages change in a way that an older peer would misread; the former one stays in the list until
 * every site has the newer: of what both ends speak, they speak the newest.
 */
export const wireVersions: readonly number[] = [1]

const header = {
  node: 'x-bladewright-node',
  incarnation: 'x-bladewright-incarnation',
  versions: 'x-bladewright-protocol',
  nonce: 'x-bladewright-nonce',
  proof: 'x-bladewright-proof',
} as const
const proofBytes = 16

export interface Introduction {
  readonly node: NodeId
  readonly incarnation: number
}

/** Of either end. */
export interface Greeting extends Introduction {
  /** That it speaks; an answer names one. */
  readonly versions: readonly number[]
  /** 32 hexadecimal digits, never the same twice. */
  readonly nonce: string
}

interface Shown extends Greeting {
  readonly proof: string
}

export function callHeaders(call: Greeting, to: NodeId, token: string): Record<string, string> {
  return headersOf(call, proofOf(token, 'call', [call], to))
}

export function answerHeaders(call: Greeting, answer: Greeting, token: string): Record<string, string> {
  return headersOf(answer, proofOf(token, 'answer', [call, answer], call.node))
}

/** Undefined when it is none. It is proved by `isCall` or `isAnswer` only. */
export function readGreeting(headers: IncomingHttpHeaders): Shown | undefined {
  const node = nodeId.safeParse(headers[header.node])
  const incarnation = matched(headers[header.incarnation], /^\d{1,15}$/)
  const nonce = matched(headers[header.nonce], /^[0-9a-f]{32}$/)
  const proof = matched(headers[header.proof], /^[0-9a-f]{32}$/)
  if (!node.success || incarnation === undefined || nonce === undefined || proof === undefined) return undefined
  return { node: node.data, incarnation: Number(incarnation), versions: readVersions(headers), nonce, proof }
}

/** None when there are none. */
export function readVersions(headers: IncomingHttpHeaders): readonly number[] {
  return (
    matched(headers[header.versions], /^\d{1,4}(?:,\d{1,4}){0,15}$/)
      ?.split(',')
      .map(Number) ?? []
  )
}

export function versionsHeader(versions: readonly number[]): string {
  return `${header.versions}: ${versions.join(',')}`
}

/** The newest that both speak. */
export function commonVersion(ours: readonly number[], theirs: readonly number[]): number | undefined {
  return [...ours].sort((one, other) => other - one).find((version) => theirs.includes(version))
}

export function isCall(shown: Shown, to: NodeId, token: string): boolean {
  return isSame(shown.proof, proofOf(token, 'call', [shown], to))
}

export function isAnswer(call: Greeting, shown: Shown, token: string): boolean {
  return isSame(shown.proof, proofOf(token, 'answer', [call, shown], call.node))
}

/** Of this one connection. */
export function sessionKey(call: Greeting, answer: Greeting, token: string): KeyObject {
  return createSecretKey(hmac(token, 'session', [call, answer], answer.node))
}

function proofOf(token: string, kind: string, greetings: readonly Greeting[], to: NodeId): string {
  return hmac(token, kind, greetings, to).subarray(0, proofBytes).toString('hex')
}

function hmac(token: string, kind: string, greetings: readonly Greeting[], to: NodeId): Buffer {
  const said = greetings.map(({ node, incarnation, versions, nonce }) => `${node} ${incarnation} ${versions} ${nonce}`)
  return createHmac('sha256', token)
    .update(['bladewright websocket', kind, to, ...said].join('\n'))
    .digest()
}

function headersOf({ node, incarnation, versions, nonce }: Greeting, proof: string): Record<string, string> {
  return {
    [header.node]: node,
    [header.incarnation]: String(incarnation),
    [header.versions]: versions.join(','),
    [header.nonce]: nonce,
    [header.proof]: proof,
  }
}

function matched(value: string | string[] | undefined, form: RegExp): string | undefined {
  return typeof value === 'string' && form.test(value) ? value : undefined
}

function isSame(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
}
