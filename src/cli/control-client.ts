// Talks to the site master that leads, found by the run directory. What it cannot reach or is refused comes as a coded error.

import type { AuditReport } from '../accounts/audit.ts'
import type { Invoice } from '../accounts/invoice.ts'
import type { Recommendation } from '../accounts/recommend.ts'
import type { RulesVersion } from '../actors/rule-versions.ts'
import { ConfigError, type ErrorCode, isErrorCode, TransportError } from '../errors.ts'
import { controlToken, hasLauncher, liveControlPorts } from '../processes/run-directory.ts'
import type { ControlBody, ControlCommand, ControlError } from '../runtime/control-protocol.ts'
import type { FarmEvent, MasterRole, MoveAnswer, RulesAnswer, SlaAnswer, SlaStatus } from '../runtime/farm-control.ts'
import type { DecisionRecord, FarmStatus, MoveRecord } from '../runtime/farm-status.ts'

export interface ControlClient {
  status(): Promise<FarmStatus>
  explain(id: string): Promise<MoveRecord | DecisionRecord>
  move(body: ControlBody<'/move'>): Promise<MoveAnswer>
  drain(body: ControlBody<'/drain'>): Promise<MoveAnswer>
  unbrake(): Promise<{ readonly lost: readonly string[] }>
  /** Of the master that leads in this epoch. */
  handover(epoch: number): Promise<MasterRole>
  adopt(): Promise<MasterRole>
  role(): Promise<MasterRole>
  sla(account: string): Promise<SlaStatus>
  setSla(body: ControlBody<'/sla'>): Promise<SlaAnswer>
  consent(body: ControlBody<'/consent'>): Promise<void>
  bill(account: string): Promise<readonly Invoice[]>
  recommend(account: string): Promise<readonly Recommendation[]>
  audit(): Promise<AuditReport>
  rules(): Promise<readonly RulesVersion[]>
  setRules(body: ControlBody<'/rules'>): Promise<RulesAnswer>
  tell(command: '/cordon' | '/release' | '/hold', body: object): Promise<void>
  /** Until the signal; ends when the master does. */
  events(use: (event: FarmEvent) => void, signal: AbortSignal): Promise<void>
}

/** What an operator can mend by typing something else. */
const badInput: readonly ErrorCode[] = [
  'COMMAND_INVALID',
  'BLADE_UNKNOWN',
  'GROUP_UNKNOWN',
  'RECORD_UNKNOWN',
  'BLADE_BUSY',
  'BLADE_CORDONED',
  'BLADE_UNREACHABLE',
  'BLADE_UNSUITABLE',
  'COMMITMENT_BROKEN',
  'LOSS_NOT_NEEDED',
  'ACCOUNT_UNKNOWN',
  'SLA_INVALID',
  'SLA_REFUSED',
  'RULES_INVALID',
]

/** Above what a master takes at most to say that it does not know (pending-answers.ts). */
const answerMsMax = 10_000
/** A master that stands still must not keep operators from the other one. */
const roleMsMax = 1_000

