// The command line as a shell meets it: real processes, a real port, exit codes and both outputs.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { exampleFile, type FarmFolder, makeFarmFolder } from './farm-folder.ts'
import { sampleDecision, sampleMove, sampleStatus } from './sample-farm.ts'

const cli = fileURLToPath(new URL('../../../src/cli/bladewright.ts', import.meta.url))
let farm: FarmFolder

beforeAll(async () => {
  farm = await makeFarmFolder()
})
afterAll(() => farm.remove())

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { timeout: 20_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}

const onFarm = (...args: readonly string[]) => run(...args, '--run-dir', farm.path)
const asked = (what: string) => farm.master.control.asked.filter(([name]) => name === what)

describe.concurrent('R63: a command that succeeds exits with 0', () => {
  test('can check, of a farm whose buses carry everything in time', async () => {
    const { code, stdout, stderr } = await run('can', 'check', '--config', exampleFile, '--json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({
      isInTime: true,
      buses: [{ bus: 'can0 and can1', late: [] }, { bus: 'backbone', late: [] }, {}, {}, {}],
    })
  })

  test('status, for people and for programs', async () => {
    const [plain, json] = await Promise.all([onFarm('status'), onFarm('status', '--json')])
    expect(plain).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('m1 is leading, epoch 3') })
    expect(plain.stdout).not.toContain('\u001b')
    expect(json).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(json.stdout)).toEqual(sampleStatus)
  })

  test('explain, of a move and of a decision', async () => {
    const [move, decision] = await Promise.all([
      onFarm('explain', sampleMove.move),
      onFarm('explain', sampleDecision.decision, '--json'),
    ])
    expect(move).toMatchObject({ code: 0, stdout: expect.stringContaining('the group asked for blades') })
    expect(JSON.parse(decision.stdout)).toEqual(sampleDecision)
  })

  test('R36, R65: move, with its steps, its way out and its warnings, none of which can move the cursor', async () => {
    const { code, stdout } = await onFarm('move', 'c02-s01', 'shop/web', '--role', 'front')
    expect(code).toBe(0)
    expect(stdout.split('\n')).toEqual([
      'mv-000008 moves c02-s01: news/web → shop/web',
      '  steps: drain, scrub, boot, join',
      '  if a step fails for good: powerOff, scrub, then cold in the pool',
      '  warning: the pool is empty afterwards\ufffd[2J',
      'Follow it with: bladewright explain mv-000008',
      '',
    ])
    expect(asked('move')).toContainEqual(['move', 'c02-s01', 'shop/web', { role: 'front', dryRun: false }])
  })

  test('R36: a dry run, which says so and asks for nothing else', async () => {
    const { code, stdout } = await onFarm('drain', 'c02-s01', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toContain('Would move c02-s01')
    expect(stdout).toContain('Nothing was changed.')
    expect(asked('drain')).toEqual([['drain', 'c02-s01', { dryRun: true }]])
  })

  test('R36: cordon and uncordon, hold and unhold', async () => {
    const ran = await Promise.all([
      onFarm('cordon', 'c01-s01'),
      onFarm('uncordon', 'c02-s01'),
      onFarm('hold', 'shop/web', '--json'),
      onFarm('unhold', 'news/web'),
    ])
    expect(ran.map(({ code, stdout }) => [code, stdout])).toEqual([
      [0, 'c01-s01 is cordoned: the plan leaves it alone.\n'],
      [0, 'c02-s01 is no longer cordoned.\n'],
      [0, `${JSON.stringify({ group: 'shop/web', on: true }, null, 2)}\n`],
      [0, 'news/web is no longer held.\n'],
    ])
    expect(asked('cordon').sort()).toEqual([
      ['cordon', 'c01-s01', true],
      ['cordon', 'c02-s01', false],
    ])
    expect(asked('hold').sort()).toEqual([
      ['hold', 'news/web', false],
      ['hold', 'shop/web', true],
    ])
  })

  test('R25: unbrake, which says what is replaced', async () => {
    const { code, stdout } = await onFarm('unbrake')
    expect([code, stdout]).toEqual([
      0,
      'The brake is let go. Replaced are c01-s01, c01-s02, as far as blades are to be had.\n',
    ])
    expect(asked('unbrake')).toHaveLength(1)
  })

  test('check, without a farm', async () => {
    const { code, stdout } = await run('check', exampleFile, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ blades: 8, groups: [{ group: 'shop/web' }, { group: 'news/web' }] })
  })

  test('--version and --help, anywhere', async () => {
    const ran = await Promise.all([run('--version'), run('--help'), run('move', '--help')])
    expect(ran.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ran.map(() => ({ code: 0, stderr: '' })))
    const [version = '', overview = '', move = ''] = ran.map(({ stdout }) => stdout)
    expect(version).toMatch(/^\d+\.\d+\.\d+\n$/)
    const width = Math.max(...commands.map(({ name }) => name.length))
    for (const { name, summary } of commands) expect(overview).toContain(`  ${name.padEnd(width)}  ${summary}`)
    expect(move).toContain('usage: bladewright move <blade> <group>')
    for (const option of ['--role ROLE', '--dry-run', '--json', '--run-dir DIR', '--help'])
      expect(move).toContain(option)
    expect(move).toContain('bladewright move c03-s02 news/web --dry-run')
  })

  test('the help of a group shows its commands, and of one of them its own', async () => {
    const [group, asked, one] = await Promise.all([
      run('can', '--help'),
      run('help', 'can'),
      run('help', 'can', 'decode'),
    ])
    expect(group).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('  can decode  ') })
    expect(group.stdout).not.toContain('  start  ')
    expect(asked).toEqual(group)
    expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining('usage: bladewright can decode <file>') })
  })
})

