import { describe, expect, test } from 'vitest'
import { explainDecision, explainMove } from '../../../src/cli/explanation.ts'
import { sampleDecision, sampleMove } from './sample-farm.ts'

describe('R03: a move is explained', () => {
  test('with its cause, its reasons and their numbers, each step with attempt, time and result, and what it cost beyond them', () => {
    expect(explainMove(sampleMove)).toEqual([
      'mv-000007: c01-s02 from news/web to shop/web, because the group asked for blades (request).',
      'Decided 2000-01-01T12:00:00.000Z in d-000004; done; 4180 ms from decision to end.',
      '',
      'Why:',
      '  its blades are busier than they should be [utilisation 0.912] (utilisation.high)',
      '',
      'Steps:',
      '  drain              500 ms  done',
      '  scrub              500 ms  done',
      '  boot              2000 ms  STEP_TIMED_OUT',
      '  boot              1000 ms  done (attempt 2)',
      '  join               130 ms  done',
      '  without boot, drain and scrub: 180 ms',
    ])
  })

  test('while it is under way, with the step that runs', () => {
    const [drain, ...rest] = sampleMove.steps
    const running = drain === undefined ? [] : [{ ...drain, endedAt: null, result: null }]
    expect(rest.length).toBeGreaterThan(0)
    const lines = explainMove({ ...sampleMove, joinedAt: null, endedAt: null, outcome: null, steps: running })
    expect(lines).toContain('Decided 2000-01-01T12:00:00.000Z in d-000004; not ended; under way.')
    expect(lines).toContain('  drain             running')
    expect(lines.some((line) => line.includes('without boot'))).toBe(false)
  })

  test('before its first step', () => {
    expect(explainMove({ ...sampleMove, joinedAt: null, steps: [] })).toContain('  none yet')
  })

  test('that failed, with its trouble and its way out', () => {
    const boot = sampleMove.steps[2]
    const steps = boot === undefined ? [] : [boot, { ...boot, isRollback: true, result: 'done' }]
    const lines = explainMove({
      ...sampleMove,
      joinedAt: null,
      outcome: 'rolledBack',
      trouble: 'BOOT_TIMED_OUT',
      steps,
    })
    expect(lines).toContain('Trouble: BOOT_TIMED_OUT.')
    expect(lines).toContain('  boot              2000 ms  done (way out)')
  })

  test.each([
    [{ kind: 'cold' }, 'to the cold pool'],
    [{ kind: 'warm', group: 'shop/web', role: 'web' }, 'to warm for shop/web'],
  ] as const)('with where it goes: %j', (to, said) => {
    expect(explainMove({ ...sampleMove, to })[0]).toContain(said)
  })

  test('with the seconds of a long one', () => {
    const endedAt = sampleMove.decidedAt + 12_345
    expect(explainMove({ ...sampleMove, endedAt })[1]).toContain('12.3 s from decision to end')
  })
})

describe('R31: a decision is explained', () => {
  test('with its moves, what was turned down and why, and what was weighed', () => {
    expect(explainDecision(sampleDecision)).toEqual([
      'd-000004: 2000-01-01T12:00:00.000Z, on what the journal held up to entry 41.',
      '',
      'mv-000007: c01-s02 from news/web to shop/web (request)',
      '  its blades are busier than they should be [utilisation 0.912] (utilisation.high)',
      'Turned down: 2 for news/web/web',
      '  no blade is free [free 0] (pool.empty)',
      '',
      'What was weighed:',
      '  shop/web took a blade a moment ago [waitMs 1500] (hold.down)',
    ])
  })

  test('that was advice, as advice', () => {
    const moves = sampleDecision.moves.map((move) => ({ ...move, move: null }))
    const lines = explainDecision({ ...sampleDecision, isActed: false, moves })
    expect(lines).toContain('Advice only: nothing was moved.')
    expect(lines).toContain('advised: c01-s02 from news/web to shop/web (request)')
  })
})
