// Which path is whom. Paths are unique over cells and supervisors together.
import { InvariantError } from '../errors.ts'
import { parseAddress } from '../protocol/address.ts'
import { askPrefix } from './asks.ts'
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

  /** Nobody could answer a cell at such a path. */
  refuseUnaddressable(path: LocalPath, address: string): void {
    if (parseAddress(address) && !path.startsWith(askPrefix)) return
    throw new InvariantError('INVARIANT_BROKEN', 'no address can name this path', path)
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

  /** Nearest first. Ids may hold slashes, so not every prefix is one. */
  supervisorsAbove(path: LocalPath): Supervisor[] {
    const parts = path.split('/')
    const prefixes = parts.map((_, i) => parts.slice(0, i).join('/')).reverse()
    return prefixes.flatMap((prefix) => this.supervisors.get(prefix) ?? [])
  }

  cellPaths(prefix: string): LocalPath[] {
    const paths = [...this.cells.keys()]
    return prefix === '' ? paths : paths.filter((path) => path.startsWith(prefix))
  }

  get cellCount(): number {
    return this.cells.size
  }
}
