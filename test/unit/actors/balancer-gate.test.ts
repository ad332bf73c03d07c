import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memberListFile } from '../../../src/actors/member-list-file.ts'
import { message } from '../../../src/protocol/messages.ts'
import { createGateRig, type GateRig, list, master } from './balancer-gate-rig.ts'

const shop = 'shop/web'

function startedRig(): GateRig {
  const rig = createGateRig()
  rig.clock.advanceBy(20)
  return rig
}

describe('what passes the gate', () => {
  test('a list is durable before it takes effect, and in effect before it is answered', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    const order: string[] = []
    while (!order.includes('answered')) {
      rig.clock.runNext()
      if (rig.files.size > 0 && !order.includes('durable')) order.push('durable')
      if (rig.effects.length > 0 && !order.includes('applied')) order.push('applied')
      if (rig.take('balancer.members.applied').length > 0) order.push('answered')
    }
    expect(order).toEqual(['durable', 'applied', 'answered'])
    expect(rig.balancer().read(shop)).toEqual(list(shop, 1, 1).members)
  })

  test('the answer goes to whoever asked, on the control lane', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    rig.clock.advanceBy(20)
    expect(rig.take('balancer.members.applied')).toEqual([
      {
        to: master,
        message: { type: 'balancer.members.applied', group: shop, version: { epoch: 1, index: 1 } },
        lane: 'control',
        key: undefined,
      },
    ])
  })

  test.each([
    ['a lower epoch', list(shop, 1, 99)],
    ['a lower index of the same epoch', list(shop, 2, 4)],
  ])('R42: %s is refused with the version in force, and changes nothing', (_what, older) => {
    const rig = startedRig()
    rig.set(list(shop, 2, 5))
    rig.clock.advanceBy(20)
    rig.set(older, 'bw://hall/m2/groups/shop/web#7')
    rig.clock.advanceBy(20)
    const [refused] = rig.take('balancer.members.refused')
    expect(refused?.to).toBe('bw://hall/m2/groups/shop/web#7')
    expect(refused?.message).toEqual({
      type: 'balancer.members.refused',
      group: shop,
      version: older.version,
      current: { epoch: 2, index: 5 },
    })
    expect(rig.effects).toEqual(['shop/web 2.5'])
  })

  test('R43: the same list again, also from a new master, is answered and has no second effect', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    rig.set(list(shop, 1, 1), 'bw://hall/m2/groups/shop/web#7')
    rig.clock.advanceBy(20)
    rig.set(list(shop, 1, 1))
    rig.clock.advanceBy(20)
    expect(rig.take('balancer.members.applied').map(({ to }) => to)).toEqual([
      master,
      'bw://hall/m2/groups/shop/web#7',
      master,
    ])
    expect(rig.effects).toEqual(['shop/web 1.1'])
  })

  test('another list under the version in force is no repeat: it is ignored and counted', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    rig.clock.advanceBy(20)
    rig.set(list(shop, 1, 1, { state: 'draining' }))
    rig.clock.advanceBy(20)
    expect(rig.take('balancer.members.applied')).toHaveLength(1)
    expect(rig.gate().counters()).toMatchObject({ applied: 1, ignored: 1 })
    expect(rig.balancer().read(shop)[0]?.state).toBe('ready')
  })

  test('of lists that arrive during a write only the newest is written; the asker of an overtaken one hears so', () => {
    const rig = startedRig()
    for (const index of [1, 2, 3]) rig.set(list(shop, 1, index))
    rig.clock.advanceBy(20)
    expect(rig.effects).toEqual(['shop/web 1.1', 'shop/web 1.3'])
    expect(rig.take('balancer.members.refused').map(({ message }) => message)).toMatchObject([
      { version: { index: 2 }, current: { index: 3 } },
    ])
    expect(rig.take('balancer.members.applied').map(({ message }) => message)).toMatchObject([
      { version: { index: 1 } },
      { version: { index: 3 } },
    ])
  })

  test('what is not for a balancer is ignored and counted', () => {
    const rig = startedRig()
    const twice = { ...list(shop, 1, 1), members: [...list(shop, 1, 1).members, ...list(shop, 1, 1).members] }
    rig.gate().received(master, { type: 'board.poll' })
    rig.set(list('stranger/web', 1, 1))
    rig.set(twice)
    rig.clock.advanceBy(20)
    expect(rig.gate().counters()).toEqual({ applied: 0, refused: 0, diskFailures: 0, ignored: 3 })
    expect(rig.files.size).toBe(0)
  })

  test('R45: with a full disk nobody is answered and the old list serves; a repeat passes once there is room', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    rig.clock.advanceBy(20)
    rig.take('balancer.members.applied')
    rig.disk.full = true
    rig.set(list(shop, 1, 2))
    rig.clock.advanceBy(20)
    expect([rig.effects, rig.take('balancer.members.applied')]).toEqual([['shop/web 1.1'], []])
    rig.disk.full = false
    rig.set(list(shop, 1, 2))
    rig.clock.advanceBy(20)
    expect(rig.take('balancer.members.applied')).toHaveLength(1)
    expect(rig.gate().counters().diskFailures).toBe(1)
  })
})

