import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultBounds, type Mail, Mailbox } from '../../../src/actors/mailbox.ts'
import type { Lane } from '../../../src/protocol/envelope.ts'
import { createRig } from './actor-rig.ts'

const lanes: readonly Lane[] = ['control', 'normal', 'status', 'bulk']

function mail(type: string, from?: Mail['from']): Mail {
  return { event: { type }, from, cause: 0, timer: undefined, crashes: 0 }
}

function takeAll(mailbox: Mailbox): string[] {
  const taken: string[] = []
  for (let one = mailbox.take(); one; one = mailbox.take()) taken.push(one.event.type)
  return taken
}

describe('overflow', () => {
  test.each<Lane>(['control', 'normal', 'bulk'])('a full %s lane keeps the old and refuses the new', (lane) => {
    const mailbox = new Mailbox({ [lane]: 2 })
    expect(['one', 'two', 'three'].map((type) => mailbox.offer(lane, mail(type), undefined))).toEqual([
      true,
      true,
      false,
    ])
    expect(takeAll(mailbox)).toEqual(['one', 'two'])
    expect(mailbox.offer(lane, mail('four'), undefined)).toBe(true)
  })

  test('the status lane keeps the newest per sender and key, in the place of the first', () => {
    const mailbox = new Mailbox(undefined)
    mailbox.offer('status', mail('old', 'bw://here/a01/x'), 'load')
    mailbox.offer('status', mail('other key', 'bw://here/a01/x'), 'power')
    mailbox.offer('status', mail('other sender', 'bw://here/a02/x'), 'load')
    mailbox.offer('status', mail('new', 'bw://here/a01/x'), 'load')
    expect(mailbox.size).toBe(3)
    expect(takeAll(mailbox)).toEqual(['new', 'other key', 'other sender'])
  })

  test('without a key, status is kept per type', () => {
    const mailbox = new Mailbox(undefined)
    for (const type of ['a', 'b', 'a']) mailbox.offer('status', mail(type), undefined)
    expect(takeAll(mailbox)).toEqual(['a', 'b'])
  })

  test('a full status lane refuses new keys and still takes news of those that it has', () => {
    const mailbox = new Mailbox({ status: 2 })
    const offer = (type: string, key: string) => mailbox.offer('status', mail(type), key)
    expect([offer('a1', 'a'), offer('b1', 'b'), offer('c1', 'c'), offer('b2', 'b')]).toEqual([true, true, false, true])
    expect(takeAll(mailbox)).toEqual(['a1', 'b2'])
  })

  test.each(lanes)('the %s lane of a cell is bounded by default; what is too much is a dead letter', (lane) => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.settle()
    rig.system.suspend('a')
    for (let i = 0; i < defaultBounds[lane] + 3; i += 1) {
      rig.system.send('a', { type: 'board.poll' }, { lane, key: `k${i}` })
    }
    expect(rig.system.counters().deadLetters).toBe(3)
    expect(rig.system.deadLetters().at(-1)).toMatchObject({ to: 'a', type: 'board.poll', why: 'mailboxFull' })
    rig.system.resume('a')
    rig.clock.runUntilIdle(100)
    expect(rig.seen('a')).toHaveLength(defaultBounds[lane])
  })

  test('a flood from outside takes no room from what the system owes the cell', () => {
    const rig = createRig()
    rig.start([rig.cell('a', { mailboxBounds: { control: 2, normal: 2 } })])
    rig.run('a', (effects) => effects.setTimer('t', 10, { type: 'tick' }))
    rig.system.suspend('a')
    for (let i = 0; i < 10; i += 1) for (const lane of lanes) rig.system.send('a', { type: 'board.poll' }, { lane })
    rig.clock.advanceBy(10)
    rig.system.resume('a')
    rig.settle()
    expect(rig.seen('a')?.filter((type) => type === 'tick')).toHaveLength(1)
  })
})

describe('order', () => {
  test('control, then what the system owes, then normal, status, bulk', () => {
    const mailbox = new Mailbox(undefined)
    for (const lane of lanes.toReversed()) mailbox.offer(lane, mail(lane), undefined)
    mailbox.offerOwn(mail('own'))
    mailbox.putFirst(mail('crashed before'))
    expect(takeAll(mailbox)).toEqual(['crashed before', 'control', 'own', 'normal', 'status', 'bulk'])
  })

  test('under an endless flood of control every lane still has its turn', () => {
    const mailbox = new Mailbox(undefined)
    for (const lane of ['normal', 'status', 'bulk'] as const) mailbox.offer(lane, mail(lane), undefined)
    mailbox.offerOwn(mail('own'))
    const taken: string[] = []
    for (let i = 0; i < 40; i += 1) {
      mailbox.offer('control', mail('control'), undefined)
      taken.push(mailbox.take()?.event.type ?? '')
    }
    expect(taken.filter((type) => type !== 'control').toSorted()).toEqual(['bulk', 'normal', 'own', 'status'])
  })

  test('whatever comes in which order: each lane is first in, first out, and nothing is lost or doubled', () => {
    const lane = fc.constantFrom<Lane | 'own'>('control', 'normal', 'bulk', 'own')
    const step = fc.oneof(lane, fc.constant('take' as const))
    const property = fc.property(fc.array(step, { size: 'max', maxLength: 300 }), (steps) => {
      const mailbox = new Mailbox(undefined)
      const [offered, taken]: Record<string, string[]>[] = [{}, {}]
      const note = (log: Record<string, string[]> = {}, type = '') => {
        const key = type.split(' ')[0] ?? ''
        log[key] = [...(log[key] ?? []), type]
      }
      for (const [i, one] of steps.entries()) {
        if (one === 'take') {
          const { event } = mailbox.take() ?? {}
          if (event) note(taken, event.type)
        } else {
          note(offered, `${one} ${i}`)
          if (one === 'own') mailbox.offerOwn(mail(`${one} ${i}`))
          else mailbox.offer(one, mail(`${one} ${i}`), undefined)
        }
      }
      for (const type of takeAll(mailbox)) note(taken, type)
      expect(taken).toEqual(offered)
      expect(mailbox.size).toBe(0)
    })
    fc.assert(property, { seed: 41, numRuns: 100 })
  })
})
