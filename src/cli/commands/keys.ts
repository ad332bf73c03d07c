// Keys of the nodes of a farm: which there are, and new ones in their place while the farm runs.
import { keysOf, replaceKeys, settleKeys } from '../../processes/keys.ts'
import { openRunDirectory, runDirectoryName } from '../../processes/run-directory.ts'
import { print } from '../client-for.ts'
import { type Command, type CommandInput, jsonOption, runDirOption } from '../command.ts'
import { table } from '../status-lines.ts'

const listCommand: Command = {
  name: 'keys list',
  summary: 'Say which node has which key, since when, and whether a former one is still in use',
  usage: 'keys list [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright keys list'],
  words: [0, 0],
  async run(input) {
    const { path, config } = openRunDirectory(directoryOf(input))
    settleKeys(path, config)
    sayKeys(input, path)
    return 0
  },
}

const rotateCommand: Command = {
  name: 'keys rotate',
  summary:
    'Give nodes new keys while they run; each uses its own from its next start on, and the former one until then',
  usage: 'keys rotate [node…] [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright keys rotate', 'bladewright keys rotate a01 lb'],
  words: [0, 64],
  async run(input) {
    const { path, config } = openRunDirectory(directoryOf(input))
    const nodes = input.words.length > 0 ? input.words : keysOf(path, config).map(({ node }) => node)
    replaceKeys(path, config, nodes)
    sayKeys(input, path)
    return 0
  },
}

export const keysCommands: readonly Command[] = [listCommand, rotateCommand]

function directoryOf(input: CommandInput): string {
  return input.text('run-dir') ?? runDirectoryName
}

function sayKeys(input: CommandInput, path: string): void {
  const keys = keysOf(path, openRunDirectory(path).config)
  print(input, { keys }, () =>
    table(
      ['node', 'key', 'made', ''],
      keys.map(({ node, fingerprint, madeAt, isReplacing }) => [
        node,
        fingerprint,
        new Date(madeAt).toISOString(),
        isReplacing ? 'the former one is in use until its process is started anew' : '',
      ]),
    ),
  )
}
