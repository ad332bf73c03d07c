// Bugs that a farm could have, each a small change of a source file. Every one must be caught by the farm simulation, or by a
// scenario file or a test that is named here, where random search does not meet it.
// `find` must be there exactly once, so that a bug that no longer fits its source is no bug that nobody plants.
import type { SourceEdit } from './planted-source.ts'

export interface FarmMutant extends SourceEdit {
  readonly name: string
  /** What it would do to a farm. */
  readonly why: string
  /** Test files that catch it, for when random search does not. */
  readonly tests?: readonly string[]
}

export const farmMutants: readonly FarmMutant[] = [
  // — host boards ————————————————————————————————————————————————————————————————————————————————
  {
    name: 'a board grants without persisting its promise',
    why: 'an agent that starts again lets a deposed master command',
    path: 'src/actors/board-leases.ts',
    find: 'if (changed.length === 0 && this.inFlight === 0) {',
    replace: 'for (const board of changed) this.kept.set(board, this.promisedOf(board))\n    if (this.inFlight >= 0) {',
    tests: ['test/unit/actors/board-leases.test.ts'],
  },
  {
    name: 'a board takes lower epochs',
    why: 'a deposed master switches blades off',
    path: 'src/machines/host-board-gate.ts',
    find: 'if (order.epoch < known)',
    replace: 'if (order.epoch < 0)',
    tests: ['test/unit/machines/host-board-gate.test.ts'],
  },
  {
    name: 'a board ignores the nonce',
    why: 'a command that was held up in a switch for a minute is carried out',
    path: 'src/machines/host-board-gate.ts',
    find: "if (!isRecent) return { code: 'COMMAND_TOO_OLD'",
    replace: "if (!isRecent && isBusy) return { code: 'COMMAND_TOO_OLD'",
    tests: ['test/unit/machines/host-board-gate.test.ts'],
  },
  {
    name: 'a board does not look at its lease again before it acts',
    why: 'a command that waited for a slow disk is carried out after another master has begun',
    path: 'src/actors/implement-host-board.ts',
    find: 'if (parts.leases.isGranted(context.blade, command.order.epoch)) {',
    replace: 'if (command.order.epoch > 0) {',
    tests: ['test/unit/actors/board-gives-up.test.ts', 'test/simulation/takeover.test.ts'],
  },
  {
    name: 'a board remembers its last command only',
    why: 'the dedupe window is too small: a command that comes twice is carried out twice',
    path: 'src/machines/host-board-gate.ts',
    find: 'export const recordCountMax = 128',
    replace: 'export const recordCountMax = 1',
    tests: ['test/unit/machines/host-board-gate.test.ts', 'test/machines/host-board.model.test.ts'],
  },
  {
    name: 'a blade with traces of another group is let in',
    why: 'an account reads what another one left',
    path: 'src/machines/host-board-gate.ts',
    find: 'formerGroup !== null && formerGroup !== group)',
    replace: "formerGroup === 'unknown')",
    tests: ['test/unit/machines/host-board-gate.test.ts'],
  },
  {
    name: 'commands that ran when the agent died count as done',
    why: 'a scrub that was cut short gives a clean blade',
    path: 'src/machines/host-board-gate.ts',
    find: "result: { outcome: 'interrupted' } as const } : record",
    replace: "result: { outcome: 'done' } as const } : record",
  },
  {
    name: 'any boot will do',
    why: 'a blade that came up with its former image joins the new group',
    path: 'src/actors/board-operations.ts',
    find: 'if (identity.bootId !== bootId) return',
    replace: 'if (bootId === null) return',
    tests: [
      'test/contract/host-board.simulated.test.ts',
      'test/unit/actors/core.test.ts',
      'test/simulation/move-faults.test.ts',
    ],
  },
  // — moves ———————————————————————————————————————————————————————————————————————————————————————
  {
    name: 'a move is resumed one step too far',
    why: 'a takeover leaves out what was under way',
    path: 'src/actors/move-journal.ts',
    find: "if (one.type === 'move.intent') return { ...progress, index: one.index, attempt: one.attempt }",
    replace: "if (one.type === 'move.intent') return { ...progress, index: one.index + 1, attempt: one.attempt }",
  },
  {
    name: 'a resumed move forgets its attempt',
    why: 'the board answers with the failure of the first attempt, for ever',
    path: 'src/machines/move-machine.ts',
    find: 'attempt: resume?.attempt ?? 1',
    replace: 'attempt: 1',
    tests: ['test/unit/machines/resumed-move.test.ts'],
  },
  {
    name: 'a resumed way out counts its attempts from one',
    why: 'the board takes its first command for one of the way in, and says that it is done',
    path: 'src/actors/move-journal.ts',
    find: 'index: 0, attempt: firstAttempt({ attemptMax, rollingBack: true })',
    replace: 'index: 0, attempt: 1',
    tests: ['test/unit/machines/resumed-move.test.ts'],
  },
  {
    name: 'the way out leaves the old group’s list and not the new one’s',
    why: 'a blade in the pool still gets requests',
    path: 'src/actors/implement-move.ts',
    find: "(from === null || (evidence.address !== null && step === 'unjoin'))",
    replace: 'from === null',
    tests: ['test/simulation/way-out.test.ts'],
  },
  {
    name: 'a step that fails is tried again at once',
    why: 'three attempts within a millisecond flood a board that is ill',
    path: 'src/actors/implement-move.ts',
    find: 'const waitMs = Math.min(retryMaxMs, retryFirstMs * 2 ** (context.attempt - 1))',
    replace: 'const waitMs = 0',
    tests: ['test/simulation/way-out.test.ts'],
  },
  {
    name: 'a role that fails again and again is never suspended',
    why: 'a broken image is booted on every blade in turn, without end',
    path: 'src/actors/site-picture.ts',
    find: 'return now < (this.strikes.get(roleKey)?.untilMs ?? 0)',
    replace: 'return false && now < (this.strikes.get(roleKey)?.untilMs ?? 0)',
    tests: ['test/unit/actors/site-picture.test.ts'],
  },
  {
    name: 'a blade joins without a receipt',
    why: 'its last owner’s data comes with it',
    path: 'src/machines/member-table.ts',
    find: 'if (join.receipt === null)',
    replace: 'if (join.receipt === undefined)',
    tests: ['test/machines/group.model.test.ts', 'test/unit/machines/member-table.test.ts'],
  },
  {
    name: 'an operator may move a blade that is moving',
    why: 'two moves command one board',
    path: 'src/decision/operator-move.ts',
    find: 'if (blade.inMove !== null) return refuse',
    replace: 'if (blade.inMove === undefined) return refuse',
    tests: ['test/unit/decision/operator-move.test.ts'],
  },
  // — the pair, carried out ———————————————————————————————————————————————————————————————————————
  {
    name: 'acts before the other master has the record',
    why: 'the other one takes over, and does not know what was commanded',
    path: 'src/actors/replicated-journal.ts',
    find: 'this.waiting[0].index <= this.committed())',
    replace: 'this.waiting[0].index <= this.parts.journal.lastIndex())',
    tests: ['test/simulation/takeover.test.ts'],
  },
  {
    name: 'the barrier is skipped',
    why: 'a move begins while a command of the former leader is still on its way to another board of it',
    path: 'src/actors/takeover-barrier.ts',
    find: 'return isOldGone ||',
    replace: 'return now > 0 || isOldGone ||',
    tests: ['test/unit/actors/master-pair.test.ts'],
  },
  {
    name: 'an epoch is asked for before it is on the disk',
    why: 'two lives of one master lead in the same epoch',
    path: 'src/actors/durable-asks.ts',
    find: 'if (ask.epoch <= this.keptEpoch) {',
    replace: 'if (ask.epoch > 0) {',
    tests: ['test/unit/actors/master-pair.test.ts'],
  },
  {
    name: 'the exit of a former life releases the lease of this one',
    why: 'a late notice deposes a master that is well',
    path: 'src/actors/peer-watch.ts',
    find: 'if (life !== this.life) return null',
    replace: 'if (life < 0) return null',
    tests: ['test/unit/actors/peer-watch.test.ts'],
  },
  {
    name: 'a master that lost its memory leads',
    why: 'a journal that was put back from a copy gives the same numbers to other moves',
    path: 'src/actors/obeyed-orders.ts',
    find: 'return this.highest(since) > lastIndex',
    replace: 'return this.highest(since) > lastIndex + 1_000_000',
    tests: ['test/simulation/takeover.test.ts'],
  },
  {
    name: 'a new leader believes what it heard as a standby',
    why: 'a blade that has moved comes back on its former list',
    path: 'src/actors/group-lists.ts',
    find: '(picture.heardAt(blade) ?? -1) >= since)',
    replace: '(picture.heardAt(blade) ?? -1) >= 0)',
  },
  {
    name: 'a new leader lists who is on the way out',
    why: 'a blade without networks gets requests',
    path: 'src/actors/adopted-members.ts',
    find: "if (index > steps.indexOf('unjoin')) return null",
    replace: 'if (index > steps.length) return null',
    tests: ['test/unit/actors/adopted-members.test.ts'],
  },
  {
    name: 'a list of voters takes effect before both majorities keep it',
    why: 'two masters count majorities of two lists that share no board',
    path: 'src/pair/voters.ts',
    find: 'return { version: versionAfter(voters, epoch), members: [...members], former: voters.members }',
    replace: 'return { version: versionAfter(voters, epoch), members: [...members], former: null }',
    tests: ['test/unit/pair/voters.test.ts'],
  },
  // — the balancer's gate —————————————————————————————————————————————————————————————————————————
  {
    name: 'the balancer takes older lists',
    why: 'a late message of a former leader brings back a blade that has left',
    path: 'src/actors/member-list-fence.ts',
    find: 'const order = newest ? compareVersions(list.version, newest.list.version) : 1',
    replace: 'const order = newest ? Math.abs(compareVersions(list.version, newest.list.version)) : 1',
    tests: ['test/unit/actors/balancer-gate.test.ts'],
  },
  {
    name: 'the balancer forgets its lists when it starts again',
    why: 'nobody is served until a master sends them, and any old list passes',
    path: 'src/actors/member-list-fence.ts',
    find: 'for (const list of lists) {\n      const lane',
    replace: 'for (const list of lists.slice(lists.length)) {\n      const lane',
    tests: ['test/unit/actors/balancer-gate.test.ts'],
  },
  // — journal —————————————————————————————————————————————————————————————————————————————————————
  {
    name: 'damage in the middle of a journal is passed over',
    why: 'a master leads without moves that it had promised',
    path: 'src/store/journal-segment.ts',
    find: "if (end === 'corrupt' || validBytes < firstBytes)",
    replace: 'if (validBytes < firstBytes)',
    tests: ['test/unit/store/journal.test.ts', 'test/unit/store/journal-model.test.ts'],
  },
  {
    name: 'a segment that is missing is not missed',
    why: 'a journal begins in the middle and says that this is all',
    path: 'src/store/read-journal.ts',
    find: 'return wholeBytes === validBytes',
    replace: 'return wholeBytes !== validBytes || wholeBytes === validBytes',
    tests: ['test/unit/store/journal.test.ts', 'test/unit/store/journal-model.test.ts'],
  },
  {
    name: 'a folded journal forgets which blades are cordoned',
    why: 'a blade that an operator took out comes back by itself after a week',
    path: 'src/actors/site-memory.ts',
    find: "...[...memory.cordoned].map(marks('cordon')),",
    replace: '',
    tests: ['test/unit/actors/site-memory.test.ts'],
  },
]
