import { describe, test } from 'vitest'
import { escalationCases } from './escalation-cases.ts'

describe('R40: escalation', () => {
  for (const [name, run] of Object.entries(escalationCases)) test(name, run)
})
