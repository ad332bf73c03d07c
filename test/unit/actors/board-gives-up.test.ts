import { expect, test } from 'vitest'
import { type BoardMemory, freshMemory } from '../../../src/machines/host-board-gate.ts'
import { createFaultFarm, type FaultFarm } from './fault-farm.ts'
import type { FaultPoint } from './fault-injector.ts'

const path = 'boards/c01-s01'

/** A blade is moved into one group, its gate crashes so often that its supervisor gives up, and it is moved into another group. */
function runWithCrashes(crashes: number) {
  const memories: unknown[] = []
  /** What the first move left. */
  const memoryOf = ({ systems }: FaultFarm) => {
    const { formerGroup, receipt, records }: BoardMemory = systems.a01.snapshot(path)?.context.memory ?? freshMemory
    return { formerGroup, receipt, records: records.filter(({ key }) => key.startsWith('mv-1/')) }
  }
  const crash = (running: FaultFarm) => {
    const { systems, clock } = running
    memories.push(memoryOf(running))
    for (let i = 0; i < crashes; i += 1) {
      // Effects belong to an event, and this is none: the machine throws.
      clock.setTimer(i, () => systems.a01.root(path)?.send({ type: 'board.poll' }))
    }
    // Its record is read again by then, and nothing is scrubbed yet.
    clock.setTimer(crashes + 20, () => memories.push(memoryOf(running)))
  }
  const farm = createFaultFarm({
    mode: 'waking',
    observe(running, _node, { kind, path: started }) {
      if (kind === 'started' && started === 'moves/mv-2') crash(running)
    },
  })
  farm.run()
  return { farm, memories }
}

test('R46: a gate that starts afresh knows what its journal says now, not what it said when the agent began', () => {
  const { farm, memories } = runWithCrashes(11)
  expect(farm.observations.filter((one) => one.kind === 'started' && one.path === path)).toHaveLength(2)
  expect(memories).toHaveLength(2)
  expect(memories[1]).toEqual(memories[0])
  expect(memories[0]).toMatchObject({ formerGroup: 'acme/web', records: { length: 11 } })
})

test('the move that is under way ends, and nothing of the former group is left', () => {
  const { farm } = runWithCrashes(11)
  expect(farm.contents()).toEqual(runWithCrashes(0).farm.contents())
  expect(farm.contents()).toMatchObject({ groups: ['acme/api'] })
  expect(farm.world.filter((line) => line.includes('"type":"move.ended"') && line.includes('"done"'))).toHaveLength(2)
})

test('a heartbeat that crashes twice is not the last one', () => {
  const readings = (fault?: FaultPoint) => {
    const farm = createFaultFarm({ mode: 'waking', ...(fault && { fault }) })
    farm.run()
    return { farm, count: farm.world.filter((line) => line.endsWith('call "reading"')).length }
  }
  const sound = readings()
  const events = sound.farm.observations.filter(({ kind }) => kind === 'event')
  const at = events.findIndex(({ event }) => event?.type === 'board.heartbeat.due')
  const { farm, count } = readings({ kind: 'event.before', at, times: 2 })
  expect(farm.injector.strikes).toBe(2)
  expect(count).toBeGreaterThanOrEqual(sound.count)
})