/** Finds port and token in the run directory anew for each call: a master that was started again has another port. */
export function createControlClient(runDirectory: string): ControlClient {
  async function call(path: string, init: RequestInit = {}): Promise<Response> {
    const { ports, token } = wayIn(runDirectory)
    return callAt(await leaderOf(ports, token), token, path, init)
  }

  /** One that does not lead when none does: it says so itself. */
  async function leaderOf([first, ...others]: readonly [number, ...number[]], token: string): Promise<number> {
    if (others.length === 0) return first
    const roles = await Promise.all(
      [first, ...others].map(async (port) => {
        const signal = AbortSignal.timeout(roleMsMax)
        const answer = await callAt(port, token, '/role', { signal }).catch(() => undefined)
        return { port, role: answer && (await said<MasterRole>(answer).catch(() => undefined)) }
      }),
    )
    const answered = roles.filter(({ role }) => role !== undefined)
    return (answered.find(({ role }) => role?.state === 'leading') ?? answered[0])?.port ?? first
  }

  async function callAt(port: number, token: string, path: string, init: RequestInit): Promise<Response> {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers, redirect: 'error' }).catch(
      (error: Error) => {
        if (error.name === 'AbortError') throw error
        throw init.method === 'POST' && !isRefused(error)
          ? new TransportError('OUTCOME_UNKNOWN', `port ${port}, in the middle of it: ${reasonOf(error)}`, runDirectory)
          : unreachable(runDirectory, `port ${port}: ${reasonOf(error)}`)
      },
    )
    if (answer.ok) return answer
    const { error } = await said<Partial<ControlError>>(answer)
    const code = error !== undefined && isErrorCode(error.code) ? error.code : 'MASTER_UNREACHABLE'
    const detail = error?.detail ?? `port ${port} answers ${answer.status}: that is no site master`
    throw badInput.includes(code) ? new ConfigError(code, detail) : new TransportError(code, detail)
  }

  /** Headers may come and the rest never, or from somebody else's server. */
  async function said<T>(answer: Response): Promise<T> {
    return (await answer.json().catch((error: Error) => {
      throw new TransportError('MASTER_UNREACHABLE', `what answers is no site master: ${reasonOf(error)}`, runDirectory)
    })) as T
  }

  async function get<T>(path: string): Promise<T> {
    const answer = await call(path, { signal: AbortSignal.timeout(answerMsMax) })
    return said(answer)
  }

  async function post<T>(path: ControlCommand, body: object): Promise<T> {
    const signal = AbortSignal.timeout(answerMsMax)
    const answer = await call(path, { method: 'POST', body: JSON.stringify(body), signal })
    return (await answer.json().catch((error: Error) => {
      throw new TransportError('OUTCOME_UNKNOWN', `its answer broke off: ${reasonOf(error)}`, runDirectory)
    })) as T
  }

  return {
    status: () => get('/status'),
    explain: (id) => get(`/explain/${encodeURIComponent(id)}`),
    move: (body) => post('/move', body),
    drain: (body) => post('/drain', body),
    unbrake: () => post('/unbrake', {}),
    handover: (epoch) => post('/handover', { epoch }),
    adopt: () => post('/adopt', {}),
    role: () => get('/role'),
    sla: (account) => get(`/sla/${encodeURIComponent(account)}`),
    setSla: (body) => post('/sla', body),
    consent: (body) => post('/consent', body),
    bill: (account) => get(`/bill/${encodeURIComponent(account)}`),
    recommend: (account) => get(`/recommend/${encodeURIComponent(account)}`),
    audit: () => post('/audit', {}),
    rules: () => get('/rules'),
    setRules: (body) => post('/rules', body),
    tell: (command, body) => post(command, body),
    async events(use, signal) {
      const { body } = await call('/events', { signal })
      if (body) for await (const line of linesOf(body)) use(JSON.parse(line) as FarmEvent)
    },
  }
}

function wayIn(runDirectory: string): { ports: readonly [number, ...number[]]; token: string } {
  try {
    const token = controlToken(runDirectory)
    const [first, ...others] = token === undefined ? [] : liveControlPorts(runDirectory).map(({ port }) => port)
    if (first !== undefined && token !== undefined) return { ports: [first, ...others], token }
  } catch (error) {
    throw new ConfigError('RUN_DIRECTORY_UNUSABLE', reasonOf(error), runDirectory)
  }
  throw unreachable(runDirectory, 'no site master runs from this run directory')
}

/** Whoever supervises it is about to start it again, or nobody is. */
function unreachable(runDirectory: string, why: string): TransportError {
  const hope = hasLauncher(runDirectory) ? '; its launcher runs, and starts it again: ask again in a moment' : ''
  return new TransportError('MASTER_UNREACHABLE', `${why}${hope}`, runDirectory)
}

/** Nobody listens there: what was to be said was not said. */
function isRefused({ cause }: Error): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines.filter((line) => line !== '')
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
