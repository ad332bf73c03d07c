import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AnyStateMachine } from 'xstate'
import { type GatewayModel, type GatewayModelEvent, gatewayModel } from '../../models/gateway-model.ts'
import { gatewayMachine } from '../../src/machines/gateway-machine.ts'
import { checkAgainstModel, type ModelCheck, stateName } from './drive.ts'
import { gatewayEvents, gatewayPlaces } from './gateway.events.ts'
import { gatewayMutants } from './gateway.mutants.ts'

const checks = gatewayPlaces.map(
  (place): ModelCheck<GatewayModel, GatewayModelEvent> => ({
    input: { cabinet: 'c01', ...place },
    model: gatewayModel(place),
    event: fc.constantFrom(...gatewayEvents),
    project: ({ value, context }, said) => ({
      state: stateName(value) as GatewayModel['state'],
      cabinetDown: context.down.includes('cabinet'),
      backboneDown: context.down.includes('backbone'),
      said: said.map(({ effect }) => effect),
    }),
  }),
)

function checkAll(machine: AnyStateMachine): void {
  for (const check of checks) checkAgainstModel(machine, check)
}

test('R49: the machine does what the model does, whatever comes', () => checkAll(gatewayMachine))

test.each(gatewayMutants)('R49: a planted bug is found: $name', ({ machine }) => {
  expect(() => checkAll(machine)).toThrow(/Property failed/)
})

describe('R44: two gateways of a cabinet', () => {
  /** What one says reaches the other, or not; what both do in the end. */
  const step = fc.record({
    side: fc.constantFrom('cabinet', 'backbone'),
    of: fc.constantFrom(0, 1),
    kind: fc.constantFrom('down', 'up', 'say', 'say', 'silent'),
  })

  test('whatever was lost, once each hears the other exactly one forwards, if any has both sides', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const models = [100, 101].map((number) => gatewayModel({ number, isPaired: true }))
        const states = models.map(({ initial }) => initial)
        const tell = (index: number, event: GatewayModelEvent) => {
          const [model, state] = [models[index], states[index]]
          if (model && state) states[index] = model.step(state, event)
        }
        const say = (index: number) =>
          tell(1 - index, {
            type: 'gateway.peer.said',
            number: 100 + index,
            isForwarding: states[index]?.state === 'forwarding',
          })
        for (const { side, of, kind } of steps) {
          if (kind === 'say') say(of)
          else if (kind === 'silent') tell(of, { type: 'gateway.peer.silent' })
          else tell(of, { type: `gateway.side.${kind}`, side } as GatewayModelEvent)
        }
        for (let round = 0; round < 3; round += 1) for (const index of [0, 1]) say(index)
        const whole = states.filter(({ state }) => state !== 'cut').length
        expect(states.filter(({ state }) => state === 'forwarding')).toHaveLength(Math.min(whole, 1))
      }),
      { seed: 4, numRuns: 500 },
    )
  })
})
