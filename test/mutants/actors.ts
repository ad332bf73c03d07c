// Bugs that supervision could have, each a small change of a source file of the actors. Every one must be caught.
// `find` must be there exactly once, so that a bug that no longer fits its source is no bug that nobody plants.

export interface ActorsMutant {
  readonly name: string
  /** What it would do to a farm. */
  readonly why: string
  /** In src/actors. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export const actorsMutants: readonly ActorsMutant[] = [
  {
    name: 'the event that crashed is given up at once',
    why: 'one failed allocation, and an answer of a board is lost',
    file: 'cell.ts',
    find: 'const crashesMax = 2',
    replace: 'const crashesMax = 1',
  },
  {
    name: 'poison is tried for ever',
    why: 'one bad message ends the whole farm by escalation',
    file: 'cell.ts',
    find: 'mail.crashes += 1\n    if (mail.crashes < crashesMax)',
    replace: 'if (mail.crashes < crashesMax)',
  },
  {
    name: 'what crashed is heard after all that waits',
    why: 'a deadline overtakes the answer that came before it',
    file: 'cell.ts',
    find: 'if (mail.crashes < crashesMax) {\n      this.mailbox.putFirst(mail)',
    replace: 'if (mail.crashes < crashesMax) {\n      this.mailbox.offer("bulk", mail, undefined)',
  },
  {
    name: 'effects of an event that crashed are performed',
    why: 'a command goes out that no journal knows, and once more after the restart',
    file: 'cell.ts',
    find: 'if (failure) this.crash(failure, mail)\n    else if',
    replace:
      'if (failure) {\n      this.world.perform(this, flush.effects, cause)\n      this.crash(failure, mail)\n    } else if',
  },
  {
    name: 'acts before the journal has it',
    why: 'a master that dies there has commanded what nobody remembers',
    file: 'cell.ts',
    find: 'this.flight = flight\n    const failure',
    replace:
      'this.flight = flight\n    this.world.perform(this, flight.effects.splice(0), flight.cause)\n    const failure',
  },
  {
    name: 'the snapshot is committed before the journal has it',
    why: 'a refused event is handled once more, on top of itself',
    file: 'cell.ts',
    find: 'this.flight = flight\n    const failure',
    replace: 'this.flight = flight\n    this.committed = flight.snapshot\n    const failure',
  },
  {
    name: 'a journal that refuses counts as one that wrote',
    why: 'acts without memory, on a full disk',
    file: 'cell.ts',
    find: 'if (result.ok) this.commit(flight.mail',
    replace: 'if (result) this.commit(flight.mail',
  },
  {
    name: 'the event that the journal refused is lost',
    why: 'the move waits for an answer that was given',
    file: 'cell.ts',
    find: 'if (mail) this.mailbox.putFirst(mail)\n    if (this.state',
    replace: 'if (this.state',
  },
  {
    name: 'an answer of the journal counts twice',
    why: 'effects of one event go out twice',
    file: 'cell.ts',
    find: 'if (this.flight !== flight) return\n    this.flight = undefined',
    replace: 'this.flight = undefined',
  },
  {
    name: 'handles events while the journal writes',
    why: 'acts on what may yet be taken back',
    file: 'cell.ts',
    find: 'if (this.flight) return false',
    replace: '',
  },
  {
    name: 'taken down with a sibling, what is being written is forgotten',
    why: 'durable and never acted on',
    file: 'cell.ts',
    find: "else if (this.state !== 'ended') this.goDown()",
    replace: "else if (this.state !== 'ended') {\n      this.flight = undefined\n      this.goDown()\n    }",
  },
  {
    name: 'timers end with the root',
    why: 'a step without a deadline: the move hangs for ever',
    file: 'cell.ts',
    find: 'this.root?.stop()',
    replace: 'this.root?.stop()\n    this.timers?.cancelAll()',
  },
  {
    name: 'a timer is settled before its event is handled',
    why: 'a deadline whose event crashes is never heard of again',
    file: 'cell.ts',
    find: 'const at = world.outbox.open(this)\n    const event',
    replace: 'if (mail.timer) this.timers?.settle(mail.timer)\n    const at = world.outbox.open(this)\n    const event',
  },
  {
    name: 'mail ends with the root',
    why: 'everything that waited is lost with one crash',
    file: 'cell.ts',
    find: 'this.root = undefined\n  }',
    replace: 'this.root = undefined\n    this.buryAll()\n  }',
  },
  {
    name: 'an answer of a port is for the life that asked',
    why: 'the hardware has done it, and the board waits for ever',
    file: 'cell.ts',
    find: 'let isAnswered = false\n    return (event) => {',
    replace:
      'let isAnswered = false\n    const { root } = this\n    return (event) => {\n      if (this.root !== root) return',
  },
  {
    name: 'starts afresh after a crash',
    why: 'a move begins anew in the middle of itself',
    file: 'cell.ts',
    find: 'snapshot: this.committed, log',
    replace: 'snapshot: undefined, log',
  },
  {
    name: 'wakes once in its life',
    why: 'a board that crashed in the middle of a command is busy for ever',
    file: 'cell.ts',
    find: 'this.wake(cause)\n    this.settle',
    replace: 'if (this.committed === undefined) this.wake(cause)\n    this.settle',
  },
  {
    name: 'a port that throws is nobody’s failure',
    why: 'the answer never comes, and nobody looks',
    file: 'perform-effects.ts',
    find: "failure ??= effect.kind === 'call' ? error : undefined",
    replace: '',
  },
  {
    name: 'one effect that fails takes those after it along',
    why: 'a child whose name is taken costs the answer that was to follow',
    file: 'perform-effects.ts',
    find: "failure ??= effect.kind === 'call' ? error : undefined",
    replace: "failure ??= effect.kind === 'call' ? error : undefined\n      break",
  },
  {
    name: 'an observer may throw into the cell',
    why: 'a console that fails ends a master',
    file: 'inspection.ts',
    find: "this.log.error('actors.observer.failed', { detail: String(error) })",
    replace: 'throw error',
  },
  {
    name: 'one for all takes down and starts the crashed one only',
    why: 'siblings go on with what the crashed one no longer knows',
    file: 'supervisor.ts',
    find: "this.spec.strategy === 'oneForOne'",
    replace: "this.spec.strategy !== 'restForOne'",
  },
  {
    name: 'a restart counts for ever',
    why: 'a farm ends after ten crashes in a year',
    file: 'restart-limits.ts',
    find: ' || nowMs - oldest > periodMs',
    replace: '',
  },
  {
    name: 'the period ends one restart early',
    why: 'a crash loop with the very period is never given up',
    file: 'restart-limits.ts',
    find: 'nowMs - oldest > periodMs',
    replace: 'nowMs - oldest >= periodMs',
  },
  {
    name: 'one restart too many is allowed',
    why: 'the stated rule is not the rule',
    file: 'restart-limits.ts',
    find: '(this.next + 1) % restartCountMax',
    replace: '(this.next + 1) % (restartCountMax + 1)',
  },
  {
    name: 'who gave up is not forgiven',
    why: 'the first crash after a recovery ends the next level, too',
    file: 'supervisor.ts',
    find: 'this.pending = comingBack\n    this.window = this.newWindow()',
    replace: 'this.pending = comingBack',
  },
  {
    name: 'giving up is told to nobody',
    why: 'half a farm is silently gone',
    file: 'supervisor.ts',
    find: 'this.parent.childCrashed(this, cause)',
    replace: '',
  },
]
