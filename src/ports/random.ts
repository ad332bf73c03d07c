/** Chance. Seeded in simulation and, for jitter, in processes too: the seed is logged at start. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** An independent stream, the same for the same name: adding a consumer does not disturb the others. */
  fork(name: string): Random
}
