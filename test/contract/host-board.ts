import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HostBoard } from '../../src/ports/host-board.ts'
import { receipt } from '../../src/protocol/board.ts'
import {
  bootShop,
  codeOf,
  type HardwareBench,
  identityOf,
  type MakeBench,
  okOf,
  reading,
  scrubbed,
} from './hardware-bench.ts'

export function hostBoardContract(name: string, make: MakeBench): void {
  describe(`${name} keeps the contract of a host board`, () => {
    let bench: HardwareBench
    beforeEach(async () => {
      bench = await make()
    })
    afterEach(() => bench.close())

    const setPointers = (pointers: Parameters<HostBoard['setPointers']>[0]) =>
      bench.ask<void>((answer) => bench.board().setPointers(pointers, answer))
    const powerOn = (bootId: string) => bench.ask<void>((answer) => bench.board().powerOn(bootId, answer))
    const powerOff = () => bench.ask<void>((answer) => bench.board().powerOff(answer))
    const scrub = () => bench.ask((answer: Parameters<HostBoard['scrub']>[0]) => bench.board().scrub(answer))
    const verifyScrub = () =>
      bench.ask((answer: Parameters<HostBoard['verifyScrub']>[1]) => bench.board().verifyScrub('shop/web', answer))

    test('a blade that never ran is off, without pointers, and not lost', async () => {
      const first = await reading(bench)
      expect(first).toEqual({
        power: 'off',
        pid: null,
        pointers: null,
        bootId: null,
        cpuRatio: 0,
        memoryBytes: 0,
        lost: false,
      })
    })

    test('R04: the blade that boots is the one its pointers name, under the boot id given', async () => {
      const identity = await bootShop(bench, 'boot-1')
      expect(identity).toEqual({
        group: 'shop/web',
        role: 'front',
        imageDigest: bench.shopPointers.imageDigest,
        bootId: 'boot-1',
      })
      const now = await reading(bench)
      expect(now).toMatchObject({ power: 'on', bootId: 'boot-1', pointers: bench.shopPointers, lost: false })
      expect(now.pid).toBeGreaterThan(0)
      expect(now.memoryBytes).toBeGreaterThan(0)
    })

    test('pointers to an unknown image or to another digest are refused and the old ones stay', async () => {
      await okOf(setPointers(bench.shopPointers))
      const strange = { ...bench.shopPointers, image: 'nobody-has-this' }
      const changed = { ...bench.shopPointers, imageDigest: `sha256:${'0'.repeat(64)}` }
      expect(await codeOf(setPointers(strange))).toBe('IMAGE_UNKNOWN')
      expect(await codeOf(setPointers(changed))).toBe('IMAGE_DIGEST_MISMATCH')
      expect((await reading(bench)).pointers).toEqual(bench.shopPointers)
    })

    test('without pointers there is no power', async () => {
      expect(await codeOf(powerOn('boot-1'))).toBe('BOARD_NO_POINTERS')
      expect((await reading(bench)).power).toBe('off')
    })

    test('power on twice is one boot; another boot id needs a power off first', async () => {
      await bootShop(bench, 'boot-1')
      const { pid } = await reading(bench)
      expect(await codeOf(powerOn('boot-1'))).toBe('ok')
      expect(await codeOf(powerOn('boot-2'))).toBe('BOARD_POWERED_ON')
      expect(await reading(bench)).toMatchObject({ pid, bootId: 'boot-1' })
    })

    test('power off ends the blade, may be repeated, and is no loss', async () => {
      let losses = 0
      bench.board().onLost(() => {
        losses += 1
      })
      await bootShop(bench, 'boot-1')
      await okOf(powerOff())
      await okOf(powerOff())
      await bench.pass(250)
      expect(await reading(bench)).toMatchObject({ power: 'off', pid: null, bootId: null, lost: false })
      expect(losses).toBe(0)
      expect(await codeOf(bench.ask((answer) => bench.board().readIdentity(answer)))).toBe('BLADE_UNREACHABLE')
    })

    test('what is asked one after the other happens one after the other', async () => {
      await okOf(setPointers(bench.shopPointers))
      const [on, off, again] = await Promise.all([powerOn('boot-1'), powerOff(), powerOn('boot-2')])
      expect([on.ok, off.ok, again.ok]).toEqual([true, true, true])
      expect(await identityOf(bench)).toMatchObject({ bootId: 'boot-2' })
    })

    test('R25: a blade that dies by itself is lost within 200 ms, told once', async () => {
      let losses = 0
      await bootShop(bench, 'boot-1')
      bench.board().onLost(() => {
        losses += 1
      })
      await bench.kill()
      await bench.pass(200)
      expect(losses).toBe(1)
      expect(await reading(bench)).toMatchObject({ power: 'off', lost: true, pointers: bench.shopPointers })
      expect(await codeOf(powerOn('boot-2'))).toBe('ok')
      expect((await reading(bench)).lost).toBe(false)
    })

    test('an image that never becomes healthy says so, and is on', async () => {
      await okOf(setPointers(bench.brokenPointers))
      await okOf(powerOn('boot-1'))
      let code = 'BLADE_UNREACHABLE'
      for (let i = 0; i < 100 && code === 'BLADE_UNREACHABLE'; i += 1) {
        code = await codeOf(bench.ask((answer) => bench.board().readIdentity(answer)))
        await bench.pass(30)
      }
      expect(code).toBe('BLADE_UNHEALTHY')
      expect((await reading(bench)).power).toBe('on')
    })

    test('R08: a blade is scrubbed only while it is off', async () => {
      await bootShop(bench, 'boot-1')
      expect(await codeOf(scrub())).toBe('BOARD_POWERED_ON')
      expect(await codeOf(verifyScrub())).toBe('BOARD_POWERED_ON')
    })

    test('R08: there is no receipt before the scrub, and one after it, naming what was removed', async () => {
      await okOf(
        bench.ask<void>((answer) => bench.storageSwitch().attach(bench.blade, 'shop/web', ['content'], answer)),
      )
      await bootShop(bench, 'boot-1')
      await okOf(powerOff())
      expect(await codeOf(verifyScrub())).toBe('SCRUB_INCOMPLETE')
      const { removed } = await scrubbed(bench)
      expect(removed.length).toBeGreaterThanOrEqual(3)
      const proof = await okOf(verifyScrub())
      expect(receipt.parse(proof)).toMatchObject({ blade: bench.blade, formerGroup: 'shop/web', removed })
      expect(await reading(bench)).toMatchObject({ power: 'off', pointers: null })
    })

    test('R08: a scrub may be repeated; a blade of unknown history can be verified too', async () => {
      await scrubbed(bench)
      expect(await codeOf(scrub())).toBe('ok')
      const proof = await okOf(
        bench.ask((answer: Parameters<HostBoard['verifyScrub']>[1]) => bench.board().verifyScrub('unknown', answer)),
      )
      expect(proof.formerGroup).toBe('unknown')
    })

    test('R46: an agent that comes back finds its blade running, adopts it and notices its end', async () => {
      await bootShop(bench, 'boot-1')
      const before = await reading(bench)
      bench.loseAgent()
      let losses = 0
      bench.board().onLost(() => {
        losses += 1
      })
      const after = await reading(bench)
      expect(after).toMatchObject({ power: 'on', pid: before.pid, bootId: 'boot-1', pointers: bench.shopPointers })
      expect(await identityOf(bench)).toMatchObject({ bootId: 'boot-1' })
      await bench.kill()
      await bench.pass(200)
      expect(losses).toBe(1)
    })

    test('a blade that died while its agent was away is lost for the next one', async () => {
      await bootShop(bench, 'boot-1')
      bench.board().close()
      await bench.kill()
      bench.loseAgent()
      expect(await reading(bench)).toMatchObject({ power: 'off', lost: true })
    })

    test('a closed board answers nobody any more, and the blade runs on', async () => {
      await bootShop(bench, 'boot-1')
      let answers = 0
      bench.board().powerOff(() => {
        answers += 1
      })
      bench.board().close()
      await bench.pass(60)
      expect(answers).toBe(0)
      bench.loseAgent()
      expect(await reading(bench)).toMatchObject({ power: 'on', bootId: 'boot-1' })
    })
  })
}
