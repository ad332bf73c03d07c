import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { stringify } from 'yaml'
import { defaultLocalDecisionConfig, type LocalDecisionConfig } from '../../../src/decision/local-decision-state.ts'
import type { PlanLimits } from '../../../src/decision/plan-input.ts'
import { ConfigError } from '../../../src/errors.ts'
import {
  type ConfigProblem,
  describeProblems,
  type FarmConfig,
  parseFarmConfig,
  requireFarmConfig,
} from '../../../src/runtime/farm-config.ts'
import { farmConfigJsonSchema } from '../../../src/runtime/farm-config-schema.ts'
import { configCharactersMax } from '../../../src/runtime/farm-config-text.ts'

const demo = readFileSync(new URL('../../../examples/demo.yaml', import.meta.url), 'utf8')

function accepted(text: string): FarmConfig {
  const parsed = parseFarmConfig(text, 'farm.yaml')
  if (parsed.ok) return parsed.config
  throw new Error(describeProblems(parsed.errors))
}

function refused(text: string): readonly ConfigProblem[] {
  const parsed = parseFarmConfig(text, 'farm.yaml')
  return parsed.ok ? [] : parsed.errors
}

/** The demo farm with the first occurrence of `from` replaced. */
function changed(from: string, to: string): string {
  if (!demo.includes(from)) throw new Error(`the demo farm has no ${from}`)
  return demo.replace(from, to)
}

const tls = { ca: 'ca.crt', certificates: 'certificates' }

interface FarmSketch {
  cabinets?: readonly { id: string; slots: number; boardType?: string }[]
  roles?: readonly Record<string, unknown>[]
  [key: string]: unknown
}

/** A small farm as data: one account, one group. */
function farm({ cabinets, roles, ...rest }: FarmSketch = {}): string {
  const role = { id: 'front', image: 'web', committed: 1, max: 2, ratePerBlade: 10 }
  return stringify({
    site: { id: 'here' },
    cabinets: cabinets ?? [{ id: 'c01', slots: 4 }],
    accounts: [
      {
        id: 'shop',
        groups: [
          { id: 'web', port: 8081, responseLimitMs: 250, roles: (roles ?? [{}]).map((one) => ({ ...role, ...one })) },
        ],
      },
    ],
    ...rest,
  })
}

describe('a farm that is allowed', () => {
  test('R63: the demo farm holds what the demonstration needs', () => {
    const { site, cabinets, accounts, decisions } = accepted(demo)
    expect(site).toEqual({ id: 'here', longitude: 8.5 })
    expect(cabinets.reduce((sum, cabinet) => sum + cabinet.slots, 0)).toBe(8)
    const levels = accounts.map(({ id, groups }) => {
      const { port, roles } = groups[0] ?? { port: 0, roles: [] }
      const { committed, initial, max, warm } = roles[0] ?? {}
      return { id, port, committed, initial, max, warm }
    })
    expect(levels).toEqual([
      { id: 'shop', port: 8081, committed: 2, initial: 2, max: 6, warm: 1 },
      { id: 'news', port: 8082, committed: 2, initial: 3, max: 4, warm: 0 },
    ])
    expect(decisions.reclaimBackoff.firstMs).toBeLessThan(60_000)
  })

  test('what is left out has the stated default', () => {
    const config = accepted(farm())
    expect(config.channel).toMatchObject({ host: '127.0.0.1', port: 0, can: { backend: 'off', bitRate: 1_000_000 } })
    expect(config.site.longitude).toBe(0)
    expect(config.decisions.reclaimBackoff).toEqual({ firstMs: 60_000, maxMs: 3_600_000, forgetMs: 600_000 })
    expect(config.decisions.automation).toBe('act')
    expect(config.decisions.local).toEqual(defaultLocalDecisionConfig)
    expect(config.accounts[0]?.groups[0]?.roles[0]).toMatchObject({
      initial: 1,
      warm: 0,
      boardTypes: ['process'],
      networks: ['front', 'private'],
      healthPath: '/healthz',
    })
  })

  test('its decisions are what the plan and the local decision take, as they are', () => {
    expectTypeOf<FarmConfig['decisions']>().toExtend<PlanLimits>()
    expectTypeOf<FarmConfig['decisions']['local']>().toEqualTypeOf<LocalDecisionConfig>()
  })

  test('a step deadline that is given leaves the others at their defaults', () => {
    const config = accepted(farm({ decisions: { steps: { deadlinesMs: { boot: 7 } } } }))
    expect(config.decisions.steps.deadlinesMs).toMatchObject({ boot: 7, drain: 15_000 })
  })

  test('JSON is read as YAML is', () => {
    const asJson = JSON.stringify(accepted(demo))
    expect(accepted(asJson)).toEqual(accepted(demo))
  })

  test('nobody can change it afterwards', () => {
    const role = accepted(farm()).accounts[0]?.groups[0]?.roles[0]
    expect(() => Object.assign(role ?? {}, { committed: 99 })).toThrow(TypeError)
  })
})

