import type { ChildSpec } from './child-spec.ts'

/** The specifications without the one at this path below their supervisor; the same array when there is none. */
export function withoutChild(specs: readonly ChildSpec[], path: string): readonly ChildSpec[] {
  if (specs.some(({ id }) => id === path)) return specs.filter(({ id }) => id !== path)
  for (const [index, spec] of specs.entries()) {
    if (spec.kind !== 'supervisor' || !path.startsWith(`${spec.id}/`)) continue
    const children = withoutChild(spec.children, path.slice(spec.id.length + 1))
    if (children !== spec.children) return specs.with(index, { ...spec, children })
  }
  return specs
}