describe('a restart', () => {
  test('R46: serves the last lists from disk with no master, and then takes what came meanwhile', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    rig.set(list('news/web', 1, 2))
    rig.clock.advanceBy(20)
    rig.restart()
    rig.set(list(shop, 2, 1))
    rig.clock.advanceBy(3)
    expect(rig.effects.slice(2)).toEqual(['shop/web 1.1', 'news/web 1.2'])
    rig.clock.advanceBy(20)
    expect(rig.started()).toEqual({ ok: true, value: undefined })
    expect(rig.effects.at(-1)).toBe('shop/web 2.1')
  })

  test('R03: after a crash at any point the newest durable list is served, and nothing that was answered is lost', () => {
    const crashPoints = new Set<string>()
    for (let timers = 0; timers < 60; timers += 1) {
      const rig = startedRig()
      for (const index of [1, 2]) rig.set(list(shop, 1, index))
      for (let fired = 0; fired < timers; fired += 1) {
        rig.clock.runNext()
        if (fired === 4) rig.set(list(shop, 1, 3))
      }
      const answered = appliedIndexes(rig).at(-1) ?? 0
      const durable = durableIndex(rig)
      crashPoints.add(`durable ${durable}, answered ${answered}`)
      rig.crash()
      rig.effects.length = 0
      rig.restart()
      rig.clock.advanceBy(20)
      expect(durable).toBeGreaterThanOrEqual(answered)
      expect(rig.effects).toEqual(durable === 0 ? [] : [`shop/web 1.${durable}`])
      if (durable > 1) rig.set(list(shop, 1, durable - 1))
      rig.set(list(shop, 1, 3))
      rig.clock.advanceBy(20)
      expect(appliedIndexes(rig)).toEqual([3])
    }
    // The sweep did stop between each write and its answer.
    expect([...crashPoints]).toEqual(
      expect.arrayContaining([
        'durable 0, answered 0',
        'durable 1, answered 0',
        'durable 1, answered 1',
        'durable 2, answered 1',
        'durable 2, answered 2',
        'durable 3, answered 2',
        'durable 3, answered 3',
      ]),
    )
  })

  test('the fence of a group that is not configured for a while is kept', () => {
    const rig = startedRig()
    rig.set(list('news/web', 5, 1))
    rig.clock.advanceBy(20)
    rig.restart([shop])
    rig.clock.advanceBy(20)
    rig.set(list(shop, 1, 1))
    rig.clock.advanceBy(20)
    rig.restart()
    rig.clock.advanceBy(20)
    rig.set(list('news/web', 4, 9))
    expect(rig.take('balancer.members.refused')).toHaveLength(1)
  })

  test('R45: a file with any byte changed is refused instead of half believed', () => {
    const rig = startedRig()
    rig.set(list(shop, 7, 1))
    rig.clock.advanceBy(20)
    const good = rig.files.get(memberListFile) ?? new Uint8Array()
    fc.assert(
      fc.property(fc.nat(good.length - 2), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = good.slice()
        damaged[at] = (damaged[at] ?? 0) ^ change
        const other = createGateRig(new Map([[memberListFile, damaged]]))
        other.clock.advanceBy(20)
        expect(other.started()).toMatchObject({ ok: false, code: 'DISK_FAILED' })
        expect(other.effects).toEqual([])
      }),
      { seed: 20, numRuns: 100 },
    )
  })

  test('R42: versions in effect never go back, whatever is sent, lost or crashed', () => {
    const version = fc.record({ epoch: fc.integer({ min: 1, max: 4 }), index: fc.integer({ min: 1, max: 6 }) })
    const command = fc.oneof(
      { weight: 6, arbitrary: version.map((v) => ({ do: 'set' as const, ...v })) },
      { weight: 6, arbitrary: fc.integer({ min: 0, max: 6 }).map((ms) => ({ do: 'pass' as const, ms })) },
      { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
      { weight: 1, arbitrary: fc.boolean().map((full) => ({ do: 'fill' as const, full })) },
    )
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const rig = createGateRig()
        for (const step of commands) {
          if (step.do === 'set') rig.set(list(shop, step.epoch, step.index))
          else if (step.do === 'pass') rig.clock.advanceBy(step.ms)
          else if (step.do === 'crash') rig.restart()
          else rig.disk.full = step.full
        }
        const versions = rig.effects.map((effect) => Number(effect.split(' ')[1]))
        expect(versions).toEqual(versions.toSorted((a, b) => a - b))
      }),
      { seed: 42, numRuns: 400 },
    )
  })
})

