import { beforeEach, describe, expect, test } from 'vitest'
import type { HostBoard } from '../../../src/ports/host-board.ts'
import type { NetworkSwitch } from '../../../src/ports/network-switch.ts'
import { bootShop, codeOf, identityOf, okOf, reading } from '../../contract/hardware-bench.ts'
import { makeSimulatedBench, type SimulatedBench } from '../../contract/simulated-bench.ts'

describe('simulated hardware', () => {
  let bench: SimulatedBench
  beforeEach(async () => {
    bench = await makeSimulatedBench()
  })

  const on = (bootId: string) => bench.ask<void>((answer) => bench.board().powerOn(bootId, answer))
  const off = () => bench.ask<void>((answer) => bench.board().powerOff(answer))
  const scrub = () => bench.ask((answer: Parameters<HostBoard['scrub']>[0]) => bench.board().scrub(answer))
  const verify = () =>
    bench.ask((answer: Parameters<HostBoard['verifyScrub']>[1]) => bench.board().verifyScrub('shop/web', answer))
  const connect = () =>
    okOf(
      bench.ask((answer: Parameters<NetworkSwitch['connect']>[3]) =>
        bench.networkSwitch().connect(bench.blade, 'shop/web', ['front'], answer),
      ),
    )
  const submit = (address: string, count: number) => {
    const outcomes: string[] = []
    for (let i = 0; i < count; i += 1) bench.hardware.server.submit(address, (outcome) => outcomes.push(outcome))
    return outcomes
  }

  test('a blade serves 4 requests in 40 ms, queues 16, and refuses what comes on top at once', async () => {
    await bootShop(bench, 'boot-1')
    const { address } = await connect()
    const outcomes = submit(address, 25)
    bench.clock.advanceBy(0)
    expect(outcomes).toEqual(Array(5).fill('refused'))
    bench.clock.advanceBy(40)
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(4)
    bench.clock.advanceBy(160)
    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(20)
    expect(bench.hardware.server.identityAt(address)).toMatchObject({ bootId: 'boot-1' })
  })

  test('a killed blade fails what it has in hand; afterwards its address is nobody’s', async () => {
    await bootShop(bench, 'boot-1')
    const { address } = await connect()
    const outcomes = submit(address, 6)
    bench.hardware.kill(bench.blade)
    bench.clock.advanceBy(0)
    expect(outcomes).toEqual(Array(6).fill('failed'))
    const later = submit(address, 1)
    bench.clock.advanceBy(0)
    expect(later).toEqual(['unreachable'])
    expect(bench.hardware.server.identityAt(address)).toBeUndefined()
  })

  test('a board that lies about its power gets no receipt past the search from outside', async () => {
    await bootShop(bench, 'boot-1')
    bench.hardware.faults.liesAboutPower(bench.blade, true)
    await okOf(off())
    expect((await reading(bench)).power).toBe('off')
    expect(bench.hardware.contents(bench.blade)).toMatchObject({ power: 'on', memory: 'shop/web' })
    await okOf(scrub())
    expect(await codeOf(verify())).toBe('SCRUB_INCOMPLETE')
    bench.hardware.faults.liesAboutPower(bench.blade, false)
    expect((await reading(bench)).power).toBe('on')
  })

  test('a scrub that leaves data is found out', async () => {
    await okOf(bench.ask<void>((answer) => bench.storageSwitch().attach(bench.blade, 'shop/web', ['media'], answer)))
    bench.hardware.faults.scrubLeavesData(bench.blade, true)
    await okOf(scrub())
    expect(await verify()).toMatchObject({ ok: false, code: 'SCRUB_INCOMPLETE', detail: 'found data/media' })
    expect(bench.hardware.contents(bench.blade).groups).toEqual(['shop/web'])
  })

  test('a silent board changes nothing and answers nothing; a lost answer hides a change that happened', async () => {
    await okOf(bench.ask<void>((answer) => bench.board().setPointers(bench.shopPointers, answer)))
    let answers = 0
    const count = () => {
      answers += 1
    }
    bench.hardware.faults.silent(bench.blade, true)
    bench.board().powerOn('boot-1', count)
    bench.clock.advanceBy(1000)
    expect(bench.hardware.contents(bench.blade).power).toBe('off')
    bench.hardware.faults.silent(bench.blade, false)
    bench.hardware.faults.dropAnswers(bench.blade, true)
    bench.board().powerOn('boot-2', count)
    bench.clock.advanceBy(1000)
    expect(bench.hardware.contents(bench.blade)).toMatchObject({ power: 'on', bootId: 'boot-2' })
    expect(answers).toBe(0)
  })

  test('an agent lost before the effect leaves no effect, lost after it leaves no answer', async () => {
    await okOf(bench.ask<void>((answer) => bench.board().setPointers(bench.shopPointers, answer)))
    let answers = 0
    const count = () => {
      answers += 1
    }
    bench.board().powerOn('boot-1', count)
    bench.clock.advanceBy(5)
    bench.loseAgent()
    bench.clock.advanceBy(100)
    expect(bench.hardware.contents(bench.blade).power).toBe('off')
    bench.board().powerOn('boot-2', count)
    bench.clock.advanceBy(15)
    bench.loseAgent()
    bench.clock.advanceBy(100)
    expect(bench.hardware.contents(bench.blade).power).toBe('on')
    expect(answers).toBe(0)
    expect(await codeOf(on('boot-2'))).toBe('ok')
  })

  test('a slow board takes longer, a slow blade serves more slowly', async () => {
    await bootShop(bench, 'boot-1')
    const { address } = await connect()
    bench.hardware.faults.slowService(bench.blade, 10)
    const outcomes = submit(address, 1)
    bench.clock.advanceBy(399)
    expect(outcomes).toEqual([])
    bench.clock.advanceBy(1)
    expect(outcomes).toEqual(['ok'])
    bench.hardware.faults.slow(bench.blade, 50)
    const startedAt = bench.clock.monotonic()
    await reading(bench)
    expect(bench.clock.monotonic() - startedAt).toBe(200)
  })

  test('R62: the same seed gives the same boots and receipts', async () => {
    const run = async () => {
      const one = await makeSimulatedBench()
      await bootShop(one, 'boot-1')
      await identityOf(one)
      const bootedAt = one.clock.monotonic()
      await okOf(one.ask<void>((answer) => one.board().powerOff(answer)))
      await okOf(one.ask((answer: Parameters<HostBoard['scrub']>[0]) => one.board().scrub(answer)))
      const receipt = await okOf(
        one.ask((answer: Parameters<HostBoard['verifyScrub']>[1]) => one.board().verifyScrub('shop/web', answer)),
      )
      return { bootedAt, receipt }
    }
    expect(await run()).toEqual(await run())
  })
})
