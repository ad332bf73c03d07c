// Which files a kernel needs for some of its modules, in the order in which they are loaded: what a module needs before the module.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Names that the kernel has built in have no file, and none is needed. Of `-` and `_` a kernel thinks as of one. */
export function withWhatTheyNeed(names: readonly string[], folder: string): string[] {
  const files = new Map<string, string>()
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (path.endsWith('.ko')) files.set(plain(basename(path, '.ko')), join(folder, path))
  const ordered: string[] = []
  const add = (name: string) => {
    const file = files.get(plain(name))
    if (file === undefined || ordered.includes(file)) return
    for (const needed of needsOf(file)) add(needed)
    ordered.push(file)
  }
  names.forEach(add)
  return ordered
}

function plain(name: string): string {
  return name.replaceAll('-', '_')
}

function needsOf(file: string): string[] {
  const [, list = ''] = /\0depends=([\w,-]*)\0/.exec(readFileSync(file, 'latin1')) ?? []
  return list.split(',').filter((name) => name !== '')
}
