import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StorageSwitch } from '../../src/ports/storage-switch.ts'
import type { GroupId } from '../../src/protocol/ids.ts'
import { codeOf, type HardwareBench, type MakeBench, okOf, scrubbed } from './hardware-bench.ts'

/** The bench has volumes `content` and `media` of shop/web, and `content` of news/web. */
export function storageSwitchContract(name: string, make: MakeBench): void {
  describe(`${name} keeps the contract of a storage switch`, () => {
    let bench: HardwareBench
    beforeEach(async () => {
      bench = await make()
    })
    afterEach(() => bench.close())

    const attach = (group: GroupId, volumes: readonly string[]) =>
      bench.ask<void>((answer) => bench.storageSwitch().attach(bench.blade, group, volumes, answer))
    const detach = () => bench.ask<void>((answer) => bench.storageSwitch().detach(bench.blade, answer))
    const read = () =>
      okOf(bench.ask((answer: Parameters<StorageSwitch['read']>[1]) => bench.storageSwitch().read(bench.blade, answer)))

    test('R06: a blade holds nothing, then its group’s volumes, then nothing', async () => {
      expect(await read()).toEqual({ group: null, volumes: [] })
      await okOf(attach('shop/web', ['content', 'media']))
      expect(await read()).toEqual({ group: 'shop/web', volumes: ['content', 'media'] })
      await okOf(detach())
      expect(await read()).toEqual({ group: null, volumes: [] })
    })

    test('attaching sets which volumes there are: repeated it changes nothing, with fewer it detaches the rest', async () => {
      await okOf(attach('shop/web', ['content', 'media']))
      await okOf(attach('shop/web', ['content', 'media']))
      await okOf(attach('shop/web', ['media']))
      expect(await read()).toEqual({ group: 'shop/web', volumes: ['media'] })
      await okOf(detach())
      await okOf(detach())
    })

    test('R01: while it holds one group’s volumes it gets no other group’s', async () => {
      await okOf(attach('shop/web', ['content']))
      expect(await codeOf(attach('news/web', ['content']))).toBe('VOLUME_TAKEN')
      expect(await read()).toEqual({ group: 'shop/web', volumes: ['content'] })
      await okOf(detach())
      await okOf(attach('news/web', ['content']))
      expect(await read()).toEqual({ group: 'news/web', volumes: ['content'] })
    })

    test('a volume that the group does not have is refused and nothing is attached', async () => {
      expect(await codeOf(attach('news/web', ['content', 'media']))).toBe('VOLUME_UNKNOWN')
      expect(await codeOf(attach('shop/web', ['../../news/web/content']))).toBe('VOLUME_UNKNOWN')
      expect(await read()).toEqual({ group: null, volumes: [] })
    })

    test('what is attached stays so when the agent is lost', async () => {
      await okOf(attach('shop/web', ['content']))
      bench.loseAgent()
      expect(await read()).toEqual({ group: 'shop/web', volumes: ['content'] })
      expect(await codeOf(attach('news/web', ['content']))).toBe('VOLUME_TAKEN')
    })

    test('R08: a scrub leaves no volume behind', async () => {
      await okOf(attach('shop/web', ['content']))
      await scrubbed(bench)
      expect(await read()).toEqual({ group: null, volumes: [] })
      expect(await codeOf(attach('news/web', ['content']))).toBe('ok')
    })
  })
}
