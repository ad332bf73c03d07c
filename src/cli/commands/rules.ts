// The fuzzy rules of a running farm: which are in force, new ones, and the way back. No process is started anew for them.
import { ConfigError } from '../../errors.ts'
import type { RulesAnswer } from '../../runtime/farm-control.ts'
import { clientFor, print } from '../client-for.ts'
import { type Command, dryRunOption, jsonOption, runDirOption } from '../command.ts'
import { readText } from '../read-text.ts'

const showCommand: Command = {
  name: 'rules show',
  summary: 'Print the fuzzy rules in force, and which versions there were',
  usage: 'rules show [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright rules show'],
  words: [0, 0],
  async run(input) {
    const versions = await clientFor(input).rules()
    const last = versions.at(-1)
    const former = versions.slice(0, -1).map(({ version, origin }) => `${version} (${origin})`)
    print(input, versions, () => [
      `# version ${last?.version ?? 0}, set by ${last?.origin ?? 'nobody'}; before it ${former.join(', ') || 'none'}`,
      ...(last?.text ?? '').trimEnd().split('\n'),
    ])
    return 0
  },
}

const setCommand: Command = {
  name: 'rules set',
  summary: 'Put other fuzzy rules into force, while the farm runs',
  usage: 'rules set <file> [--dry-run] [--json] [--run-dir DIR]',
  options: [dryRunOption, jsonOption, runDirOption],
  examples: ['bladewright rules set calm.rules --dry-run', 'bladewright rules set calm.rules'],
  words: [1, 1],
  async run(input) {
    const dryRun = input.isOn('dry-run')
    const answer = await clientFor(input).setRules({ text: readText(input.words[0] ?? ''), dryRun })
    print(input, answer, () => [sentence(answer, dryRun)])
    return 0
  },
}

const rollbackCommand: Command = {
  name: 'rules rollback',
  summary: 'Put a former version of the fuzzy rules into force again',
  usage: 'rules rollback <version> [--dry-run] [--json] [--run-dir DIR]',
  options: [dryRunOption, jsonOption, runDirOption],
  examples: ['bladewright rules rollback 1'],
  words: [1, 1],
  async run(input) {
    const [word = ''] = input.words
    if (!/^[1-9]\d{0,8}$/.test(word))
      throw new ConfigError('COMMAND_INVALID', `${word}: the number of a version, from 1`)
    const dryRun = input.isOn('dry-run')
    const answer = await clientFor(input).setRules({ rollbackTo: Number(word), dryRun })
    print(input, answer, () => [sentence(answer, dryRun)])
    return 0
  },
}

export const rulesCommands: readonly Command[] = [showCommand, setCommand, rollbackCommand]

function sentence({ version, rules }: RulesAnswer, isDry: boolean): string {
  return `Version ${version}, ${rules} rules, ${isDry ? 'would be' : 'is'} in force.`
}
