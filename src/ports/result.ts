import type { ErrorCode } from '../errors.ts'

/** What a port answers with. Ports call back and return no promises: so no microtask decides an order (R62). */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string }

/** Why not. */
export type Failure = Extract<Result<never>, { readonly ok: false }>

export type Answer<T> = (result: Result<T>) => void
