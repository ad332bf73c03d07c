import type { MoveAnswer } from '../../runtime/farm-control.ts'
import { clientFor, print } from '../client-for.ts'
import { type Command, dryRunOption, jsonOption, runDirOption } from '../command.ts'
import { placeName } from '../explanation.ts'

export const moveCommand: Command = {
  name: 'move',
  summary: 'Move a blade to a group; what would break a promise or a committed level is refused',
  usage: 'move <blade> <group> [--role ROLE] [--dry-run] [--json] [--run-dir DIR]',
  options: [
    { name: 'role', value: 'ROLE', summary: 'which role, when the group has several' },
    dryRunOption,
    jsonOption,
    runDirOption,
  ],
  examples: ['bladewright move c03-s02 news/web --dry-run', 'bladewright move c03-s02 news/web'],
  words: [2, 2],
  async run(input) {
    const [blade = '', group = ''] = input.words
    const role = input.text('role')
    const body = { blade, group, dryRun: input.isOn('dry-run'), ...(role !== undefined && { role }) }
    const answer = await clientFor(input).move(body)
    print(input, answer, () => answerLines(answer))
    return 0
  },
}

export const drainCommand: Command = {
  name: 'drain',
  summary: 'Cordon a blade and move it to the cold pool, drained and scrubbed',
  usage: 'drain <blade> [--dry-run] [--json] [--run-dir DIR]',
  options: [dryRunOption, jsonOption, runDirOption],
  examples: ['bladewright drain c01-s02 --dry-run', 'bladewright drain c01-s02'],
  words: [1, 1],
  async run(input) {
    const answer = await clientFor(input).drain({ blade: input.words[0] ?? '', dryRun: input.isOn('dry-run') })
    print(input, answer, () => answerLines(answer))
    return 0
  },
}

function answerLines({ move, blade, from, to, steps, rollback, warnings }: MoveAnswer): string[] {
  if (steps.length === 0 && to.kind === 'cold')
    return [`${blade} is in the pool already, cordoned: the plan leaves it there.`]
  if (steps.length === 0) return [`${blade} serves ${placeName(to)} already.`]
  const said = `${blade}: ${from ?? 'the pool'} → ${placeName(to)}`
  return [
    move === null ? `Would move ${said}` : `${move} moves ${said}`,
    `  steps: ${steps.join(', ')}`,
    `  if a step fails for good: ${rollback.join(', ')}, then cold in the pool`,
    ...warnings.map((warning) => `  warning: ${warning}`),
    move === null ? 'Nothing was changed.' : `Follow it with: bladewright explain ${move}`,
  ]
}