describe('a problem names line, path, value and what is allowed', () => {
  test('a value out of range', () => {
    expect(refused(changed('slots: 3', 'slots: 33'))).toEqual([
      {
        code: 'CONFIG_INVALID',
        path: 'cabinets[0].slots',
        value: '33',
        allowed: 'a whole number from 1 to 32',
        line: 11,
      },
    ])
  })

  test('a misspelt key is refused, with the one that was meant', () => {
    const [missing, unknown] = refused(changed('committed: 2', 'comitted: 2'))
    expect(missing).toMatchObject({ path: 'accounts[0].groups[0].roles[0].committed', value: 'missing' })
    expect(unknown).toMatchObject({ path: 'accounts[0].groups[0].roles[0].comitted', line: 32 })
    expect(unknown?.allowed).toContain('did you mean committed?')
  })

  test('a key that resembles nothing gets no guess', () => {
    const problems = refused(farm({ frobnicate: 1 }))
    expect(problems.map((problem) => problem.path)).toEqual(['frobnicate'])
    expect(problems[0]?.allowed).toContain('site, seed, channel')
    expect(problems[0]?.allowed).not.toContain('did you mean')
  })

  test('an interface of the kernel has a name that the kernel takes', () => {
    const buses = ['can0', 'a-name-of-16-abc']
    expect(accepted(farm({ channel: { can: { backend: 'udp', buses } } })).channel.can.buses).toEqual(buses)
    expect(refused(farm({ channel: { can: { backend: 'socketcan', buses } } }))).toMatchObject([
      { code: 'CONFIG_INVALID', path: 'channel.can.buses[1]', allowed: 'a name of 15 characters at most' },
    ])
  })

  test('all problems are told at once, the first fifty of many', () => {
    expect(refused(farm({ seed: -1, channel: { port: 70_000 } })).map(({ path }) => path)).toEqual([
      'seed',
      'channel.port',
    ])
    expect(refused(farm({ cabinets: Array.from({ length: 90 }, () => ({ id: 'c01', slots: 0 })) }))).toHaveLength(50)
  })

  test('as an error it carries code, place and every problem', () => {
    const thrown = () => requireFarmConfig(changed('slots: 3', 'slots: 33'), 'farm.yaml')
    expect(thrown).toThrow(ConfigError)
    expect(thrown).toThrow(
      'CONFIG_INVALID at farm.yaml: line 11, cabinets[0].slots: 33; allowed: a whole number from 1 to 32',
    )
  })
})

