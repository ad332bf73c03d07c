// What a supervisor owes its children, without time between a crash and the restart. A child is the list of what it has seen:
// it begins with `wake`, and each restart adds another one. Names and meanings are OTP's.

export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne'
export type RestartKind = 'permanent' | 'transient' | 'temporary'

export interface ModelChild {
  readonly id: string
  readonly kind: RestartKind
  seen: string[]
}

export class SupervisorModel {
  /** In the order of starting. */
  children: ModelChild[] = []
  /** How often it gave up and came back fresh. */
  livesLost = 0
  nowMs = 0
  private readonly strategy: Strategy
  private readonly restartCountMax: number
  private readonly periodMs: number
  private restartsAtMs: number[] = []

  constructor(strategy: Strategy, restartCountMax: number, periodMs: number) {
    this.strategy = strategy
    this.restartCountMax = restartCountMax
    this.periodMs = periodMs
  }

  spawn(id: string, kind: RestartKind): void {
    this.children.push({ id, kind, seen: ['wake'] })
  }

  stop(id: string): void {
    this.children = this.children.filter((child) => child.id !== id)
  }

  hear(id: string, type: string): void {
    this.find(id).seen.push(type)
  }

  /** On an event of that type, at the first time that it is heard; a restarted child hears it again. */
  crash(id: string, type: string): void {
    const child = this.find(id)
    if (child.kind === 'temporary') this.stop(id)
    else if (this.restart(child)) child.seen.push(type)
  }

  finish(id: string): void {
    const child = this.find(id)
    if (child.kind !== 'permanent') this.stop(id)
    else {
      child.seen = []
      this.restart(child)
    }
  }

  find(id: string): ModelChild {
    const child = this.children.find((one) => one.id === id)
    if (!child) throw new Error(`the model has no child ${id}`)
    return child
  }

  /** False when it was one restart too many. */
  private restart(child: ModelChild): boolean {
    this.restartsAtMs = [...this.restartsAtMs.filter((at) => this.nowMs - at <= this.periodMs), this.nowMs]
    if (this.restartsAtMs.length > this.restartCountMax) {
      this.giveUp()
      return false
    }
    const index = this.children.indexOf(child)
    const restarted = {
      oneForOne: [child],
      oneForAll: this.children,
      restForOne: this.children.slice(index),
    }[this.strategy]
    for (const one of restarted) one.seen.push('wake')
    return true
  }

  private giveUp(): void {
    this.livesLost += 1
    this.restartsAtMs = []
    this.children = this.children.filter(({ kind }) => kind !== 'temporary')
    for (const child of this.children) child.seen = ['wake']
  }
}
