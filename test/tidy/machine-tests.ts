// R49: a machine without its tests may not exist. For src/machines/blade-machine.ts there must be
//   test/machines/blade.graph.test.ts   every state and transition, by paths of @xstate/graph
//   test/machines/blade.model.test.ts   command sequences of fast-check against the model
//   models/blade-model.ts               the model, which imports nothing of what it checks
//   test/machines/blade.mutants.ts      at least three planted bugs, which those tests catch
import type { AnyStateNode } from 'xstate'
import type { SourceFile } from './import-direction.ts'
import { importsOf, readSource } from './source-text.ts'

export const mutantCountMin = 3

export function machineNames(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path }) => /^src\/machines\/([a-z-]+)-machine\.ts$/.exec(path)?.[1] ?? [])
}

export function untestedMachines(files: readonly SourceFile[]): string[] {
  const textOf = new Map(files.map(({ path, text }) => [path, text]))
  const importing = (path: string, wanted: RegExp) =>
    importsOf(textOf.get(path) ?? '').some(({ specifier }) => wanted.test(specifier))
  return machineNames(files).flatMap((name) => {
    const model = `models/${name}-model.ts`
    const graphTest = `test/machines/${name}.graph.test.ts`
    const modelTest = `test/machines/${name}.model.test.ts`
    const mutants = `test/machines/${name}.mutants.ts`
    const missing = [model, graphTest, modelTest, mutants].filter((path) => !textOf.has(path))
    if (missing.length > 0) return missing.map((path) => `${name} machine: ${path} is missing`)
    const needed: [path: string, wanted: RegExp, what: string][] = [
      [graphTest, new RegExp(`/machines/${name}-machine\\.ts$|(?:^|/)${name}\\.[\\w.-]+\\.ts$`), 'the machine'],
      [modelTest, new RegExp(`/models/${name}-model\\.ts$`), 'the model'],
    ]
    const idle = needed
      .filter(([path, wanted]) => !importing(path, wanted))
      .map(([path, , what]) => `${name} machine: ${path} does not import ${what}`)
    const usesMutants = [graphTest, modelTest].some((path) => importing(path, new RegExp(`/${name}\\.mutants\\.ts$`)))
    return usesMutants ? idle : [...idle, `${name} machine: no test imports ${mutants}`]
  })
}

/** A machine that hides in a file of another name has no tests asked of it. */
export function hiddenMachines(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('src/') && !path.endsWith('-machine.ts'))
    .filter(({ text }) => /\bcreateMachine\s*\(/.test(readSource(text).code))
    .map(({ path }) => `${path}: makes a machine, and is not called …-machine.ts`)
}

/** Lists and records of planted bugs that a module exports, counted. */
export function mutantCount(exported: Readonly<Record<string, unknown>>): number {
  return Object.values(exported)
    .filter((value) => typeof value === 'object' && value !== null)
    .reduce<number>((sum, value) => sum + (Array.isArray(value) ? value.length : Object.keys(value ?? {}).length), 0)
}

/** Every state says why it is there: the console shows it. The root does not count. */
export function statesWithoutDescription(root: AnyStateNode): string[] {
  return Object.values(root.states).flatMap((state) => [
    ...((state.description ?? '').trim() === '' ? [state.id] : []),
    ...statesWithoutDescription(state),
  ])
}
