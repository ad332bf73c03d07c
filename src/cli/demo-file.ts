import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The configuration of the demonstration. Installed, this file lies one folder further down. */
export const demoFile =
  ['../../examples/demo.yaml', '../../../examples/demo.yaml']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find(existsSync) ?? 'examples/demo.yaml'
