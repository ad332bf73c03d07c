import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { coreCases } from './core-cases.ts'
import { isDevelopmentBuild } from './xstate-build.ts'

describe("on xstate's development build", () => {
  test('this is the development build', () => expect(isDevelopmentBuild()).toBe(true))
  for (const [name, run] of Object.entries(coreCases)) test(name, run)
})

test("on xstate's production build, in plain node, the same cases pass", async () => {
  const program = new URL('./core-on-production.ts', import.meta.url).pathname
  // Vitest's own NODE_OPTIONS and conditions must not reach it.
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env: {} })
  expect(JSON.parse(stdout)).toEqual({ isDevelopment: false, passed: Object.keys(coreCases) })
})
