import { expect, test } from 'vitest'
import { gatewayMachine } from '../../src/machines/gateway-machine.ts'
import { coverByPaths } from './drive.ts'
import { gatewayEvents, gatewayPlaces } from './gateway.events.ts'

test('R49: generated paths reach every state and take every transition', () => {
  const [paired, alone] = gatewayPlaces.map((place) =>
    coverByPaths(gatewayMachine, { input: { cabinet: 'c01', ...place }, events: gatewayEvents }),
  )
  expect(paired?.missedStates).toEqual([])
  const missed = paired?.missedTransitions.filter((one) => alone?.missedTransitions.includes(one))
  expect(missed).toEqual([])
  expect(paired?.paths).toBeGreaterThan(5)
})
