import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  allLivingProcesses,
  becomeNode,
  channelUrl,
  claimRunDirectory,
  controlToken,
  livePortOf,
  livingProcesses,
  nodesOf,
  noteLauncher,
  notePort,
  noteProcess,
  openRunDirectory,
  prepareRunDirectory,
} from '../../../src/processes/run-directory.ts'
import { makeProcessFolder, nameOf, type ProcessFolder, smallFarm, stays, writeProcessNote } from './process-folder.ts'

let folder: ProcessFolder
let path: string

beforeEach(() => {
  folder = makeProcessFolder()
  path = folder.path
})
afterEach(() => folder.remove())

const modeOf = (...names: string[]) => statSync(join(path, ...names)).mode & 0o777

describe('a run directory', () => {
  test('R65: gives every node a secret of its own, which its owner alone may read', () => {
    const directory = prepareRunDirectory(path, smallFarm())
    const nodes = nodesOf(directory.config)
    expect(nodes).toEqual(['m1', 'm2', 'a01', 'lb', 'load', 'demo'])
    const secrets = [...nodes.map(directory.tokenOf), controlToken(path)]
    expect(new Set(secrets).size).toBe(7)
    for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/)
    for (const name of readdirSync(join(path, 'tokens'))) expect(modeOf('tokens', name)).toBe(0o600)
    expect([modeOf(), modeOf('tokens'), modeOf('notes'), modeOf('data'), modeOf('blades')]).toEqual([
      0o711, 0o700, 0o700, 0o700, 0o711,
    ])
    directory.dataOf('a01')
    expect(modeOf('data', 'a01')).toBe(0o700)
  })

  test('R65: knows no secret for a node that is none of the farm, nor for a path', () => {
    const directory = prepareRunDirectory(path, smallFarm(['c01', 'c02']))
    expect(directory.tokenOf('a02')).toBeDefined()
    const smaller = prepareRunDirectory(path, smallFarm(['c01']))
    for (const node of ['a02', 'control', '../tokens/m1', 'stranger']) expect(smaller.tokenOf(node)).toBeUndefined()
  })

  test('keeps its secrets when it is set up again, and closes folders that were open', () => {
    const before = prepareRunDirectory(path, smallFarm()).tokenOf('a01')
    rmSync(join(path, 'tokens', 'lb'))
    const after = prepareRunDirectory(path, smallFarm())
    expect(after.tokenOf('a01')).toBe(before)
    expect(after.tokenOf('lb')).toMatch(/^[0-9a-f]{64}$/)
  })

  test('is read back as it was set up, folders absolute', () => {
    const { config } = prepareRunDirectory(path, smallFarm())
    expect(openRunDirectory(path).config).toEqual(config)
    expect(config.images).toBe(join(process.cwd(), 'images'))
  })

  test('a place that is none is refused with its name', () => {
    expect(() => openRunDirectory(path)).toThrow(`RUN_DIRECTORY_UNUSABLE at ${path}`)
    writeFileSync(path, '')
    expect(() => prepareRunDirectory(path, smallFarm())).toThrow(`RUN_DIRECTORY_UNUSABLE at ${path}`)
    expect(() => claimRunDirectory(path)).toThrow(`RUN_DIRECTORY_UNUSABLE at ${path}`)
  })
})

describe('one launcher a run directory', () => {
  test('a second one is refused with the first one’s process id, also in one process, until the first lets go', () => {
    const release = claimRunDirectory(path)
    noteLauncher(prepareRunDirectory(path, smallFarm()))
    expect(() => claimRunDirectory(path)).toThrow(
      `RUN_DIRECTORY_IN_USE at ${path}: process ${process.pid} runs a farm here`,
    )
    release()
    claimRunDirectory(path)()
  })
})

