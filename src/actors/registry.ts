// Which path is whom. Paths are unique over cells and supervisors together.
import { InvariantError } from '../errors.ts'
import type { Cell } from './cell.ts'
import type { Child } from './child.ts'
import type { LocalPath } from './effects.ts'
import { Supervisor } from './supervisor.ts'

export class Registry {
  private readonly cells = new Map<LocalPath, Cell>()
  private readonly supervisors = new Map<LocalPath, Supervisor>()

  add(child: Cell | Supervisor): void {
    const { path } = child
    if (this.find(path)) throw new InvariantError('INVARIANT_BROKEN', 'this path is taken', path)
    if (child instanceof Supervisor) this.supervisors.set(path, child)
    else this.cells.set(path, child)
  }

  remove(child: Child): void {
    if (this.find(child.path) !== child) return
    this.cells.delete(child.path)
    this.supervisors.delete(child.path)
  }

  find(path: LocalPath): Cell | Supervisor | undefined {
    return this.cells.get(path) ?? this.supervisors.get(path)
  }

  cell(path: LocalPath): Cell | undefined {
    return this.cells.get(path)
  }

  supervisor(path: LocalPath): Supervisor | undefined {
    return this.supervisors.get(path)
  }

  cellPaths(prefix: string): LocalPath[] {
    const paths = [...this.cells.keys()]
    return prefix === '' ? paths : paths.filter((path) => path.startsWith(prefix))
  }

  get cellCount(): number {
    return this.cells.size
  }
}
