// Each planted bug of the pair, and the walk or the scenario that catches it. Seeds are found by `npm run mutants -- --room pair`.
import { describe, expect, test } from 'vitest'
import { sound } from '../model/pair/reducers.ts'
import { walkOne } from '../model/pair/walker.ts'
import { pairMutants } from './pair.ts'
import { scenarioOf, tell } from './pair-hunts.ts'

const seeds: Readonly<Record<string, number>> = {
  'grant without persisting': 3,
  'answer before durable': 6,
  'sticky lease ignored': 8,
  'no muteness after a reboot': 16,
  'mute for the shorter lease of a newer configuration': 3459,
  'mute to the master that it promised, too': 8,
  'lower epoch accepted': 1,
  'gate lets lower epochs pass': 165,
  'release ends any lease': 586,
  'release of a master that lives': 29,
  'marks are not kept': 2,
  'an older mark replaces a newer one': 638,
  'barred master is granted': 1,
  'lease not shortened': 29,
  'lease counted from the answer': 727,
  'round ignored': 15802,
  'answers of a former epoch counted': 1639,
  'majority of the reachable': 17,
  'half is a majority': 17,
  'joint majority ignored': 7187,
  'refusals counted as grants': 1,
  'leads on when its lease has run out': 29,
  'never pauses': 51,
  'epoch asked for again in another life': 5,
  'change of voters settled before both majorities have it': 604,
  'acts before committed': 2,
  'standby answers before durable': 2,
  'mark not waited for': 6,
  'any mark is the one that it waits for': 76,
  'mark cleared before the peer has caught up': 1755,
  'what was inherited does not count': 1755,
  'peer lost while the mark is cleared: old mark trusted': 56,
  'a lost peer counts as having what it had': 8,
  'standby does not cut its conflicting tail': 9,
  'standby believes what the shipment comes after': 201,
  'standby cuts what is longer than the shipment': 10,
  'standby follows a leader of the past': 201,
  'leader takes any answer for agreement': 18,
}

describe('a planted bug of the pair is caught', () => {
  test.each(pairMutants.map((mutant) => [mutant.name, mutant] as const))('%s', (name, { plant }) => {
    const scenario = scenarioOf(name)
    if (scenario !== undefined) {
      expect(tell(scenario, plant(sound))).toMatchObject({ unit: 'scenario' })
      return
    }
    const seed = seeds[name]
    if (seed === undefined) throw new Error(`no seed is known for ${name}`)
    expect(walkOne(seed, sound).violation).toBeNull()
    expect(walkOne(seed, plant(sound)).violation).not.toBeNull()
  })

  test('there are enough of them, each once', () => {
    expect(pairMutants.length).toBeGreaterThanOrEqual(25)
    expect(new Set(pairMutants.map(({ name }) => name)).size).toBe(pairMutants.length)
  })
})
