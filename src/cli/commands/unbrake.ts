// The storm brake is let go by a person who knows better.
import { clientFor, print } from '../client-for.ts'
import { type Command, jsonOption, runDirOption } from '../command.ts'

export const unbrakeCommand: Command = {
  name: 'unbrake',
  summary: 'Let go of the storm brake: the blades that look lost are lost, and are replaced',
  usage: 'unbrake [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright unbrake'],
  words: [0, 0],
  async run(input) {
    const { lost } = await clientFor(input).unbrake()
    print(input, { lost }, () => [
      `The brake is let go. Replaced are ${lost.join(', ')}, as far as blades are to be had.`,
    ])
    return 0
  },
}
