// One process of a farm. `start` runs them all; these are for those who supervise them by other means.
// What a process is made of is loaded only where it runs: a command line that loads a master to ask for its status is slow.
import { ConfigError } from '../../errors.ts'
import type { ProcessOptions } from '../../processes/own-process.ts'
import { nodeId } from '../../protocol/ids.ts'
import { runDirectoryOf } from '../client-for.ts'
import { type Command, type CommandInput, runDirOption } from '../command.ts'

const tiedOption = { name: 'tied', summary: 'end when standard input does: for a launcher' }
export const logLevelOption = { name: 'log-level', value: 'LEVEL', summary: 'debug, info, warn or error; default info' }
const configOption = {
  name: 'config',
  value: 'FILE',
  summary: 'set the run directory up from this configuration first',
}

export const balancerCommand = runsOne('balancer', 'Run the load balancer: one port a group', [], async (options) =>
  (await import('../../processes/balancer-process.ts')).balancerProcess(options),
)

export const loadCommand = runsOne('load', "Run the demonstration's load source", [], async (options) =>
  (await import('../../processes/load-process.ts')).loadProcess(options),
)

export const agentCommand = runsOne(
  'agent',
  'Run the agent of one cabinet: the host boards of its blades',
  [{ name: 'node', value: 'NODE', summary: 'which: a01 for cabinet c01' }],
  async (options, input) => {
    const node = nodeId.safeParse(input.text('node'))
    if (!node.success) throw new ConfigError('COMMAND_INVALID', '--node names the agent: a01 for cabinet c01', 'agent')
    const { agentProcess } = await import('../../processes/agent-process.ts')
    agentProcess(options, node.data)
  },
  '--node a01',
)

export const masterCommand = runsOne(
  'master',
  'Run one site master: the one that leads decides, the other one follows its journal and takes over',
  [{ name: 'node', value: 'NODE', summary: 'which: m1 or m2; default m1' }],
  async (options, input) => {
    const node = nodeId.safeParse(input.text('node') ?? 'm1')
    if (!node.success) throw new ConfigError('COMMAND_INVALID', '--node names the site master: m1 or m2', 'master')
    const { masterProcess } = await import('../../processes/master-process.ts')
    masterProcess(options, node.data)
  },
  '--node m2',
)

function runsOne(
  name: string,
  summary: string,
  more: Command['options'],
  begin: (options: ProcessOptions, input: CommandInput) => Promise<void>,
  example = '',
): Command {
  const node = example === '' ? '' : ` ${example}`
  return {
    name,
    summary,
    usage: `${name}${node} [--config FILE] [--run-dir DIR] [--log-level LEVEL]`,
    options: [...more, configOption, runDirOption, logLevelOption, tiedOption],
    examples: [`bladewright ${name}${node} --config bladewright.yaml --run-dir /var/lib/bladewright`],
    words: [0, 0],
    async run(input) {
      const file = input.text('config')
      const runDirectory = runDirectoryOf(input)
      if (file !== undefined) await prepare(runDirectory, file)
      await begin({ runDirectory, isTied: input.isOn('tied'), logLevel: logLevelOf(input) }, input)
      return await new Promise<number>(() => {})
    },
  }
}

async function prepare(runDirectory: string, file: string): Promise<void> {
  const { loadFarmConfig } = await import('../../processes/farm-file.ts')
  const { prepareRunDirectory } = await import('../../processes/run-directory.ts')
  prepareRunDirectory(runDirectory, await loadFarmConfig(file))
}

export function logLevelOf(input: CommandInput): ProcessOptions['logLevel'] {
  const level = input.text('log-level') ?? 'info'
  if (level === 'debug' || level === 'info' || level === 'warn' || level === 'error') return level
  throw new ConfigError('COMMAND_INVALID', `${level} is no level: debug, info, warn or error`, '--log-level')
}
