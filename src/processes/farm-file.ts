// A configuration from a file, with its folders found from where the file lies.
import { readFile, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { ConfigError } from '../errors.ts'
import { type FarmConfig, requireFarmConfig } from '../runtime/farm-config.ts'

/** No configuration is larger; what is, is not one. */
const bytesMax = 4 * 1024 * 1024

/** Throws one ConfigError that names every problem: CONFIG_UNREADABLE, CONFIG_INVALID, CONFIG_OVERCOMMITTED. */
export async function loadFarmConfig(path: string): Promise<FarmConfig> {
  const config = requireFarmConfig(await read(path), path)
  const from = (folder: string) => resolve(dirname(path), folder)
  const { rulesFile } = config.decisions
  const decisions = rulesFile === undefined ? config.decisions : { ...config.decisions, rulesFile: from(rulesFile) }
  const { tls } = config.channel
  const files = tls && { ca: from(tls.ca), certificates: from(tls.certificates) }
  const channel = { ...config.channel, ...(files && { tls: files }) }
  return { ...config, channel, decisions, images: from(config.images), volumes: from(config.volumes) }
}

async function read(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > bytesMax) throw new Error(`${size} bytes are more than ${bytesMax}`)
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigError('CONFIG_UNREADABLE', error instanceof Error ? error.message : String(error), path)
  }
}