describe('what the leader is told', () => {
  test('R46: whoever asks is told the list in force, also after a restart; of a group that has none, nothing', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    rig.clock.advanceBy(20)
    rig.restart()
    rig.clock.advanceBy(20)
    rig.poll(shop)
    rig.poll('news/web')
    expect(rig.take('balancer.list.said').map((said) => said.message)).toEqual([
      { type: 'balancer.list.said', list: list(shop, 1, 1) },
    ])
  })

  test('R20: a report a group and period on the status lane, as the protocol has it', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    rig.balancer().request('news/web', () => {})
    rig.clock.advanceBy(260)
    const reports = rig.take('balancer.report')
    expect(reports.map(({ to, lane, key }) => [to, lane, key])).toEqual([
      ['bw://hall/leader/groups/shop/web', 'status', 'shop/web'],
      ['bw://hall/leader/groups/news/web', 'status', 'news/web'],
    ])
    for (const report of reports) expect(message.parse(report.message)).toEqual(report.message)
    expect(reports.map((report) => report.message)).toMatchObject([
      { group: shop, arrived: 0, periodMs: 250, version: { epoch: 1, index: 1 }, members: [{ blade: 'c01-s01' }] },
      { group: 'news/web', arrived: 1, refused: 1, version: { epoch: 0, index: 0 }, members: [] },
    ])
  })

  test('R43: a drained member is named at once and again each period, until a newer list', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    rig.clock.advanceBy(20)
    rig.balancer().request(shop, () => {})
    rig.set({ ...list(shop, 1, 2, { state: 'draining', bootId: 'boot-1.1' }) })
    rig.clock.advanceBy(300)
    expect(rig.take('balancer.member.drained')).toEqual([])
    rig.clock.advanceBy(101)
    expect(rig.take('balancer.member.drained')).toEqual([
      {
        to: 'bw://hall/leader/groups/shop/web',
        message: { type: 'balancer.member.drained', group: shop, blade: 'c01-s01', version: { epoch: 1, index: 2 } },
        lane: 'control',
        key: undefined,
      },
    ])
    rig.clock.advanceBy(500)
    expect(rig.take('balancer.member.drained')).toHaveLength(2)
    rig.set({ ...list(shop, 1, 3), members: [] })
    rig.clock.advanceBy(500)
    expect(rig.take('balancer.member.drained')).toEqual([])
  })

  test('R43: a balancer that restarted names its drained members by itself', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 2, { state: 'draining', bootId: 'boot-1.1' }))
    rig.clock.advanceBy(20)
    rig.restart()
    rig.take('balancer.member.drained')
    rig.clock.advanceBy(300)
    expect(rig.take('balancer.member.drained')).toHaveLength(1)
  })

  test('a stopped gate says and does nothing more', () => {
    const rig = startedRig()
    rig.set(list(shop, 1, 1))
    rig.gate().stop()
    rig.clock.advanceBy(1000)
    expect([rig.sent, rig.effects]).toEqual([[], []])
  })
})

function appliedIndexes(rig: GateRig): number[] {
  return rig
    .take('balancer.members.applied')
    .map((sent) => (sent.message.type === 'balancer.members.applied' ? sent.message.version.index : 0))
}

function durableIndex(rig: GateRig): number {
  const json = new TextDecoder().decode(rig.files.get(memberListFile)).split('\n')[1]
  return json ? JSON.parse(json)[0].version.index : 0
}