describe('values that must agree', () => {
  const cases: [what: string, text: string, path: string, allowed: RegExp][] = [
    ['two groups on one port', changed('8082', '8081'), 'accounts[1].groups[0].port', /which shop\/web has/],
    [
      'a group on the port of the channel',
      farm({ channel: { port: 8081 } }),
      'accounts[0].groups[0].port',
      /which the channel has/,
    ],
    [
      'a group on the control port',
      farm({ control: { port: 8081 } }),
      'accounts[0].groups[0].port',
      /which the control port has/,
    ],
    [
      'control and channel on one port',
      farm({ channel: { port: 9000 }, control: { port: 9000 } }),
      'control.port',
      /which the channel has/,
    ],
    [
      'initial below committed',
      farm({ roles: [{ committed: 2, initial: 1 }] }),
      'accounts[0].groups[0].roles[0].initial',
      /at least committed, 2/,
    ],
    [
      'max below initial',
      farm({ roles: [{ initial: 3, max: 2 }] }),
      'accounts[0].groups[0].roles[0].max',
      /at least initial, 3/,
    ],
    [
      'a board type that no cabinet has',
      farm({ roles: [{ boardTypes: ['arm64'] }] }),
      'accounts[0].groups[0].roles[0].boardTypes[0]',
      /: process$/,
    ],
    [
      'two cabinets of one name',
      farm({
        cabinets: [
          { id: 'c01', slots: 1 },
          { id: 'c01', slots: 1 },
        ],
      }),
      'cabinets[1].id',
      /not used before/,
    ],
    ['two roles of one name', farm({ roles: [{}, {}] }), 'accounts[0].groups[0].roles[1].id', /not used before/],
    [
      'a back-off that shrinks',
      farm({ decisions: { reclaimBackoff: { firstMs: 10, maxMs: 5 } } }),
      'decisions.reclaimBackoff.maxMs',
      /at least firstMs, 10/,
    ],
  ]
  test.each(cases)('%s', (_what, text, path, allowed) => {
    expect(refused(text)).toEqual([
      expect.objectContaining({ code: 'CONFIG_INVALID', path, allowed: expect.stringMatching(allowed) }),
    ])
  })

  test.each([
    '0.0.0.0',
    '::',
    '8.8.8.8',
    'example.org',
    '172.32.0.1',
    '::ffff:8.8.8.8',
    '010.0.0.1',
    '10.0.0.1.example.org',
    '::1%lo',
  ])('R48: the channel does not listen on %s, encrypted or not', (host) => {
    for (const channel of [{ host }, { host, tls }])
      expect(refused(farm({ channel }))).toMatchObject([{ code: 'CONFIG_INVALID', path: 'channel.host' }])
  })

  test.each(['127.0.0.1', '::1', 'localhost'])('R48: it may listen on %s', (host) => {
    expect(accepted(farm({ channel: { host } })).channel.host).toBe(host)
  })

  test.each(['10.1.2.3', '172.31.255.1', '192.168.7.1', 'fd00::1'])(
    'R48: it may listen on %s only with TLS',
    (host) => {
      expect(accepted(farm({ channel: { host, tls } })).channel.host).toBe(host)
      expect(refused(farm({ channel: { host } }))[0]?.allowed).toContain('needs channel.tls')
    },
  )

  test.each(['../secrets', '/etc', 'a..b', '.hidden', 'a/b', 'A', '', 'a\0b', 'x'.repeat(65)])(
    'R06: %j is no name of an image or a volume',
    (name) => {
      expect(refused(JSON.stringify(imageAndVolume(name))).map(({ path }) => path)).toEqual([
        'accounts[0].groups[0].roles[0].image',
        'accounts[0].groups[0].roles[0].volumes[0]',
      ])
    },
  )
})

function imageAndVolume(name: string): unknown {
  const role = { id: 'front', image: name, volumes: [name], committed: 1, max: 2, ratePerBlade: 10 }
  return {
    site: { id: 'here' },
    cabinets: [{ id: 'c01', slots: 4 }],
    accounts: [{ id: 'shop', groups: [{ id: 'web', port: 8081, responseLimitMs: 250, roles: [role] }] }],
  }
}

describe('R47: site masters on blades of the farm', () => {
  const cabinets = [
    { id: 'c01', slots: 2 },
    { id: 'c02', slots: 2 },
  ]
  const on = (...blades: string[]) => ({ cabinets, masters: { blades } })

  test('one each, in different cabinets', () => {
    expect(accepted(farm(on('c01-s01', 'c02-s01'))).masters.blades).toEqual(['c01-s01', 'c02-s01'])
  })

  test.each([
    ['of one cabinet', ['c01-s01', 'c01-s02'], 'masters.blades[1]'],
    ['the same twice', ['c01-s01', 'c01-s01'], 'masters.blades[1]'],
    ['that there are not', ['c01-s01', 'c02-s03'], 'masters.blades[1]'],
    ['too few', ['c01-s01'], 'masters.blades'],
  ])('%s are refused', (_which, blades, path) => {
    expect(refused(farm(on(...blades)))).toMatchObject([{ code: 'CONFIG_INVALID', path }])
  })

  test('they serve nobody: levels must fit without them', () => {
    const roles = [{ committed: 3, max: 4 }]
    expect(refused(farm({ cabinets, roles }))).toEqual([])
    expect(refused(farm({ ...on('c01-s01', 'c02-s01'), roles }))).toMatchObject([
      { code: 'CONFIG_OVERCOMMITTED', path: 'accounts[0].groups[0].roles[0].committed' },
    ])
  })
})

