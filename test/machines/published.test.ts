// What `bladewright/machines` gives to others: every machine there is, as xstate's own, without anything that acts.
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { StateMachine } from 'xstate'
import * as published from '../../src/machines/index.ts'

const files = readdirSync(new URL('../../src/machines/', import.meta.url)).filter((file) =>
  file.endsWith('-machine.ts'),
)
const exported: Readonly<Record<string, unknown>> = published

test.each(files)('R60: %s is published', async (file) => {
  const name = file.replace('.ts', '').replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  const module: Readonly<Record<string, unknown>> = await import(`../../src/machines/${file}`)
  expect(module[name]).toBeInstanceOf(StateMachine)
  expect(exported[name]).toBe(module[name])
})

test('R60: nothing acts in a machine by itself: its effects are named and left to the runtime', () => {
  const machines = Object.values(exported).filter((value) => value instanceof StateMachine)
  expect(machines).toHaveLength(files.length)
  for (const machine of machines) expect(published.unprovidedIn(machine), machine.id).not.toEqual([])
})
