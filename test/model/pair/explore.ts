// `npm run explore [-- --states 400000] [--scope lease]`: every state of the pair's models within the bounds that it prints, as JSON.
// Exit code 1 when a law is broken.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { explore, scopes } from './explorer.ts'
import { sound } from './reducers.ts'

const { values } = parseArgs({ options: { states: { type: 'string', default: '400000' }, scope: { type: 'string' } } })
const explored = scopes
  .filter(({ name }) => values.scope === undefined || values.scope === name)
  .map((scope) => {
    process.stderr.write(`${scope.name} …\n`)
    const startMs = performance.now()
    const { violation, ...found } = explore(scope, sound, Number(values.states))
    const seconds = Math.round((performance.now() - startMs) / 100) / 10
    return { ...found, seconds, violation: violation?.message ?? null }
  })
const report = {
  machine: { cores: cpus().length, model: cpus()[0]?.model, node: process.version },
  masters: 2,
  boards: 3,
  states: explored.reduce((sum, { states }) => sum + states, 0),
  seconds: explored.reduce((sum, { seconds }) => sum + seconds, 0),
  scopes: explored,
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
if (explored.some(({ violation }) => violation !== null)) process.exitCode = 1
