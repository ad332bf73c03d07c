// Stands for the command line that the launcher runs: says what happens to it, and does what the folder's `behave.json` says of it.
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [command, ...rest] = process.argv.slice(2)
const path = rest[rest.indexOf('--run-dir') + 1]
const said = join(path, '..', 'said')
const say = (what) => appendFileSync(said, `${JSON.stringify({ command, what, pid: process.pid })}\n`)
const { [command]: behaviour } = JSON.parse(readFileSync(join(path, '..', 'behave.json'), 'utf8'))

say('began')
appendFileSync(join(path, '..', 'environment'), `${JSON.stringify(process.env)}\n`)
if (behaviour === 'hopeless') {
  process.stderr.write('{"event":"process.failed","code":"PORT_IN_USE","detail":"port 80"}\n')
  process.exit(2)
}
if (behaviour === 'crashes') process.exit(1)
process.on('SIGTERM', () => {
  if (behaviour === 'deaf') return
  say('ended')
  process.exit(0)
})
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
