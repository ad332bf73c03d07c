import { describe, expect, test } from 'vitest'
import type { Envelope } from '../../../src/protocol/envelope.ts'
import type { Message } from '../../../src/protocol/messages.ts'
import { createRig } from './actor-rig.ts'
import { createTwoNodes } from './two-nodes.ts'

const poll: Message = { type: 'board.poll' }

function envelopeTo(to: Envelope['to'], body: Message = poll): Envelope {
  return { from: 'bw://here/a01/x#3', to, lane: 'normal', body }
}

describe('links', () => {
  test('who listens hears of links that come and go, and at once of those that are there', () => {
    const rig = createRig()
    rig.start([rig.cell('early'), rig.cell('late'), rig.cell('deaf')])
    rig.system.subscribeLinks('early')
    rig.system.linkUp('a01', 3)
    rig.system.subscribeLinks('late')
    rig.system.linkLost('a01', 'cut')
    rig.settle()
    expect([rig.seen('early'), rig.seen('late'), rig.seen('deaf')]).toEqual([
      ['link.up', 'link.lost'],
      ['link.up', 'link.lost'],
      [],
    ])
  })

  test('one that comes back fresh with its supervisor still listens; one that is gone does not', () => {
    const rig = createRig()
    const strict = { intensity: { restartCountMax: 0, periodMs: 1 } }
    rig.start([rig.supervisor('s', [rig.cell('a'), rig.cell('t', { restart: 'temporary' })], strict)])
    for (const path of ['s/a', 's/t']) rig.system.subscribeLinks(path)
    rig.settle()
    rig.crash('s/a')
    rig.system.spawn('s', rig.cell('t'))
    rig.system.linkUp('a01', 3)
    rig.settle()
    expect([rig.seen('s/a'), rig.seen('s/t')]).toEqual([['link.up'], []])
  })

  test('what only the system may say of links is believed from nobody else', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.system.send('a', { type: 'link.lost', peer: 'a01', why: 'a lie' })
    rig.system.deliver(envelopeTo('bw://here/m1/a', { type: 'link.up', peer: 'a01', incarnation: 4 }))
    rig.settle()
    expect(rig.seen('a')).toEqual([])
    expect(rig.system.counters().deadLetters).toBe(2)
  })
})

describe('where a message goes', () => {
  test('the same send reaches a cell here and on another node', () => {
    const { m1, a01, settle } = createTwoNodes()
    m1.start([m1.cell('a'), m1.cell('sender')])
    a01.start([a01.cell('b')])
    m1.run('sender', (effects) => {
      for (const to of ['a', 'bw://here/m1/a', 'bw://here/m1/a#7', 'bw://here/a01/b', 'bw://here/a01/b#3'] as const) {
        effects.send(to, poll)
      }
    })
    settle()
    expect(m1.seen('a')).toHaveLength(3)
    expect(a01.seen('b')).toHaveLength(2)
  })

  test('lane and key travel, and so does the thread of causes', () => {
    const { m1, a01, sent, settle } = createTwoNodes()
    m1.start([m1.cell('sender')])
    a01.start([a01.cell('b')])
    m1.run('sender', (effects) => effects.send('bw://here/a01/b', poll, { lane: 'status', key: 'k' }))
    settle()
    const cause = `m1:${m1.observations.find(({ kind }) => kind === 'event')?.sequence}`
    expect(sent).toMatchObject([{ from: 'bw://here/m1/sender#7', lane: 'status', key: 'k', cause }])
    expect(a01.observations.find(({ kind }) => kind === 'event')).toMatchObject({ path: 'b', cause })
  })

  test('mail to a former life of this process is a dead letter', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    for (const to of ['bw://here/m1/a#6', 'bw://here/m1/a#8'] as const) rig.system.deliver(envelopeTo(to))
    rig.settle()
    expect(rig.seen('a')).toEqual([])
    expect(rig.system.deadLetters().map(({ why }) => why)).toEqual(['incarnation', 'incarnation'])
  })

  test('an address without a life means the present one', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.system.deliver(envelopeTo('bw://here/m1/a'))
    rig.settle()
    expect(rig.seen('a')).toEqual(['board.poll'])
  })

  test('`leader` is whoever leads when the message is sent, and nobody when nobody does', () => {
    let leads: string | undefined = 'm2'
    const routed: [string, string][] = []
    const rig = createRig({
      leader: () => leads,
      route(envelope, to) {
        routed.push([envelope.to, to])
        return 'accepted'
      },
    })
    rig.start([rig.cell('a')])
    const send = () => rig.system.send('bw://here/leader/a', poll)
    send()
    leads = 'm1'
    send()
    leads = undefined
    send()
    rig.settle()
    expect(routed).toEqual([['bw://here/m2/a', 'm2']])
    expect(rig.seen('a')).toEqual(['board.poll'])
    expect(rig.system.deadLetters()).toMatchObject([{ to: 'bw://here/leader/a', why: 'noRoute' }])
  })

  test('what comes for another node goes onwards to it', () => {
    const routed: Envelope[] = []
    const rig = createRig({
      route(envelope) {
        routed.push(envelope)
        return 'accepted'
      },
    })
    const envelope = envelopeTo('bw://here/a02/b#9')
    rig.system.deliver(envelope)
    expect(routed).toEqual([envelope])
  })
})

