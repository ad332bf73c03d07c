import { afterEach, describe, expect, test } from 'vitest'
import type { LoadBalancer } from '../../src/ports/load-balancer.ts'
import type { BladeId, GroupId } from '../../src/protocol/ids.ts'
import { countOf, quantileMs } from '../../src/protocol/latency-histogram.ts'
import type { Member } from '../../src/protocol/messages.ts'

export type ClientOutcome = 'ok' | 'refused' | 'failed'

export interface BladeShape {
  readonly serviceMs?: number
  /** Answers 503 to everything. */
  readonly busy?: boolean
  /** Takes over the address of a member that was killed. */
  readonly at?: Member
  readonly bootId?: string
}

/** A balancer for `shop/web` and `news/web`, 4 requests in flight a member at most, a check of a down one every 100 ms; and blades. */
export interface LoadBalancerUnderTest {
  readonly balancer: LoadBalancer
  boot(blade: BladeId, group: GroupId, shape?: BladeShape): Promise<Member>
  kill(member: Member): Promise<void>
  /** Requests that reached this boot, health checks apart. */
  served(member: Member): number
  request(group: GroupId, options?: { repeatable?: boolean }): Promise<ClientOutcome>
  pass(ms: number): Promise<void>
  stop(): Promise<void>
}

const shop = 'shop/web'

