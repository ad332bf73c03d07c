// What only real processes can show: the sample images at work, and what a scrub and a volume really leave on the disk.
import { existsSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { processesAt } from '../../../../src/drivers/process/blade-process.ts'
import { bootShop, codeOf, okOf, reading, scrubbed } from '../../../contract/hardware-bench.ts'
import { makeProcessBench, type ProcessBench } from '../../../contract/process-bench.ts'

describe('a process blade', () => {
  let bench: ProcessBench
  beforeEach(async () => {
    bench = await makeProcessBench()
  })
  afterEach(() => bench.close())

  const url = () => `http://127.0.0.1:${bench.board().port()}/`
  const attach = (volumes: string[]) =>
    bench.ask<void>((answer) => bench.storageSwitch().attach(bench.blade, 'shop/web', volumes, answer))
  const verify = () =>
    bench.ask((answer: Parameters<ReturnType<typeof bench.board>['verifyScrub']>[1]) =>
      bench.board().verifyScrub('shop/web', answer),
    )

  test('R11: warm it serves without its account’s data, and with them once attached, without a reboot', async () => {
    await bootShop(bench, 'boot-1')
    expect(await (await fetch(url())).text()).toContain('Opening soon')
    await okOf(attach(['content']))
    const response = await fetch(url())
    expect(await response.text()).toContain('the words of shop/web/content/a.txt')
    expect(response.headers.get('x-boot-id')).toBe('boot-1')
  })

  test('R10: a blade whose slots and queue are full answers 503 at once, with Retry-After and no-store', async () => {
    await bootShop(bench, 'boot-1')
    const responses = await Promise.all(Array.from({ length: 30 }, () => fetch(url())))
    const statuses = responses.map((response) => response.status).sort()
    expect(statuses).toEqual([...Array(20).fill(200), ...Array(10).fill(503)])
    const busy = responses.find((response) => response.status === 503)
    expect(busy?.headers.get('retry-after')).toBe('1')
    expect(busy?.headers.get('cache-control')).toBe('no-store')
  })

  test('requests in hand finish when it is powered off', async () => {
    await bootShop(bench, 'boot-1')
    const requests = Array.from({ length: 12 }, async () => (await fetch(url())).status)
    const inHand = Promise.all(requests)
    // By the first answer all have arrived, and four are served at a time.
    await Promise.race(requests)
    await okOf(bench.ask<void>((answer) => bench.board().powerOff(answer)))
    expect(await inHand).toEqual(Array(12).fill(200))
  })

  test('its image is a copy: no byte is shared with the store, and nobody else may read it', async () => {
    await bootShop(bench, 'boot-1')
    const copy = statSync(join(bench.place.image, 'server.js'))
    expect(copy.nlink).toBe(1)
    expect(copy.mode & 0o007).toBe(0)
    expect(statSync(bench.place.root).mode & 0o007).toBe(0)
    expect(statSync(join(bench.place.directory, 'board.json')).mode & 0o077).toBe(0)
  })

  test('R08: the search from outside finds a forgotten log and a forgotten canary, each alone', async () => {
    await bootShop(bench, 'boot-1')
    await okOf(bench.ask<void>((answer) => bench.board().powerOff(answer)))
    const canary = readFileSync(join(bench.place.image, '.canary'), 'utf8')
    await scrubbed(bench)
    expect(await codeOf(verify())).toBe('ok')
    mkdirSync(bench.place.logs)
    expect(await codeOf(verify())).toBe('SCRUB_INCOMPLETE')
    await scrubbed(bench)
    const hidden = join(bench.place.directory, 'forgotten')
    writeFileSync(hidden, `remains ${canary}`)
    const result = await verify()
    expect(result).toMatchObject({ ok: false, detail: expect.stringContaining('forgotten') })
  })

  test('R08: a receipt is not given while a process of the blade still runs somewhere', async () => {
    await bootShop(bench, 'boot-1')
    const [running] = processesAt(bench.place)
    // The record says off, as after a crash between two machines: only looking can tell.
    bench.board().close()
    const record = JSON.parse(readFileSync(join(bench.place.directory, 'board.json'), 'utf8'))
    writeFileSync(join(bench.place.directory, 'board.json'), JSON.stringify({ ...record, phase: 'off', boot: null }))
    bench.loseAgent()
    expect((await reading(bench)).pid).toBe(running?.pid)
    expect(await codeOf(verify())).toBe('BOARD_POWERED_ON')
  })

  test('an image changed in the store after its pointers were set does not boot', async () => {
    const images = join(bench.farm, 'images')
    mkdirSync(join(images, 'late'), { recursive: true })
    writeFileSync(join(images, 'late/server.js'), 'process.exit(0)')
    const late = await makeProcessBench({ farm: bench.farm, images, blade: 'c01-s02', shopImage: 'late' })
    await okOf(late.ask<void>((answer) => late.board().setPointers(late.shopPointers, answer)))
    writeFileSync(join(images, 'late/server.js'), 'process.exit(1)')
    expect(await codeOf(late.ask<void>((answer) => late.board().powerOn('boot-1', answer)))).toBe(
      'IMAGE_DIGEST_MISMATCH',
    )
    expect((await reading(late)).power).toBe('off')
    await late.close()
  })

  test('an image that ends at once is lost, not running', async () => {
    const images = join(bench.farm, 'images')
    mkdirSync(join(images, 'brief'), { recursive: true })
    writeFileSync(join(images, 'brief/server.js'), 'process.exit(3)')
    const brief = await makeProcessBench({ farm: bench.farm, images, blade: 'c01-s02', shopImage: 'brief' })
    let losses = 0
    brief.board().onLost(() => {
      losses += 1
    })
    await okOf(brief.ask<void>((answer) => brief.board().setPointers(brief.shopPointers, answer)))
    await okOf(brief.ask<void>((answer) => brief.board().powerOn('boot-1', answer)))
    for (let i = 0; i < 50 && losses === 0; i += 1) await brief.pass(20)
    expect(losses).toBe(1)
    expect(await reading(brief)).toMatchObject({ power: 'off', lost: true })
    await brief.close()
  })

  test('R06: a volume appears whole; a hard link into another account’s files is copied as bytes, never as a link', async () => {
    linkSync(join(bench.farm, 'volumes/shop/web/content/a.txt'), join(bench.farm, 'volumes/shop/web/content/z.txt'))
    await okOf(attach(['content']))
    expect(statSync(join(bench.place.data, 'content/z.txt')).nlink).toBe(1)
    expect(existsSync(bench.place.staging)).toBe(false)
  })
})
