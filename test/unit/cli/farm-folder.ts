// A run directory as a launcher leaves it, whose master is this test: the command line finds port and token in it by itself.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadFarmConfig } from '../../../src/processes/farm-file.ts'
import { controlToken, notePort, noteProcess, prepareRunDirectory } from '../../../src/processes/run-directory.ts'
import { type OpenPort, openControlPort } from '../processes/control-stand-in.ts'

export const exampleFile = fileURLToPath(new URL('../../../examples/demo.yaml', import.meta.url))

export interface FarmFolder {
  readonly path: string
  readonly master: OpenPort
  remove(): Promise<void>
}

export async function makeFarmFolder(): Promise<FarmFolder> {
  const path = join(mkdtempSync(join(tmpdir(), 'farm-')), 'run')
  const directory = prepareRunDirectory(path, await loadFarmConfig(exampleFile))
  const master = await openControlPort({ token: controlToken(path) ?? '' })
  noteProcess(directory, 'm1', 'master')
  notePort(path, 'control', { node: 'm1', pid: process.pid, port: master.port })
  return {
    path,
    master,
    async remove() {
      await master.close()
      rmSync(join(path, '..'), { recursive: true, force: true })
    },
  }
}
