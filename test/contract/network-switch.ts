import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { NetworkSwitch } from '../../src/ports/network-switch.ts'
import type { GroupId } from '../../src/protocol/ids.ts'
import { bootShop, codeOf, type HardwareBench, type MakeBench, okOf } from './hardware-bench.ts'

/** Every group of the bench has the networks `front` and `private`. */
export function networkSwitchContract(name: string, make: MakeBench): void {
  describe(`${name} keeps the contract of a network switch`, () => {
    let bench: HardwareBench
    beforeEach(async () => {
      bench = await make()
    })
    afterEach(() => bench.close())

    const connect = (group: GroupId, networks: readonly string[] = ['front', 'private']) =>
      bench.ask((answer: Parameters<NetworkSwitch['connect']>[3]) =>
        bench.networkSwitch().connect(bench.blade, group, networks, answer),
      )
    const disconnect = () => bench.ask<void>((answer) => bench.networkSwitch().disconnect(bench.blade, answer))
    const read = () =>
      okOf(bench.ask((answer: Parameters<NetworkSwitch['read']>[1]) => bench.networkSwitch().read(bench.blade, answer)))
    const nothing = { group: null, networks: [], address: null }

    test('R05: a running blade is put on its group’s networks with an address, and off them', async () => {
      await bootShop(bench, 'boot-1')
      expect(await read()).toEqual(nothing)
      const { address } = await okOf(connect('shop/web'))
      expect(address).toMatch(/^[a-z0-9.-]+:\d+$/)
      expect(await read()).toEqual({ group: 'shop/web', networks: ['front', 'private'], address })
      expect(await okOf(connect('shop/web'))).toEqual({ address })
      await okOf(disconnect())
      await okOf(disconnect())
      expect(await read()).toEqual(nothing)
    })

    test('R05: a blade is on one group’s networks at most', async () => {
      await bootShop(bench, 'boot-1')
      await okOf(connect('shop/web'))
      expect(await codeOf(connect('news/web'))).toBe('NETWORK_TAKEN')
      expect((await read()).group).toBe('shop/web')
    })

    test('a network that the group does not have is refused, and so is a blade that is off', async () => {
      expect(await codeOf(connect('shop/web'))).toBe('BLADE_UNREACHABLE')
      await bootShop(bench, 'boot-1')
      expect(await codeOf(connect('shop/web', ['front', 'backbone']))).toBe('NETWORK_UNKNOWN')
      expect(await read()).toEqual(nothing)
    })

    test('a lease ends with the boot it was given to', async () => {
      await bootShop(bench, 'boot-1')
      const { address } = await okOf(connect('shop/web'))
      await okOf(bench.ask<void>((answer) => bench.board().powerOff(answer)))
      expect((await read()).address).toBeNull()
      await okOf(bench.ask<void>((answer) => bench.board().powerOn('boot-2', answer)))
      const next = await okOf(connect('shop/web'))
      expect(next.address).not.toBe(address)
    })

    test('who is connected stays so when the agent is lost', async () => {
      await bootShop(bench, 'boot-1')
      const { address } = await okOf(connect('shop/web'))
      bench.loseAgent()
      expect(await read()).toEqual({ group: 'shop/web', networks: ['front', 'private'], address })
      expect(await codeOf(connect('news/web'))).toBe('NETWORK_TAKEN')
    })
  })
}
