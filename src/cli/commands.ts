// All commands, in the order of the overview.
import type { Command } from './command.ts'
import { auditCommand, billCommand, consentCommand, recommendCommand } from './commands/bill.ts'
import { canCommands } from './commands/can.ts'
import { checkCommand } from './commands/check.ts'
import { evaluateCommand } from './commands/evaluate.ts'
import { explainCommand } from './commands/explain.ts'
import { keysCommands } from './commands/keys.ts'
import { cordonCommand, holdCommand, releaseCommand, uncordonCommand, unholdCommand } from './commands/marks.ts'
import { drainCommand, moveCommand } from './commands/move.ts'
import { adoptCommand, handoverCommand } from './commands/pair.ts'
import { replayCommand } from './commands/replay.ts'
import { rulesCommands } from './commands/rules.ts'
import { agentCommand, balancerCommand, loadCommand, masterCommand } from './commands/run-one.ts'
import { simulateCommand } from './commands/simulate.ts'
import { slaCommands } from './commands/sla.ts'
import { startCommand } from './commands/start.ts'
import { statusCommand } from './commands/status.ts'
import { surfaceCommand } from './commands/surface.ts'
import { unbrakeCommand } from './commands/unbrake.ts'

export const commands: readonly Command[] = [
  startCommand,
  statusCommand,
  explainCommand,
  moveCommand,
  drainCommand,
  cordonCommand,
  uncordonCommand,
  releaseCommand,
  holdCommand,
  unholdCommand,
  unbrakeCommand,
  handoverCommand,
  adoptCommand,
  ...slaCommands,
  billCommand,
  consentCommand,
  recommendCommand,
  auditCommand,
  ...rulesCommands,
  ...keysCommands,
  checkCommand,
  evaluateCommand,
  surfaceCommand,
  simulateCommand,
  replayCommand,
  masterCommand,
  agentCommand,
  balancerCommand,
  loadCommand,
  ...canCommands,
]
