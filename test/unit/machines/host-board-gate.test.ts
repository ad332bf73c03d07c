// What a gate lets pass, tried against a blade that is as bad as blades are: operations that fail with and without effect, agents that
// die in the middle, a record that is gone. Whatever is commanded in whatever order, no group meets what another one left (promise 2).
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterRestart,
  type BoardFacts,
  type BoardMemory,
  factsAfter,
  freshMemory,
  type GateCommand,
  memoryAfter,
  memoryBefore,
  recordCountMax,
  recordOf,
  refusalOf,
} from '../../../src/machines/host-board-gate.ts'
import { type BoardOperation, type BoardResult, boardStep, commandKey } from '../../../src/protocol/board.ts'
import { attempted, blankBlade, commandOf, found, foundBlade, operationOf } from './gated-blade.ts'

const clean: BoardMemory = { ...freshMemory, formerGroup: null }
const off = found(blankBlade)
const shopPointers = { group: 'shop/web', role: 'front', image: 'web', imageDigest: 'sha256:0', healthPath: '/' }

function refused(
  operation: BoardOperation,
  { memory = clean, facts = off, isBusy = false, epoch = 3, index = 1, isRecent = true }: Partial<Situation> = {},
): string | undefined {
  const id = { move: 'mv-1', step: operation.step, attempt: 1 }
  const standing = { promised: 3, isGranted: epoch === 3, isRecent }
  return refusalOf({ memory, facts, isBusy }, { id, order: { epoch, index }, operation, standing })?.code
}

interface Situation {
  readonly memory: BoardMemory
  readonly facts: BoardFacts
  readonly isBusy: boolean
  readonly epoch: number
  readonly index: number
  readonly isRecent: boolean
}

describe('order and grant', () => {
  const powerOff = operationOf('powerOff')
  const memory = { ...clean, lastOrder: { epoch: 3, index: 7 } }

  test('R09, R42: a command of an older epoch, and one for which no lease of the board runs', () => {
    expect(refused(powerOff, { epoch: 2 })).toBe('EPOCH_STALE')
    expect(refused(powerOff, { epoch: 4 })).toBe('BOARD_NOT_GRANTED')
  })

  test('R42: an epoch below the one that it obeyed last, whatever it is said to have promised', () => {
    const obeyed = { ...clean, lastOrder: { epoch: 4, index: 1 } }
    expect(refused(powerOff, { memory: obeyed, index: 9 })).toBe('EPOCH_STALE')
  })

  test('R42: one that was on its way for too long', () =>
    expect(refused(powerOff, { isRecent: false })).toBe('COMMAND_TOO_OLD'))

  test('R42: one that was overtaken by a later one of its epoch', () => {
    expect([6, 7, 8].map((index) => refused(powerOff, { memory, index }))).toEqual([
      'EPOCH_STALE',
      'EPOCH_STALE',
      undefined,
    ])
  })

  test('a new epoch counts from its own beginning', () =>
    expect(refused(powerOff, { memory: { ...clean, lastOrder: { epoch: 2, index: 7 } }, index: 0 })).toBeUndefined())

  test('one at a time', () => expect(refused(powerOff, { isBusy: true })).toBe('BOARD_BUSY'))

  test('a command whose name is not what it does', () => {
    const id = { move: 'mv-1', step: 'probe', attempt: 1 } as const
    const standing = { promised: 3, isGranted: true, isRecent: true }
    const command = { id, order: { epoch: 3, index: 1 }, operation: powerOff, standing }
    expect(refusalOf({ memory: clean, facts: off, isBusy: false }, command)?.code).toBe('BOARD_STEP_REFUSED')
  })
})

