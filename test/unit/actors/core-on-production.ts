// Run by core.test.ts in plain node, where `xstate` is the production build. Prints what passed.

import { coreCases } from './core-cases.ts'
import { isDevelopmentBuild } from './xstate-build.ts'

const passed: string[] = []
for (const [name, run] of Object.entries(coreCases)) {
  run()
  passed.push(name)
}
process.stdout.write(JSON.stringify({ isDevelopment: isDevelopmentBuild(), passed }))