describe('lives of a node', () => {
  test('are numbered, each one more than the last, over restarts', () => {
    const first = prepareRunDirectory(path, smallFarm())
    expect([first.nextIncarnation('a01'), first.nextIncarnation('a01'), first.nextIncarnation('lb')]).toEqual([1, 2, 1])
    expect(openRunDirectory(path).nextIncarnation('a01')).toBe(3)
  })

  test.each(['', 'NaN', '-1', '1.5', '12x', '9'.repeat(16)])(
    'a number that reads %j is refused, not guessed',
    (text) => {
      const directory = prepareRunDirectory(path, smallFarm())
      directory.nextIncarnation('a01')
      const file = join(path, 'data', 'a01', 'incarnation')
      writeFileSync(file, text)
      expect(() => directory.nextIncarnation('a01')).toThrow(`RUN_DIRECTORY_UNUSABLE at ${file}`)
      expect(readFileSync(file, 'utf8')).toBe(text)
    },
  )

  test('two processes are never one node at once', () => {
    const directory = prepareRunDirectory(path, smallFarm())
    const first = becomeNode(directory, 'a01', 'agent', false)
    expect(() => becomeNode(directory, 'a01', 'agent', false)).toThrow(`process ${process.pid} is a01 already`)
    expect(livingProcesses(path, directory.config).map(({ node }) => node)).toEqual(['a01'])
    first.leave()
    expect(livingProcesses(path, directory.config)).toEqual([])
    expect(becomeNode(directory, 'a01', 'agent', false).incarnation).toBe(first.incarnation + 1)
  })
})

describe('who runs', () => {
  test('is told by process id and start time: a pid that was used again is nobody of ours', async () => {
    const { config } = prepareRunDirectory(path, smallFarm())
    const child = await folder.run(stays)
    const name = nameOf(child)
    writeProcessNote(path, { node: 'a01', kind: 'agent', process: name, isTied: true })
    writeProcessNote(path, { node: 'lb', kind: 'balancer', process: { ...name, startTicks: '1' }, isTied: true })
    writeProcessNote(path, { node: 'load', kind: 'load', process: { ...name, kernelBoot: 'another' }, isTied: true })
    expect(livingProcesses(path, config).map(({ node }) => node)).toEqual(['a01'])
  })

  test('is also told of nodes that the configuration no longer has', () => {
    noteProcess(prepareRunDirectory(path, smallFarm(['c01', 'c02'])), 'a02', 'agent')
    const { config } = prepareRunDirectory(path, smallFarm(['c01']))
    expect(livingProcesses(path, config)).toEqual([])
    expect(allLivingProcesses(path).map(({ node }) => node)).toEqual(['a02'])
  })

  test('notes that are damaged or of something else are nobody', () => {
    prepareRunDirectory(path, smallFarm())
    writeFileSync(join(path, 'notes', 'process-a01.json'), '{"node":')
    writeFileSync(join(path, 'notes', 'process-lb.json.new'), 'x')
    writeFileSync(join(path, 'notes', 'channel.json'), '{"node":"m1","pid":1,"port":80}')
    expect(allLivingProcesses(path)).toEqual([])
  })
})

describe('where the master listens', () => {
  test('is an address, in brackets where it must be', () => {
    const directory = prepareRunDirectory(path, smallFarm(['c01'], "channel: { host: '::1' }"))
    expect(channelUrl(directory, 'm1')).toBeUndefined()
    notePort(path, 'channel', { node: 'm1', pid: process.pid, port: 4711 })
    expect(channelUrl(directory, 'm1')).toBe('ws://[::1]:4711')
  })

  test('R65: the port of a dead master is nobody’s: no operator’s token is shown there', async () => {
    prepareRunDirectory(path, smallFarm())
    const child = await folder.run(stays)
    const name = nameOf(child)
    notePort(path, 'control', { node: 'm1', pid: name.pid, port: 4711 })
    writeProcessNote(path, { node: 'm1', kind: 'master', process: name, isTied: true })
    expect(livePortOf(path, 'control', 'm1')?.port).toBe(4711)
    writeProcessNote(path, { node: 'm1', kind: 'master', process: { ...name, startTicks: '1' }, isTied: true })
    expect(livePortOf(path, 'control', 'm1')).toBeUndefined()
  })
})