describe('R08: whose traces may be on it', () => {
  const ofNews = { ...clean, formerGroup: 'news/web' }
  const bringing = ['setPointers', 'attachVolumes', 'connectNetwork'] as const

  test.each(bringing)('%s of another group is refused until there is a receipt', (step) => {
    const facts = { ...off, pointers: shopPointers }
    expect(refused(operationOf(step, 'shop/web'), { memory: ofNews, facts })).toBe('RECEIPT_MISSING')
    expect(refused(operationOf(step, 'shop/web'), { memory: freshMemory, facts })).toBe('RECEIPT_MISSING')
  })

  test("power for another group's pointers, found on the board, is refused too: it would boot that group's software", () => {
    const facts = { ...off, pointers: shopPointers }
    expect(refused(operationOf('powerOn'), { memory: ofNews, facts })).toBe('RECEIPT_MISSING')
    expect(refused(operationOf('powerOn'), { memory: freshMemory, facts })).toBe('RECEIPT_MISSING')
    expect(refused(operationOf('powerOn'), { facts })).toBeUndefined()
  })

  test('what is known to be there is written down before the act', () => {
    const setting = commandOf('setPointers', { epoch: 3, index: 1 }, 'shop/web')
    expect(memoryBefore(clean, setting, off).formerGroup).toBe('shop/web')
    const booting = commandOf('powerOn', { epoch: 3, index: 1 })
    expect(memoryBefore(clean, booting, { ...off, pointers: shopPointers }).formerGroup).toBe('shop/web')
  })

  test('only a verified scrub gives a receipt: one that comes with another step proves nothing', () => {
    const receipt = { id: 'r', blade: 'c01-s01', formerGroup: 'news/web', removed: [], digest: 'sha256:0', at: 0 }
    const kept = (step: 'verifyScrub' | 'scrub', result: BoardResult) =>
      memoryAfter(ofNews, commandOf(step, { epoch: 3, index: 1 }), result)
    expect(kept('verifyScrub', { outcome: 'done', receipt })).toMatchObject({ formerGroup: null, receipt })
    expect(kept('scrub', { outcome: 'done', receipt })).toMatchObject({ formerGroup: 'news/web', receipt: null })
    expect(kept('verifyScrub', { outcome: 'done' })).toMatchObject({ formerGroup: 'news/web', receipt: null })
    expect(kept('verifyScrub', { outcome: 'interrupted' })).toMatchObject({ formerGroup: 'news/web', receipt: null })
  })
})

describe('what the hardware must be like', () => {
  const cleaning = ['scrub', 'verifyScrub', 'setPointers'] as const

  test.each(cleaning)('%s: off, and on no network and no volume', (step) => {
    const operation = operationOf(step, 'shop/web')
    expect(refused(operation)).toBeUndefined()
    expect(refused(operation, { facts: { ...off, power: 'on' } })).toBe('BOARD_POWERED_ON')
    expect(refused(operation, { facts: { ...off, volumes: ['v'] } })).toBe('BOARD_STEP_REFUSED')
    expect(refused(operation, { facts: { ...off, networks: ['n'] } })).toBe('BOARD_STEP_REFUSED')
  })

  test('powerOn: pointers', () => expect(refused(operationOf('powerOn'))).toBe('BOARD_NO_POINTERS'))

  test('R06: attachVolumes: pointers of the same group', () => {
    expect(refused(operationOf('attachVolumes', 'shop/web'))).toBe('BOARD_STEP_REFUSED')
    const facts = { ...off, pointers: shopPointers }
    expect(refused(operationOf('attachVolumes', 'shop/web'), { facts })).toBeUndefined()
    expect(refused(operationOf('attachVolumes', 'news/web'), { facts })).toBe('BOARD_STEP_REFUSED')
  })

  test('R05: connectNetwork: a verified boot of the same group', () => {
    const identity = { group: 'shop/web', role: 'front', imageDigest: 'sha256:0', bootId: 'b' }
    const facts: BoardFacts = { ...off, pointers: shopPointers, power: 'on', bootId: 'b' }
    const connect = operationOf('connectNetwork', 'shop/web')
    expect(refused(connect, { facts })).toBe('BOARD_STEP_REFUSED')
    expect(refused(connect, { facts: { ...facts, identity } })).toBeUndefined()
    expect(refused(connect, { facts: { ...facts, identity, power: 'off' } })).toBe('BOARD_STEP_REFUSED')
    expect(refused(connect, { facts: { ...facts, identity: { ...identity, group: 'news/web' } } })).toBe(
      'BOARD_STEP_REFUSED',
    )
  })

  test('a new boot has proven nothing yet', () => {
    const identity = { group: 'shop/web', role: 'front', imageDigest: 'sha256:0', bootId: 'b' }
    const facts = { ...off, identity, lost: true }
    expect(factsAfter(facts, { outcome: 'done' }, operationOf('powerOn'))).toMatchObject({
      identity: null,
      lost: false,
    })
    expect(factsAfter(off, { outcome: 'done', identity }, operationOf('boot')).identity).toEqual(identity)
  })
})

test('a command that ran when the agent died was interrupted; what ended before stays as it ended', () => {
  const first = commandOf('powerOff', { epoch: 3, index: 1 }, null, 1)
  const second = commandOf('scrub', { epoch: 3, index: 2 }, null, 2)
  const ended = memoryAfter(memoryBefore(clean, first, off), first, { outcome: 'done' })
  const restarted = afterRestart(memoryBefore(ended, second, off))
  expect(recordOf(restarted, commandKey(first.id))?.result).toEqual({ outcome: 'done' })
  expect(recordOf(restarted, commandKey(second.id))?.result).toEqual({ outcome: 'interrupted' })
  expect(afterRestart(restarted)).toEqual(restarted)
})