describe('dead letters', () => {
  test('each says to whom, what and why; none is an error for the sender', () => {
    const rig = createRig({
      route(_envelope, to) {
        if (to === 'a03') throw new Error('planted')
        return 'refused'
      },
    })
    rig.start([rig.cell('sender')])
    rig.run('sender', (effects) => {
      for (const to of ['nobody', 'bw://here/a02/b', 'bw://here/a03/b', 'bw://garbage'] as const) {
        effects.send(to, poll)
      }
      effects.tell('nobody', { type: 'told' })
    })
    expect(rig.system.deadLetters()).toEqual([
      { at: 1_000_000, to: 'nobody', type: 'board.poll', why: 'unknown' },
      { at: 1_000_000, to: 'bw://here/a02/b', type: 'board.poll', why: 'noRoute' },
      { at: 1_000_000, to: 'bw://here/a03/b', type: 'board.poll', why: 'noRoute' },
      { at: 1_000_000, to: 'bw://garbage', type: 'board.poll', why: 'unknown' },
      { at: 1_000_000, to: 'nobody', type: 'told', why: 'unknown' },
    ])
    expect(rig.seen('sender')).toEqual(['run'])
    expect(rig.system.counters()).toMatchObject({ crashes: 0, deadLetters: 5 })
  })

  test('all are counted, the last 256 kept, and a flood of them is one line a second that says how many', () => {
    const rig = createRig()
    for (let i = 0; i < 1000; i += 1) rig.system.tell('nobody', { type: `m${i}` })
    rig.clock.advanceBy(1000)
    rig.system.tell('nobody', { type: 'last' })
    const kept = rig.system.deadLetters()
    expect(rig.system.counters().deadLetters).toBe(1001)
    expect([kept.length, kept[0]?.type, kept.at(-1)?.type]).toEqual([256, 'm745', 'last'])
    expect(rig.lines.map(({ fields: { type, unloggedSince } }) => [type, unloggedSince])).toEqual([
      ['m0', 0],
      ['last', 999],
    ])
  })

  test('the mail of a cell that ends is not lost in silence', () => {
    const rig = createRig()
    rig.start([rig.cell('a')])
    rig.settle()
    for (const type of ['one', 'two']) rig.system.tell('a', { type })
    rig.system.stopChild('a')
    expect(rig.system.deadLetters().map(({ type, why }) => [type, why])).toEqual([
      ['one', 'stopped'],
      ['two', 'stopped'],
    ])
  })
})
