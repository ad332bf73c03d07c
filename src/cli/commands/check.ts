import { loadFarmConfig } from '../../processes/farm-file.ts'
import { rulesOf } from '../../processes/rules-file.ts'
import { bladesOf, groupsOf } from '../../runtime/farm-layout.ts'
import { print } from '../client-for.ts'
import { type Command, jsonOption } from '../command.ts'

export const checkCommand: Command = {
  name: 'check',
  summary:
    'Check a configuration without starting anything: every mistake with its line, its value and what is allowed',
  usage: 'check <file> [--json]',
  options: [jsonOption],
  examples: ['bladewright check bladewright.yaml'],
  words: [1, 1],
  async run(input) {
    const file = input.words[0] ?? ''
    const config = await loadFarmConfig(file)
    rulesOf(config)
    const groups = groupsOf(config).map(({ group, roles }) => ({
      group,
      committed: roles.reduce((sum, role) => sum + role.committed, 0),
    }))
    const blades = bladesOf(config).length
    print(input, { site: config.site.id, blades, groups }, () => [
      `${file} describes site ${config.site.id}: ${blades} blades.`,
      ...groups.map(({ group, committed }) => `  ${group}: ${committed} committed`),
    ])
    return 0
  },
}
