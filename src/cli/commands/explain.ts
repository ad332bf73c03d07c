import { existsSync } from 'node:fs'
import type { PlanInput } from '../../decision/plan-input.ts'
import { replayDecision } from '../../decision/replay-decision.ts'
import { ConfigError } from '../../errors.ts'
import type { DecisionRecord, MoveRecord } from '../../runtime/farm-status.ts'
import { clientFor, print } from '../client-for.ts'
import { type Command, type CommandInput, jsonOption, runDirOption } from '../command.ts'
import { explainDecision, explainMove } from '../explanation.ts'
import { readText } from '../read-text.ts'

export const explainCommand: Command = {
  name: 'explain',
  summary: 'Say why a move was made and how each step went, or what a decision rested on',
  usage: 'explain <move|decision|file> [--replay] [--json] [--run-dir DIR]',
  options: [
    { name: 'replay', summary: 'weigh a decision again from its record, and compare' },
    jsonOption,
    runDirOption,
  ],
  examples: [
    'bladewright explain mv-000007',
    'bladewright explain d-000003 --json > d-000003.json',
    'bladewright explain --replay d-000003.json',
  ],
  words: [1, 1],
  async run(input) {
    const record = await recordOf(input)
    if (input.isOn('replay')) return replay(input, record)
    print(input, record, () => (record.kind === 'move' ? explainMove(record) : explainDecision(record)))
    return 0
  },
}

/** By its id of the running farm, or from a file that `explain --json` wrote. */
async function recordOf(input: CommandInput): Promise<MoveRecord | DecisionRecord> {
  const word = input.words[0] ?? ''
  if (!existsSync(word)) return clientFor(input).explain(word)
  const said = parsed(readText(word))
  const kind = typeof said === 'object' && said !== null && 'kind' in said ? said.kind : undefined
  if (kind === 'move' || kind === 'decision') return said as MoveRecord | DecisionRecord
  throw new ConfigError('RECORD_UNKNOWN', 'the file holds no record that explain --json printed', word)
}

function replay(input: CommandInput, record: MoveRecord | DecisionRecord): number {
  if (record.kind === 'move')
    throw new ConfigError(
      'COMMAND_INVALID',
      `a decision is weighed again, not a move: ${record.decision} made ${record.move}`,
    )
  const { decision, weighedAt } = record
  if (record.moves.some(({ cause }) => cause === 'operator' || cause === 'loan'))
    throw new ConfigError('COMMAND_INVALID', `${decision} was made by an operator or another site, not by weighing`)
  if (record.input === null || weighedAt === null)
    throw new ConfigError(
      'RECORD_UNKNOWN',
      `what ${decision} was made from is kept where it was made, for the newest thousand`,
    )
  const different = weighAgain(record, record.input as PlanInput, weighedAt)
  const isSame = different.length === 0
  const right = `${decision}, weighed again: the same ${record.moves.length} moves, ${record.turnedDown.length} refusals, ${record.reasons.length} reasons.`
  print(input, { decision, isSame, different }, () =>
    isSame ? [right] : [`${decision}, weighed again, is another one:`, ...different.map((one) => `  ${one}`)],
  )
  return isSame ? 0 : 1
}

function weighAgain(record: DecisionRecord, picture: PlanInput, weighedAt: number): readonly string[] {
  try {
    return replayDecision(record, picture, weighedAt)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigError('RECORD_UNKNOWN', `the picture of ${record.decision} is not whole: ${why}`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
