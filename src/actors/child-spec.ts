// What a supervisor is told of a child. Names and semantics are OTP's (erlang/otp supervisor.erl), numbers in ms.
import type { AnyStateMachine } from 'xstate'
import type { Lane } from '../protocol/envelope.ts'

export type RestartKind =
  /** Always restarted. */
  | 'permanent'
  /** Restarted after a crash, not after it ended by itself. */
  | 'transient'
  /** Never restarted. */
  | 'temporary'

export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne'

export interface RestartIntensity {
  /** More than this many restarts… */
  readonly restartCountMax: number
  /** …within this time make the supervisor give up and crash itself. */
  readonly periodMs: number
}

export interface Backoff {
  readonly firstMs: number
  readonly maxMs: number
  /** Each wait is multiplied by 1 ± this, from the Random port. */
  readonly jitterRatio: number
}

interface CommonSpec {
  /** Last part of the path; unique below its supervisor. */
  readonly id: string
  /** Default permanent. */
  readonly restart?: RestartKind
  /** Of a cell: a limit of its own in addition to its supervisor's. Of a supervisor: on the restarts of its children together. */
  readonly intensity?: RestartIntensity
  readonly backoff?: Backoff
  /** How long an ordered stop may take before it is forced. Default 5000; a supervisor's is infinite. */
  readonly shutdownMs?: number
}

/** A cell: one xstate root behind a mailbox. */
export interface CellSpec extends CommonSpec {
  readonly kind: 'cell'
  /** Already provided with its effects, once per runtime. */
  readonly machine: AnyStateMachine
  readonly input: unknown
  /** Event to send first after start *and* after every restart, e.g. to poll what is. */
  readonly wake?: { readonly type: string }
  /** Ordered stop: this event is sent, the cell has `shutdownMs` to reach a final state. Without it, it is stopped at once. */
  readonly shutdownEvent?: { readonly type: string }
  /** Mailbox bound per lane; default 1024 each (control 4096). */
  readonly mailboxBounds?: Partial<Record<Lane, number>>
}

export interface SupervisorSpec extends CommonSpec {
  readonly kind: 'supervisor'
  readonly strategy: Strategy
  /**
   * When it gives up, so does its own supervisor, up to the process. For children that hold what their specifications do not say:
   * a new life of the process gets it from the journal and from the boards, a fresh child would go back to its beginning.
   */
  readonly escalates?: boolean
  readonly children: readonly ChildSpec[]
}

export type ChildSpec = CellSpec | SupervisorSpec