test('records are bounded: the newest are kept', () => {
  let memory = clean
  for (let index = 1; index <= recordCountMax + 5; index += 1)
    memory = memoryBefore(memory, commandOf('powerOff', { epoch: 3, index }, null, index), off)
  expect(memory.records).toHaveLength(recordCountMax)
  expect(memory.records.at(-1)?.key).toBe(`mv-${recordCountMax + 5}/powerOff/1`)
  expect(memory.records[0]?.key).toBe('mv-6/powerOff/1')
})

// — any order of anything ————————————————————————————————————————————————————————————————————————

const group = fc.constantFrom('shop/web', 'news/web')
const drawnCommand = fc.record({
  step: fc.oneof(
    // The way of a whole move is long: it is walked often enough when each next step is likely.
    { weight: 4, arbitrary: fc.constant('next' as const) },
    // What brings a group in or proves that none is there, out of turn.
    { weight: 5, arbitrary: fc.constantFrom('setPointers', 'verifyScrub', 'powerOn', 'powerOff', 'attachVolumes') },
    { weight: 1, arbitrary: fc.constantFrom(...boardStep.options) },
  ),
  group,
  isNext: fc.constantFrom(true, true, true, true, true, true, true, false),
  epochs: fc.integer({ min: -1, max: 1 }),
  indexes: fc.integer({ min: -2, max: 2 }),
  fate: fc.constantFrom(
    'done',
    'done',
    'done',
    'done',
    'done',
    'done',
    'failed',
    'failedAfterEffect',
    'agentDiesBefore',
    'agentDiesAfter',
  ),
})
const drawn = fc.oneof(
  {
    weight: 30,
    arbitrary: drawnCommand.map((command) => ({ type: 'command' as const, ...command })),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'newMaster' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'recordIsGone' as const }) },
)
const way = [
  ...(['disconnect', 'powerOff', 'scrub', 'verifyScrub', 'setPointers', 'attachVolumes', 'powerOn'] as const),
  ...(['boot', 'verifyIdentity', 'connectNetwork', 'probe'] as const),
]

test('R01 R08 R42: whatever is commanded, no group meets what another one left, and no old command is taken', () => {
  const seen = { taken: 0, connected: 0, receipts: 0, refusedForTraces: 0 }
  fc.assert(
    fc.property(fc.array(drawn, { maxLength: 120, size: 'max' }), (draws) => {
      let blade = foundBlade
      let memory = freshMemory
      let promised = 1
      let order = { epoch: 0, index: 0 }
      let number = 0
      let wayIndex = 0
      for (const draw of draws) {
        if (draw.type === 'newMaster') {
          promised += 1
          continue
        }
        if (draw.type === 'recordIsGone') {
          memory = { ...freshMemory, lastOrder: memory.lastOrder }
          continue
        }
        const step = draw.step === 'next' ? (way[wayIndex % way.length] ?? 'probe') : draw.step
        number += 1
        const next = { epoch: promised, index: nextIndex(memory, promised) }
        const stray = { epoch: next.epoch + draw.epochs, index: Math.max(0, memory.lastOrder.index + draw.indexes) }
        const drawnCommand = commandOf(step, draw.isNext ? next : stray, draw.group, number)
        const isGranted = drawnCommand.order.epoch === promised
        const command = { ...drawnCommand, standing: { promised, isGranted, isRecent: true } }
        const facts = found(blade)
        const refusal = refusalOf({ memory, facts, isBusy: false }, command)
        if (refusal?.code === 'RECEIPT_MISSING') seen.refusedForTraces += 1
        if (draw.step === 'next') wayIndex = refusal?.code === 'RECEIPT_MISSING' ? 0 : wayIndex + 1
        if (refusal !== undefined) continue
        expect(isAfter(command.order, order) && command.order.epoch === promised).toBe(true)
        order = command.order
        memory = memoryBefore(memory, command, facts)
        const { blade: after, result } = attempted(blade, command.operation, draw.fate)
        expect(after.met).toEqual([])
        seen.taken += 1
        if (after.network !== null && result?.outcome === 'done') seen.connected += 1
        if (result?.outcome === 'done' && result.receipt !== undefined) seen.receipts += 1
        blade = after
        memory = result === null ? afterRestart(memory) : memoryAfter(memory, command, result)
        expect(recordOf(memory, commandKey(command.id))?.result).toEqual(result ?? { outcome: 'interrupted' })
        expect(memory.records.length).toBeLessThanOrEqual(recordCountMax)
        expect(memory.records.every((record) => record.result.outcome !== 'running')).toBe(true)
      }
    }),
    { seed: 20_261_123, numRuns: 300 },
  )
  // The walk must get everywhere, or it proves little.
  for (const [what, count] of Object.entries(seen)) expect([what, count > 100]).toEqual([what, true])
})

function nextIndex({ lastOrder }: BoardMemory, promised: number): number {
  return promised === lastOrder.epoch ? lastOrder.index + 1 : 0
}

function isAfter(a: GateCommand['order'], b: GateCommand['order']): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.index > b.index)
}
