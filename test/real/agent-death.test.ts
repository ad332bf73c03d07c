// Promise 1 below the agent: whatever line the agent dies on, the board found afterwards tells the truth about its blade.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { processesAt } from '../../src/drivers/process/blade-process.ts'
import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import type { HostBoard } from '../../src/ports/host-board.ts'
import { bootShop, codeOf, okOf, reading, scrubbed } from '../contract/hardware-bench.ts'
import { makeFarmDirectory, makeProcessBench } from '../contract/process-bench.ts'

describe('an agent killed with SIGKILL at any moment', () => {
  let farm = ''
  beforeEach(() => {
    farm = makeFarmDirectory()
  })
  afterEach(() => rmSync(farm, { recursive: true, force: true }))

  async function killAfter(ms: number): Promise<void> {
    const agent = spawn(process.execPath, [join(import.meta.dirname, 'short-lived-agent.ts'), farm], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(agent.stdout, 'data')
    await new Promise((resolve) => setTimeout(resolve, ms))
    agent.kill('SIGKILL')
    await once(agent, 'exit')
  }

  test('R03, R46: the next one adopts what runs, never doubles it, and can scrub it with a receipt', async () => {
    const random = createSeededRandom('agent death')
    let adopted = 0
    for (let i = 0; i < 20; i += 1) {
      await killAfter(random.next() * 260)
      const bench = await makeProcessBench({ farm })
      const running = processesAt(bench.place)
      expect(running.length).toBeLessThanOrEqual(1)
      const now = await reading(bench)
      expect(now.pid).toBe(running[0]?.pid ?? null)
      // Whoever runs is known by its boot, so that its identity can be checked.
      if (running.length === 1) expect(now.bootId).not.toBeNull()
      adopted += running.length
      const storage = await bench.ask((answer: Parameters<ReturnType<typeof bench.storageSwitch>['read']>[1]) =>
        bench.storageSwitch().read(bench.blade, answer),
      )
      const held = await okOf(Promise.resolve(storage))
      expect(held.volumes.length === 0 || held.group === 'shop/web').toBe(true)
      if (held.volumes.includes('content')) expect(existsSync(join(bench.place.data, 'content/a.txt'))).toBe(true)
      await scrubbed(bench)
      const verified = bench.ask((answer: Parameters<HostBoard['verifyScrub']>[1]) =>
        bench.board().verifyScrub('unknown', answer),
      )
      expect(await codeOf(verified)).toBe('ok')
      bench.board().close()
    }
    // The moments were spread well enough to meet running blades and stopped ones.
    expect(adopted).toBeGreaterThan(2)
    expect(adopted).toBeLessThan(20)
  })

  test('a damaged record hides nothing: the blade is found, runs on, and is of unknown identity until it is off', async () => {
    const bench = await makeProcessBench({ farm })
    await bootShop(bench, 'boot-1')
    const { pid } = await reading(bench)
    writeFileSync(join(bench.place.directory, 'board.json'), '{"version": 1, "phase":')
    bench.loseAgent()
    expect(await reading(bench)).toMatchObject({ power: 'on', pid, bootId: null, pointers: null, lost: false })
    await scrubbed(bench)
    expect(processesAt(bench.place)).toEqual([])
    bench.board().close()
  })
})
