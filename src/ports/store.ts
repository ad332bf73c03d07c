/**
 * Records by table and key, in key order. Synchronous, because node:sqlite is.
 * Values are JSON. What is kept here is for people (`explain`): losing it loses explanations, and nothing that the farm needs.
 */
export interface Store {
  put(table: string, key: string, value: unknown): void
  get(table: string, key: string): unknown
  /** In key order, after `after` (exclusive), newest last; `limit` 1..1000, default 100; `reverse` gives newest first. */
  list(
    table: string,
    options?: { after?: string; limit?: number; reverse?: boolean },
  ): { key: string; value: unknown }[]
  delete(table: string, key: string): void
  /** All or nothing. */
  transaction(work: () => void): void
  close(): void
}
