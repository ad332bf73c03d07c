import { readFileSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/errors.ts'
import { keysOf, replaceKeys, settleKeys } from '../../../src/processes/keys.ts'
import { noteProcess, prepareRunDirectory, type RunDirectory } from '../../../src/processes/run-directory.ts'
import { makeProcessFolder, type ProcessFolder, smallFarm } from './process-folder.ts'

let folder: ProcessFolder
let directory: RunDirectory

beforeEach(() => {
  folder = makeProcessFolder()
  directory = prepareRunDirectory(folder.path, smallFarm())
})
afterEach(() => folder.remove())

/** It began so long ago, or will have begun so much later. */
function runs(node: string, secondsFromNow: number): void {
  noteProcess(directory, node, 'agent')
  const at = Date.now() / 1000 + secondsFromNow
  utimesSync(join(folder.path, 'notes', `process-${node}.json`), at, at)
}

const replace = (...nodes: string[]) => replaceKeys(folder.path, directory.config, nodes)

describe('R65: a key that is replaced', () => {
  test('is another one, for its owner alone; of a node that runs the former one counts too', () => {
    runs('a01', -60)
    const [before = ''] = directory.tokensOf('a01')
    replace('a01')
    const [now = '', ...others] = directory.tokensOf('a01')
    expect(now).toMatch(/^[0-9a-f]{64}$/)
    expect(now).not.toBe(before)
    expect(others).toEqual([before])
    for (const name of ['a01', 'a01.former'])
      expect(statSync(join(folder.path, 'tokens', name)).mode & 0o777).toBe(0o600)
    expect(keysOf(folder.path, directory.config).filter(({ isReplacing }) => isReplacing)).toMatchObject([
      { node: 'a01' },
    ])
  })

  test('counts no more once its process was started anew, or runs no longer', () => {
    runs('a01', -60)
    replace('a01', 'lb')
    runs('a01', +60)
    settleKeys(folder.path, directory.config)
    expect(directory.tokensOf('a01')).toHaveLength(1)
    expect(directory.tokensOf('lb')).toHaveLength(1)
  })

  test('is not replaced again while a process has the former one: that would shut it out; nothing is changed then', () => {
    runs('a01', -60)
    replace('a01')
    const before = directory.tokensOf('a01')
    expect(() => replace('lb', 'a01')).toThrow(ConfigError)
    expect(directory.tokensOf('a01')).toEqual(before)
    expect(directory.tokensOf('lb')).toHaveLength(1)
  })

  test('of the operators changes at once', () => {
    const file = join(folder.path, 'tokens', 'control')
    const before = readFileSync(file, 'utf8')
    replace('control')
    expect(readFileSync(file, 'utf8')).not.toBe(before)
  })

  test.each(['nobody', '../a01', 'a01.former', ''])('of %j is refused: there is none', (node) => {
    expect(() => replace(node)).toThrow('COMMAND_INVALID')
  })
})

test('a list of keys shows none of them', () => {
  const said = JSON.stringify(keysOf(folder.path, directory.config))
  for (const node of ['m1', 'a01', 'lb']) expect(said).not.toContain(directory.tokenOf(node)?.slice(8, 40))
})
