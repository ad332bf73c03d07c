// A small fast generator (xorshift32): the same seed gives the same walk. Good enough to choose steps by, and for nothing else.
export class Chance {
  private state: number

  constructor(seed: number) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995 || 1
    for (let i = 0; i < 8; i += 1) this.bits()
  }

  /** From 0 to below 1. */
  next(): number {
    return this.bits() / 2 ** 32
  }

  /** From 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** True with this likelihood. */
  is(likelihood: number): boolean {
    return this.bits() < likelihood * 2 ** 32
  }

  private bits(): number {
    let x = this.state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.state = x
    return x >>> 0
  }
}
