import { clientFor, print } from '../client-for.ts'
import { type Command, jsonOption, runDirOption } from '../command.ts'
import { explainDecision, explainMove } from '../explanation.ts'

export const explainCommand: Command = {
  name: 'explain',
  summary: 'Say why a move was made and how each step went, or what a decision rested on',
  usage: 'explain <move|decision> [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright explain mv-000007', 'bladewright explain d-000003 --json'],
  words: [1, 1],
  async run(input) {
    const record = await clientFor(input).explain(input.words[0] ?? '')
    print(input, record, () => (record.kind === 'move' ? explainMove(record) : explainDecision(record)))
    return 0
  },
}
