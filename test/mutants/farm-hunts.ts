// Who hunts the bugs of a farm: fault schedules from seeds, then the scenario files, then the tests that a mutant names, which run in
// a copy of the repository with the bug in it.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FarmMutant, farmMutants } from './farm.ts'
import type { Caught, Hunt, MutantTable } from './mutant-table.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const copied = [
  'src',
  'test',
  'models',
  'examples',
  'schema',
  'docs',
  'package.json',
  'vitest.config.ts',
  'tsconfig.json',
]
/** One that hangs has been caught: the sound ones take a fraction. */
const huntMsMax = 150_000

export const farmTable: MutantTable = {
  room: 'farm',
  mutants: farmMutants.map((mutant) => ({ name: mutant.name, hunts: huntsOf(mutant) })),
  sound: [inProcess('sound', 'seeds'), inProcess('sound', 'scenarios')],
}

function huntsOf(mutant: FarmMutant): Hunt[] {
  const { name, tests } = mutant
  const inSimulation = [inProcess(name, 'seeds'), inProcess(name, 'scenarios')]
  return tests === undefined ? inSimulation : [...inSimulation, { check: 'tests', run: () => byTests(mutant, tests) }]
}

function inProcess(name: string, check: 'seeds' | 'scenarios'): Hunt {
  return {
    check,
    async run() {
      const program = fileURLToPath(new URL('./hunt-farm.ts', import.meta.url))
      const { ok, stdout, stderr } = await run(process.execPath, [program, name, check], root)
      if (!ok) return { how: `the run ended: ${stderr.slice(-300)}`, count: 1, unit: 'runs' }
      return JSON.parse(stdout) as Caught | null
    },
  }
}

async function byTests({ path, find, replace }: FarmMutant, tests: readonly string[]): Promise<Caught | null> {
  const folder = mkdtempSync(join(tmpdir(), 'mutant-'))
  try {
    for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const parts = readFileSync(join(root, path), 'utf8').split(find)
    if (parts.length !== 2) throw new Error(`${path} holds ${parts.length - 1} times: ${find}`)
    writeFileSync(join(folder, path), parts.join(replace))
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const report = join(folder, 'report.json')
    for (const [i, file] of tests.entries()) {
      const args = [vitest, 'run', '--reporter=json', `--outputFile.json=${report}`, file]
      const { ok } = await run(process.execPath, args, folder)
      if (!ok) return { how: `${file}: ${firstFailure(report)}`, count: i + 1, unit: 'test files' }
    }
    return null
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Report {
  readonly testResults?: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

function firstFailure(file: string): string {
  const { testResults = [] } = JSON.parse(readFileSync(file, 'utf8')) as Report
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  const found = all.find(({ status }) => status === 'failed')
  // A suite that cannot be loaded has caught nothing: the bug does not fit the source any more.
  if (found === undefined) throw new Error(`no test of ${file} failed, and the run did`)
  return found.fullName
}

function run(program: string, args: readonly string[], cwd: string) {
  const options = { cwd, timeout: huntMsMax, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const
  return new Promise<{ ok: boolean; stdout: string; stderr: string }>((resolve) => {
    execFile(program, [...args], options, (error, stdout, stderr) => resolve({ ok: error === null, stdout, stderr }))
  })
}
