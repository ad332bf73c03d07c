/** First in, first out. Both ends cost O(1), and an empty one holds no memory but its own. */
export class Fifo<T> {
  private items: (T | undefined)[] = []
  private head = 0

  get size(): number {
    return this.items.length - this.head
  }

  push(item: T): void {
    this.items.push(item)
  }

  take(): T | undefined {
    const item = this.items[this.head]
    if (item === undefined) return undefined
    // What was taken must not be kept alive by the queue.
    this.items[this.head] = undefined
    this.head += 1
    if (this.head === this.items.length) this.reset([])
    else if (this.head >= 1024 && this.head * 2 > this.items.length) this.reset(this.items.slice(this.head))
    return item
  }

  /** Oldest first: a copy. */
  list(): readonly T[] {
    return this.items.slice(this.head).filter((item) => item !== undefined)
  }

  private reset(items: (T | undefined)[]): void {
    this.items = items
    this.head = 0
  }
}