export function loadBalancerContract(name: string, make: () => Promise<LoadBalancerUnderTest>): void {
  describe(`the load balancer contract, ${name}`, () => {
    let rig: LoadBalancerUnderTest | undefined

    async function start(): Promise<LoadBalancerUnderTest> {
      rig = await make()
      return rig
    }

    afterEach(async () => {
      await rig?.stop()
      rig = undefined
    })

    test('what was applied is what is read', async () => {
      const { balancer, boot, ...rest } = await start()
      const members = [await boot('c01-s01', shop), await boot('c01-s02', shop)]
      await applied({ balancer, boot, ...rest }, members)
      expect(balancer.read(shop)).toEqual(members)
      expect(balancer.read('news/web')).toEqual([])
    })

    test('a group that it does not know is refused', async () => {
      const { balancer } = await start()
      const codes: string[] = []
      balancer.apply('nobody/web', [], (result) => codes.push(result.ok ? 'ok' : result.code))
      expect(codes).toEqual(['GROUP_UNKNOWN'])
    })

    test('R10: a group without members refuses at once and counts it', async () => {
      const under = await start()
      expect(await finish(under, [under.request(shop)])).toEqual(['refused'])
      expect(under.balancer.takeReport(shop)).toEqual({ arrived: 1, refused: 1, members: [] })
    })

    test('R10: a member has been checked when its list is answered, and is sent requests at once', async () => {
      const under = await start()
      const member = await under.boot('c01-s01', shop)
      await applied(under, [member])
      expect(await finish(under, [under.request(shop)])).toEqual(['ok'])
      expect(under.served(member)).toBe(1)
    })

    test('a list is answered although a member does not answer', async () => {
      const under = await start()
      const member = await under.boot('c01-s01', shop)
      await under.kill(member)
      await applied(under, [member])
      expect(under.balancer.read(shop)).toEqual([member])
      expect(await finish(under, [under.request(shop)])).toEqual(['refused'])
    })

    test('the member with the fewest requests in flight gets the next one', async () => {
      const under = await start()
      const slow = await under.boot('c01-s01', shop, { serviceMs: 400 })
      const fast = await under.boot('c01-s02', shop, { serviceMs: 1 })
      await applied(under, [slow, fast])
      const first = [under.request(shop), under.request(shop)]
      await until(under, () => under.served(fast) === 1 && under.balancer.inFlight(shop, fast.blade) === 0)
      const outcomes = []
      for (let i = 0; i < 4; i += 1) outcomes.push(...(await finish(under, [under.request(shop)])))
      expect(outcomes).toEqual(['ok', 'ok', 'ok', 'ok'])
      expect([under.served(slow), under.served(fast)]).toEqual([1, 5])
      expect(under.balancer.inFlight(shop, slow.blade)).toBe(1)
      expect(await finish(under, first)).toEqual(['ok', 'ok'])
    })

    test('members that are equal take turns', async () => {
      const under = await start()
      const members = [await under.boot('c01-s01', shop), await under.boot('c01-s02', shop)]
      await applied(under, members)
      for (let i = 0; i < 6; i += 1) await finish(under, [under.request(shop)])
      expect(members.map(under.served)).toEqual([3, 3])
    })

    test('R10: a draining member gets nothing new, finishes what it has, and is named once it is empty', async () => {
      const under = await start()
      const [leaving, staying] = [await under.boot('c01-s01', shop, slowly), await under.boot('c01-s02', shop, slowly)]
      await applied(under, [leaving, staying])
      const inFlight = [under.request(shop), under.request(shop)]
      await until(under, () => under.served(leaving) === 1)
      const drained = listen(under)
      await applied(under, [{ ...leaving, state: 'draining' }, staying])
      const later = [under.request(shop), under.request(shop)]
      expect(drained).toEqual([])
      expect(await finish(under, [...inFlight, ...later])).toEqual(['ok', 'ok', 'ok', 'ok'])
      expect([under.served(leaving), under.served(staying)]).toEqual([1, 3])
      expect(drained).toEqual(['shop/web c01-s01'])
    })

    test('a draining member without requests in flight is named at once', async () => {
      const under = await start()
      const member = await under.boot('c01-s01', shop)
      await applied(under, [member])
      const drained = listen(under)
      await applied(under, [{ ...member, state: 'draining' }])
      expect(drained).toEqual(['shop/web c01-s01'])
    })

    test('a member that need not drain after all gets requests again', async () => {
      const under = await start()
      const member = await under.boot('c01-s01', shop)
      await applied(under, [{ ...member, state: 'draining' }])
      expect(await finish(under, [under.request(shop)])).toEqual(['refused'])
      await applied(under, [member])
      expect(await finish(under, [under.request(shop)])).toEqual(['ok'])
    })

    test('a member that is no longer listed is cut off: what cannot be repeated fails, the rest goes elsewhere', async () => {
      const under = await start()
      const [removed, staying] = [await under.boot('c01-s01', shop, slowly), await under.boot('c01-s02', shop, slowly)]
      await applied(under, [removed])
      const inFlight = [under.request(shop), under.request(shop, { repeatable: false })]
      await until(under, () => under.served(removed) === 2)
      await applied(under, [removed, staying])
      await applied(under, [staying])
      expect(await finish(under, inFlight)).toEqual(['ok', 'failed'])
      expect(under.balancer.read(shop)).toEqual([staying])
      const { members } = under.balancer.takeReport(shop)
      expect(members.map(({ blade, completed, failed }) => [blade, completed, failed])).toEqual([
        ['c01-s02', 1, 0],
        ['c01-s01', 0, 1],
      ])
    })

    test('R01: a member whose software names another boot gets nothing', async () => {
      const under = await start()
      const member = await under.boot('c01-s01', shop)
      await applied(under, [{ ...member, bootId: 'boot-expected' }])
      expect(await finish(under, [under.request(shop)])).toEqual(['refused'])
      await under.pass(300)
      expect(await finish(under, [under.request(shop)])).toEqual(['refused'])
      expect(under.served(member)).toBe(0)
    })

    test("R01: a member whose software names another account's group gets nothing", async () => {
      const under = await start()
      const member = await under.boot('c01-s01', 'news/web')
      await applied(under, [member])
      expect(await finish(under, [under.request(shop)])).toEqual(['refused'])
      expect(under.served(member)).toBe(0)
    })

    test('R01: a stranger who takes over the address of a dead member gets nothing, from the first moment', async () => {
      const under = await start()
      const member = await under.boot('c01-s01', shop)
      await applied(under, [member])
      await finish(under, [under.request(shop)])
      await under.kill(member)
      const stranger = await under.boot('c01-s02', 'news/web', { at: member })
      expect(await finish(under, [under.request(shop), under.request(shop)])).not.toContain('ok')
      await under.pass(300)
      expect(await finish(under, [under.request(shop)])).toEqual(['refused'])
      expect(under.served(stranger)).toBe(0)
    })

    test('R45: a dead member costs no request that had not reached it, repeatable or not', async () => {
      const under = await start()
      const [dead, alive] = [await under.boot('c01-s01', shop), await under.boot('c01-s02', shop)]
      await applied(under, [dead, alive])
      await under.kill(dead)
      const outcomes = []
      for (let i = 0; i < 6; i += 1)
        outcomes.push(...(await finish(under, [under.request(shop, { repeatable: false })])))
      expect(new Set(outcomes)).toEqual(new Set(['ok']))
      expect(under.balancer.takeReport(shop).members.map(({ failed }) => failed)).toEqual([0, 0])
    })

    test('R45: of the requests in flight to a member that dies, the repeatable go elsewhere and the others fail', async () => {
      const under = await start()
      const [dying, alive] = [await under.boot('c01-s01', shop, slowly), await under.boot('c01-s02', shop)]
      await applied(under, [dying])
      const inFlight = [under.request(shop), under.request(shop, { repeatable: false }), under.request(shop)]
      await until(under, () => under.served(dying) === 3)
      await applied(under, [dying, alive])
      await under.kill(dying)
      expect(await finish(under, inFlight)).toEqual(['ok', 'failed', 'ok'])
      const { arrived, refused, members } = under.balancer.takeReport(shop)
      expect([arrived, refused, ...members.map(({ completed, failed }) => [completed, failed])]).toEqual([
        3,
        0,
        [0, 1],
        [2, 0],
      ])
    })

    test('a member that was down gets requests again when its boot answers again', async () => {
      const under = await start()
      const member = await under.boot('c01-s01', shop)
      await applied(under, [member])
      await under.kill(member)
      await finish(under, [under.request(shop)])
      // Several checks find it down.
      await under.pass(350)
      expect(await finish(under, [under.request(shop)])).toEqual(['refused'])
      const back = await under.boot('c01-s01', shop, { at: member, bootId: member.bootId })
      await under.pass(300)
      expect(await finish(under, [under.request(shop)])).toEqual(['ok'])
      expect(under.served(back)).toBe(1)
    })

    test('R10: a request that finds every member at its bound is refused', async () => {
      const under = await start()
      const member = await under.boot('c01-s01', shop, slowly)
      await applied(under, [member])
      const requests = Array.from({ length: 6 }, () => under.request(shop))
      const outcomes = await finish(under, requests)
      expect(outcomes.toSorted()).toEqual(['ok', 'ok', 'ok', 'ok', 'refused', 'refused'])
      expect(under.served(member)).toBe(4)
      expect(under.balancer.takeReport(shop)).toMatchObject({ arrived: 6, refused: 2 })
    })

    test("a member's own 503 is passed on and counted as its refusal", async () => {
      const under = await start()
      const member = await under.boot('c01-s01', shop, { busy: true })
      await applied(under, [member])
      expect(await finish(under, [under.request(shop)])).toEqual(['refused'])
      const report = under.balancer.takeReport(shop)
      expect(report).toMatchObject({
        arrived: 1,
        refused: 0,
        members: [{ blade: 'c01-s01', refused: 1, completed: 0 }],
      })
    })

    test('R20: a report counts what ended since the last one, with its latency', async () => {
      const under = await start()
      await applied(under, [await under.boot('c01-s01', shop, { serviceMs: 60 })])
      await finish(under, [under.request(shop), under.request(shop)])
      const [first] = under.balancer.takeReport(shop).members
      expect(first).toMatchObject({ blade: 'c01-s01', inFlight: 0, completed: 2, refused: 0, failed: 0 })
      expect(first && countOf(first.latency)).toBe(2)
      expect((first && quantileMs(first.latency, 0.5)) ?? 0).toBeGreaterThanOrEqual(55)
      const second = under.balancer.takeReport(shop)
      expect(second).toMatchObject({ arrived: 0, refused: 0, members: [{ completed: 0 }] })
    })
  })
}

const slowly: BladeShape = { serviceMs: 250 }

function listen(under: LoadBalancerUnderTest): readonly string[] {
  const drained: string[] = []
  under.balancer.onDrained((group, blade) => drained.push(`${group} ${blade}`))
  return drained
}

async function applied(under: LoadBalancerUnderTest, members: readonly Member[]): Promise<void> {
  let answered = false
  under.balancer.apply(shop, members, (result) => {
    answered = result.ok
  })
  await until(under, () => answered)
}

async function finish(under: LoadBalancerUnderTest, requests: readonly Promise<ClientOutcome>[]) {
  const outcomes: ClientOutcome[] = []
  let ended = 0
  requests.forEach(async (request, i) => {
    outcomes[i] = await request
    ended += 1
  })
  await until(under, () => ended === requests.length)
  return outcomes
}

async function until(under: LoadBalancerUnderTest, condition: () => boolean): Promise<void> {
  for (let passedMs = 0; !condition(); passedMs += 5) {
    if (passedMs > 5000) throw new Error('it did not happen within 5 s')
    await under.pass(5)
  }
}
