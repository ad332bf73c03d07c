// The decision surface of a group (Fig. 17), from its configuration and rules.
import { writeFileSync } from 'node:fs'
import { decisionSurface } from '../../decision/fuzzy-inference.ts'
import { parseRules } from '../../decision/fuzzy-rules.ts'
import { ConfigError } from '../../errors.ts'
import { loadFarmConfig } from '../../processes/farm-file.ts'
import { rulesOf } from '../../processes/rules-file.ts'
import type { FarmConfig } from '../../runtime/farm-config.ts'
import { print } from '../client-for.ts'
import { closestTo } from '../closest.ts'
import { type Command, jsonOption } from '../command.ts'
import { demoFile } from '../demo-file.ts'
import { surfaceLines, surfaceSvg } from '../draw-surface.ts'
import { numberOption } from '../number-option.ts'

const steps = 40

export const surfaceCommand: Command = {
  name: 'surface',
  summary: 'Draw when a group asks for blades and when it offers some, by its rules',
  usage: 'surface <group> [--config FILE] [--balance N] [--svg FILE] [--json]',
  options: [
    { name: 'config', value: 'FILE', summary: 'configuration of the farm; default the demonstration' },
    { name: 'balance', value: 'N', summary: 'the worst B_k that is measured: -50 best, 50 the limit; default 0' },
    { name: 'svg', value: 'FILE', summary: 'write a picture' },
    jsonOption,
  ],
  examples: ['bladewright surface shop/web', 'bladewright surface shop/web --balance 40 --svg surface.svg'],
  words: [1, 1],
  async run(input) {
    const config = await loadFarmConfig(input.text('config') ?? demoFile)
    const group = input.words[0] ?? ''
    const priority = priorityOf(config, group)
    const parsed = parseRules(rulesOf(config))
    const balance = numberOption(input, 'balance', -1_000, 1_000) ?? 0
    const surface = decisionSurface(parsed.ok ? parsed.rules : [], { priority, balance, steps })
    const title = { group, priority, balance, wishMin: config.decisions.local.wishMin }
    const file = input.text('svg')
    if (file !== undefined) write(file, surfaceSvg(surface, title))
    print(input, { ...title, ...surface }, () => surfaceLines(surface, title))
    return 0
  },
}

function priorityOf({ accounts }: FarmConfig, name: string): number {
  const groups = accounts.flatMap(({ id, groups: ours }) =>
    ours.map((group) => ({ ...group, name: `${id}/${group.id}` })),
  )
  const found = groups.find((group) => group.name === name)
  if (found) return found.priority
  const names = groups.map((group) => group.name)
  const meant = closestTo(name, names)
  const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${meant}?`
  throw new ConfigError('COMMAND_INVALID', `no group ${name}; ${hint}`)
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new ConfigError('CONFIG_UNREADABLE', error instanceof Error ? error.message : String(error), file)
  }
}