describe('R31: committed levels fit the blades', () => {
  test('one blade too many is told with the numbers, where it tips over', () => {
    const problems = refused(changed('committed: 2\n            initial: 3', 'committed: 7\n            initial: 7'))
    expect(problems.map(({ path }) => path)).toEqual(['accounts[1].groups[0].roles[0].max'])
    const overcommitted = refused(
      changed('committed: 2\n            initial: 3\n            max: 4', 'committed: 7\n            max: 7'),
    )
    expect(overcommitted).toMatchObject([
      { code: 'CONFIG_OVERCOMMITTED', path: 'accounts[1].groups[0].roles[0].committed', value: '7', line: 52 },
    ])
    expect(overcommitted[0]?.allowed).toMatch(/^at most 6: the farm has 8 blades of type process/)
  })

  test('what is given at start must fit as well', () => {
    const problems = refused(farm({ roles: [{ committed: 1, initial: 5, max: 5 }] }))
    expect(problems).toMatchObject([{ code: 'CONFIG_INVALID', path: 'accounts[0].groups[0].roles[0].initial' }])
  })

  test('a farm is refused exactly when no assignment of blades to roles exists', () => {
    const types = ['x86', 'arm', 'riscv']
    const boardTypes = fc.subarray(types, { minLength: 1 })
    const sketch = fc.record({
      slots: fc.tuple(...types.map(() => fc.integer({ min: 1, max: 4 }))),
      roles: fc.array(fc.record({ boardTypes, committed: fc.integer({ min: 0, max: 4 }) }), {
        minLength: 1,
        maxLength: 4,
      }),
    })
    let refusals = 0
    fc.assert(
      fc.property(sketch, ({ slots, roles }) => {
        const text = farm({
          cabinets: types.map((boardType, i) => ({ id: `c0${i}`, slots: slots[i] ?? 0, boardType })),
          roles: roles.map((role, i) => ({ id: `r${i}`, ...role, max: 4 })),
        })
        const codes = refused(text).map(({ code }) => code)
        const wants = roles.flatMap((role) => Array.from({ length: role.committed }, () => role.boardTypes))
        const left = new Map(types.map((type, i) => [type, slots[i] ?? 0]))
        const fits = canAssign(wants, left)
        if (!fits) refusals += 1
        expect(codes).toEqual(fits ? [] : ['CONFIG_OVERCOMMITTED'])
      }),
      { seed: 7, numRuns: 300 },
    )
    expect(refusals).toBeGreaterThan(20)
  })
})

/** Tries every choice: the obvious way, for a few blades. */
function canAssign(
  wants: readonly (readonly string[])[],
  left: Map<string, number>,
  memo = new Set<string>(),
): boolean {
  const [first, ...rest] = wants
  if (first === undefined) return true
  const key = `${wants.length} ${[...left.values()].join(' ')}`
  if (memo.has(key)) return false
  for (const type of first) {
    const count = left.get(type) ?? 0
    if (count > 0 && canAssign(rest, new Map(left).set(type, count - 1), memo)) return true
  }
  memo.add(key)
  return false
}

describe('a text from a stranger', () => {
  const cases: [what: string, text: string][] = [
    ['nothing of YAML', '{'],
    ['more characters than allowed', `#${'x'.repeat(configCharactersMax)}`],
    ['a NUL', 'site: "\0"'],
    ['an alias bomb', 'a: &a [1,1]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]'],
    ['a self-containing list', '&a [*a]'],
    ['lists nested 100,000 deep', '['.repeat(100_000)],
    ['maps nested 50 deep', `${'{a: '.repeat(50)}1${'}'.repeat(50)}`],
    ['keys nested 50 deep', `${'{? '.repeat(50)}1${'}'.repeat(50)}`],
    ['a key twice', 'seed: 1\nseed: 2'],
    ['two documents', 'seed: 1\n---\nseed: 2'],
    ['a foreign tag', 'seed: !!js/function "x"'],
  ]
  test.each(cases)('%s is unreadable', (_what, text) => {
    expect(refused(text)).toMatchObject([{ code: 'CONFIG_UNREADABLE', path: '' }])
  })

  test.each(['', 'null', '7', '[]', '"text"'])('%j is no farm', (text) => {
    expect(refused(text)).toMatchObject([{ code: 'CONFIG_INVALID', path: '' }])
  })

  test('keys that every object inherits are unknown keys as others are', () => {
    for (const key of ['__proto__', 'constructor', 'toString'])
      expect(refused(`${farm()}\n${key}: { admin: true }`)).toMatchObject([{ code: 'CONFIG_INVALID', path: key }])
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false)
  })

  test('any damage to the demo farm is accepted or refused, never thrown', () => {
    const position = fc.nat({ max: demo.length })
    const damage = fc.tuple(position, position, fc.string({ unit: 'binary', maxLength: 8 }))
    let refusals = 0
    fc.assert(
      fc.property(damage, ([from, length, text]) => {
        const problems = refused(demo.slice(0, from) + text + demo.slice(from + (length % 12)))
        refusals += problems.length > 0 ? 1 : 0
        for (const problem of problems) expect(problem.allowed).not.toBe('')
      }),
      { seed: 11, numRuns: 300 },
    )
    expect(refusals).toBeGreaterThan(50)
  })
})

test('the published JSON schema is the one in force', async () => {
  const text = `${JSON.stringify(farmConfigJsonSchema(), null, 2)}\n`
  await expect(text).toMatchFileSnapshot('../../../schema/bladewright.schema.json')
})
