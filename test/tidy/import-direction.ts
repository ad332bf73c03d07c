// Imports run one way. The table is docs/architecture.md's, one line a layer: what it may import directly; what those may import
// it may import too. A layer that is not in the table may not exist.
import { dirname, join } from 'node:path/posix'
import { importsOf } from './source-text.ts'

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string
  readonly text: string
}

export const directImports: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  errors: [],
  accounts: ['protocol', 'errors'],
  decision: ['protocol', 'errors'],
  pair: ['protocol', 'errors'],
  machines: ['decision', 'pair'],
  ports: ['protocol', 'errors'],
  actors: ['machines', 'accounts', 'decision', 'pair', 'ports'],
  transport: ['protocol', 'ports'],
  drivers: ['protocol', 'ports'],
  store: ['protocol', 'ports'],
  runtime: ['actors', 'transport', 'drivers', 'store'],
  models: ['protocol'],
  evaluation: ['accounts', 'decision', 'ports'],
  testing: ['runtime', 'models'],
  processes: ['runtime'],
  index: ['processes'],
  console: ['index'],
  cli: ['testing', 'index', 'console', 'evaluation'],
}

/** Packages and Node modules have their layers too: what is missing here may be imported by nobody in src and models. */
const layersOfPackage: Readonly<Record<string, readonly string[]>> = {
  xstate: ['machines', 'actors', 'runtime', 'testing', 'console'],
  zod: [
    'protocol',
    'accounts',
    'evaluation',
    'actors',
    'transport',
    'drivers',
    'store',
    'runtime',
    'processes',
    'console',
    'cli',
  ],
  yaml: ['runtime'],
  ws: ['transport'],
  msgpackr: ['transport', 'drivers', 'store'],
  undici: ['drivers', 'cli'],
  pino: ['drivers', 'cli'],
  '@xstate/graph': ['testing'],
  'fast-check': ['testing'],
}
const pureNodeModules = ['node:crypto', 'node:path', 'node:path/posix', 'node:url', 'node:zlib']
const layersOfPureNodeModules = [
  'accounts',
  'actors',
  'transport',
  'drivers',
  'store',
  'runtime',
  'processes',
  'testing',
  'index',
  'console',
  'cli',
]
/** I/O only through ports: these are, or hold, the ports. */
const layersOfNodeModules = ['transport', 'drivers', 'store', 'processes', 'console', 'cli']

/** Undefined for a file outside src and models. */
export function layerOf(path: string): string | undefined {
  const [top, second = ''] = path.split('/')
  if (top === 'models') return 'models'
  return top === 'src' ? second.replace(/\.ts$/, '') : undefined
}

export function reachableFrom(layer: string, table = directImports): ReadonlySet<string> {
  const reached = new Set<string>([layer])
  for (const one of reached) for (const next of table[one] ?? []) reached.add(next)
  return reached
}

export function wrongImports(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const layer = layerOf(file.path)
    if (layer === undefined) return []
    if (!Object.hasOwn(directImports, layer)) return [`${file.path}: there is no layer ${layer}`]
    return importsOf(file.text).flatMap(({ specifier, line, isType }) => {
      const wrong = specifier.startsWith('.')
        ? wrongLayer(file.path, layer, specifier, isType)
        : wrongPackage(layer, specifier)
      return wrong === undefined ? [] : [`${file.path}:${line}: ${wrong}`]
    })
  })
}

function wrongLayer(path: string, layer: string, specifier: string, isType: boolean): string | undefined {
  const target = layerOf(resolve(path, specifier))
  if (target === undefined) return `${layer} imports ${specifier}, which is outside src and models`
  if (!reachableFrom(layer).has(target)) return `${layer} imports ${target}`
  // A model that imports what it checks, checks nothing.
  if (layer === 'models' && target === 'protocol' && !isType) return 'models imports more than types of protocol'
  return undefined
}

function wrongPackage(layer: string, specifier: string): string | undefined {
  const pure = pureNodeModules.includes(specifier)
  const allowed = specifier.startsWith('node:')
    ? pure
      ? layersOfPureNodeModules
      : layersOfNodeModules
    : (layersOfPackage[packageOf(specifier)] ?? [])
  return allowed.includes(layer) ? undefined : `${layer} imports ${specifier}`
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function resolve(path: string, specifier: string): string {
  return join(dirname(path), specifier)
}

/** Each cycle once, as `a.ts -> b.ts -> a.ts`; type imports count, because people read them too. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(text)
        .filter(({ specifier }) => specifier.startsWith('.'))
        .map(({ specifier }) => resolve(path, specifier)),
    ]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]) => {
    const seen = trail.indexOf(path)
    if (seen >= 0) {
      cycles.push([...trail.slice(seen), path].join(' -> '))
      return
    }
    if (done.has(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return cycles
}
