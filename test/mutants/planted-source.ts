// Loads modules of this repository with a bug in them, beside the sound ones: every file below gets the bug's name as a query, so
// that it is another module, and the one file that the bug is in another text. Only in plain node: vitest loads modules by itself.
import { registerHooks } from 'node:module'

export interface SourceEdit {
  /** From the root of the repository. */
  readonly path: string
  readonly find: string
  readonly replace: string
}

const root = new URL('../../', import.meta.url)
const edits = new Map<string, SourceEdit>()

/** `path` is of the module to import, from the root. Throws when what is to be replaced is not there exactly once. */
export async function importPlanted(name: string, edit: SourceEdit, path: string): Promise<unknown> {
  if (edits.size === 0) registerHooks({ resolve, load })
  edits.set(name, edit)
  const url = new URL(path, root)
  url.searchParams.set('planted', name)
  return await import(url.href)
}

const resolve: Parameters<typeof registerHooks>[0]['resolve'] = (specifier, context, next) => {
  const resolved = next(specifier, context)
  const name = context.parentURL?.startsWith('file:') && new URL(context.parentURL).searchParams.get('planted')
  if (!name || !resolved.url.startsWith(root.href) || resolved.url.includes('/node_modules/')) return resolved
  const url = new URL(resolved.url)
  url.searchParams.set('planted', name)
  return { ...resolved, url: url.href }
}

const load: Parameters<typeof registerHooks>[0]['load'] = (href, context, next) => {
  const loaded = next(href, context)
  if (!href.startsWith(root.href)) return loaded
  const url = new URL(href)
  const edit = edits.get(url.searchParams.get('planted') ?? '')
  if (!edit || url.pathname !== new URL(edit.path, root).pathname) return loaded
  const text = Buffer.from(loaded.source as Uint8Array).toString()
  const parts = text.split(edit.find)
  if (parts.length !== 2) throw new Error(`${edit.path} holds ${parts.length - 1} times: ${edit.find}`)
  return { ...loaded, source: parts.join(edit.replace) }
}
