import { clientFor, print } from '../client-for.ts'
import { type Command, jsonOption, runDirOption } from '../command.ts'
import { statusLines } from '../status-lines.ts'

export const statusCommand: Command = {
  name: 'status',
  summary: 'Show the farm: processes, groups, blades, moves under way, last decisions',
  usage: 'status [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright status', 'bladewright status --json | jq \'.blades[] | select(.lifecycle=="warm")\''],
  words: [0, 0],
  async run(input) {
    const status = await clientFor(input).status()
    print(input, status, () => statusLines(status))
    return 0
  },
}