describe.concurrent('R63: wrong input exits with 2, says what and what to do, and prints nothing for a program to read', () => {
  test('can check exits with 2 and says by how much where a deadline cannot be met', async () => {
    const { code, stderr } = await run('can', 'check', '--config', exampleFile, '--bit-rate', '20000')
    expect(code).toBe(2)
    expect(stderr).toMatch(/can0 and can1: .* takes up to \d+\.\d{3} ms, and has \d+ ms/)
    expect(stderr).toContain('more: --json has all')
  })

  test.each<[string[], string]>([
    [['drian'], 'there is no command drian; did you mean drain?'],
    [['can', 'dekode'], 'there is no command can dekode; did you mean can decode?'],
    [['status', '--jsom'], "Unknown option '--jsom', did you mean --json?"],
    [['move', 'c01-s01'], 'usage: bladewright move <blade> <group>'],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await run(...args)
    expect(stderr).toContain(said)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test.each<[string[], string]>([
    [['move', 'c09-s09', 'shop/web'], 'BLADE_UNKNOWN: no blade c09-s09'],
    [['hold', 'DROP TABLE'], 'COMMAND_INVALID: group: '],
    [['explain', 'mv-\u001b[2J'], 'RECORD_UNKNOWN: no record mv-\ufffd[2J'],
  ])('%j, of a farm', async (args, said) => {
    const { code, stdout, stderr } = await onFarm(...args)
    expect(stderr).toContain(said)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test('no command at all shows the overview', async () => {
    expect(await run()).toMatchObject({ code: 2, stdout: expect.stringContaining('usage: bladewright <command>') })
  })

  test('a mistake in a configuration is named with its line, its value and what is allowed', async () => {
    const file = join(farm.path, 'wrong.yaml')
    writeFileSync(file, 'site: { id: "Not Allowed" }\n')
    const { code, stderr } = await run('check', file)
    expect(code).toBe(2)
    expect(stderr).toMatch(/CONFIG_INVALID at .*wrong\.yaml: /)
    expect(stderr).toContain('line 1')
    expect(stderr).toContain('Not Allowed')
  })
})

describe.concurrent('R63: what nobody can mend by typing something else exits with 1', () => {
  test('a master that is not there', async () => {
    const { code, stdout, stderr } = await run('status', '--run-dir', '/tmp/no-farm-here')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('MASTER_UNREACHABLE at /tmp/no-farm-here')
    expect(stderr).toContain('name its run directory with --run-dir')
  })

  test('a master with a bug', async () => {
    const { code, stderr } = await onFarm('release', 'c02-s03')
    expect(code).toBe(1)
    expect(stderr).toContain('INVARIANT_BROKEN')
  })
})
