import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Stamp } from '../../../src/actors/actor-system.ts'
import type { Ended } from '../../../src/actors/death-watch.ts'
import { createRig, type Rig } from './actor-rig.ts'
import { createTwoNodes, type TwoNodes } from './two-nodes.ts'

/** A cell that keeps what it hears of ends. */
function watcherCell(rig: Rig, id = 'watcher') {
  const heard: unknown[] = []
  const machine = setup({ types: { events: {} as Ended & Stamp } }).createMachine({
    on: { 'actor.ended': { actions: ({ event: { path, why, from } }) => heard.push({ path, why, from }) } },
  })
  return { heard, cell: rig.cell(id, { machine }) }
}

describe('here', () => {
  function watched() {
    const rig = createRig()
    const { heard, cell } = watcherCell(rig)
    const target = rig.cell('target', { restart: 'transient', intensity: { restartCountMax: 3, periodMs: 1 } })
    rig.start([cell, rig.supervisor('s', [target])])
    rig.settle()
    return { rig, heard }
  }

  test.each<[string, (rig: Rig) => void]>([
    ['done', (rig) => rig.system.tell('s/target', { type: 'finish' })],
    ['stopped', (rig) => rig.system.stopChild('s/target')],
    [
      'crashed',
      (rig) => {
        for (let i = 0; i < 4; i += 1) rig.crash('s/target')
      },
    ],
  ])('the end of a target that is %s is heard once, however often it is watched', (why, end) => {
    const { rig, heard } = watched()
    rig.system.watch('watcher', 's/target')
    rig.system.watch('watcher', 'bw://here/m1/s/target')
    end(rig)
    rig.settle()
    expect(heard).toEqual([{ path: 's/target', why, from: 'bw://here/m1/s/target#7' }])
    rig.system.stopChild('s/target')
    rig.settle()
    expect(heard).toHaveLength(1)
  })

  test('a restart is no end', () => {
    const { rig, heard } = watched()
    rig.system.watch('watcher', 's/target')
    rig.crash('s/target')
    rig.settle()
    expect(heard).toEqual([])
  })

  test.each(['nobody', 's', 'bw://here/m1/nobody', 'bw://here/m1/s/target#6', 'bw://here/leader/s/target'])(
    'there is no %s: that is heard at once',
    (target) => {
      const { rig, heard } = watched()
      rig.system.watch('watcher', target)
      rig.settle()
      expect(heard).toMatchObject([{ why: 'unknown' }])
    },
  )

  test('a watcher that crashed still hears of it', () => {
    const { rig } = watched()
    rig.system.spawn('', rig.cell('probe', { backoff: { firstMs: 50, maxMs: 50, jitterRatio: 0 } }))
    rig.system.watch('probe', 's/target')
    rig.crash('probe')
    rig.system.stopChild('s/target')
    rig.clock.advanceBy(50)
    expect(rig.seen('probe')).toEqual(['crash', 'actor.ended'])
  })

  test('nobody but the system is believed about an end', () => {
    const { rig, heard } = watched()
    rig.system.watch('watcher', 's/target')
    const lie = { type: 'actor.ended', path: 's/target', why: 'done' } as const
    rig.run('s/target', (effects) => effects.send('watcher', lie))
    expect(heard).toEqual([])
    expect(rig.system.deadLetters()).toMatchObject([{ type: 'actor.ended' }])
  })
})

describe('on another node', () => {
  const target = 'bw://here/a01/target'

  function watchedAfar(): { nodes: TwoNodes; heard: unknown[] } {
    const nodes = createTwoNodes()
    const { m1, a01 } = nodes
    const { heard, cell } = watcherCell(m1)
    m1.start([cell, m1.cell('other')])
    a01.start([a01.cell('target', { restart: 'temporary' })])
    nodes.connect()
    nodes.settle()
    return { nodes, heard }
  }

  test('an end there is heard here, once', () => {
    const { nodes, heard } = watchedAfar()
    for (let i = 0; i < 2; i += 1) nodes.m1.system.watch('watcher', target)
    nodes.settle()
    nodes.a01.crash('target')
    nodes.settle()
    expect(heard).toEqual([{ path: 'target', why: 'crashed', from: 'bw://here/a01/target' }])
    nodes.cut()
    nodes.settle()
    expect(heard).toHaveLength(1)
  })

  test.each([
    ['nobody of that name', 'bw://here/a01/nobody'],
    ['only a later life of it', 'bw://here/a01/target#2'],
  ])('there is %s: that is heard', (_what, unknown) => {
    const { nodes, heard } = watchedAfar()
    nodes.m1.system.watch('watcher', unknown)
    nodes.settle()
    expect(heard).toMatchObject([{ why: 'unknown' }])
  })

  test('the loss of the link is the end of every watch across it, also of one that is lost on its way', () => {
    const { nodes, heard } = watchedAfar()
    nodes.m1.system.watch('watcher', target)
    nodes.settle()
    nodes.lose('actor.watch')
    nodes.m1.system.watch('watcher', 'bw://here/a01/elsewhere')
    nodes.settle()
    nodes.cut()
    nodes.settle()
    expect(heard).toMatchObject([
      { path: 'target', why: 'link.lost' },
      { path: 'elsewhere', why: 'link.lost' },
    ])
  })

  test('without a link a watch ends at once', () => {
    const { nodes, heard } = watchedAfar()
    nodes.cut()
    nodes.m1.system.watch('watcher', target)
    nodes.settle()
    expect(heard).toMatchObject([{ why: 'link.lost' }])
  })

  test('a new life of the node ends the watches on the former one, though no loss was seen', () => {
    const { nodes, heard } = watchedAfar()
    nodes.m1.system.watch('watcher', target)
    nodes.settle()
    nodes.replaceAgent(4)
    nodes.settle()
    expect(heard).toMatchObject([{ path: 'target', why: 'link.lost' }])
  })

  test('an end that was overtaken by the loss of the link is not heard twice', () => {
    const { nodes, heard } = watchedAfar()
    nodes.m1.system.watch('watcher', target)
    nodes.settle()
    nodes.a01.system.stopChild('target')
    nodes.cut()
    nodes.settle()
    expect(heard).toMatchObject([{ why: 'link.lost' }])
    expect(nodes.m1.system.deadLetters()).toMatchObject([{ type: 'actor.ended' }])
  })

  test('a watcher that is gone is told to nobody: the other end forgets it', () => {
    const { nodes } = watchedAfar()
    nodes.m1.system.watch('watcher', target)
    nodes.settle()
    nodes.m1.system.stopChild('watcher')
    nodes.settle()
    nodes.a01.system.stopChild('target')
    nodes.settle()
    expect(nodes.sent.map(({ body }) => body.type)).toEqual(['actor.watch', 'actor.unwatch'])
  })

  test('a node can watch for itself only', () => {
    const { nodes, heard } = watchedAfar()
    const { m1, a01 } = nodes
    m1.run('other', (effects) => effects.send(target, { type: 'actor.watch', watcher: 'bw://here/a02/spy' }))
    nodes.settle()
    a01.system.stopChild('target')
    nodes.settle()
    expect(heard).toEqual([])
    expect(a01.system.deadLetters()).toMatchObject([{ type: 'actor.watch' }])
  })
})
