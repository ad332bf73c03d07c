// The farm, redrawn in place on a terminal. `renderFarm` is pure: a status, the last events and a size in, lines out.
import type { FarmEvent } from '../runtime/farm-control.ts'
import type { BladeStatus, FarmStatus, GroupStatus } from '../runtime/farm-status.ts'
import { placeName } from './explanation.ts'

export interface View {
  readonly columns: number
  readonly rows: number
  readonly isColoured: boolean
}

const paints = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const
type Paint = keyof typeof paints

const lifecyclePaints: Record<BladeStatus['lifecycle'], Paint> = {
  unknown: 'dim',
  cold: 'dim',
  warm: 'yellow',
  booting: 'cyan',
  joining: 'cyan',
  joined: 'green',
  draining: 'magenta',
  scrubbing: 'blue',
  failed: 'red',
  quarantined: 'red',
}

const eventsShown = 6

export function renderFarm(status: FarmStatus, events: readonly FarmEvent[], view: View): string[] {
  const paint = (text: string, colour: Paint) => (view.isColoured ? `\u001b[${paints[colour]}m${text}\u001b[0m` : text)
  const { site, master, groups, blades, moves, decisions } = status
  const cabinets = [...new Set(blades.map(({ cabinet }) => cabinet))]
  const lines = [
    paint(
      `bladewright  site ${site}  ${master.node} ${master.state}, epoch ${master.epoch}, journal ${master.journalIndex}`,
      'bold',
    ),
    '',
    ...groups.map((group) => groupLine(group, paint)),
    '',
    ...cabinets.map(
      (cabinet) =>
        `${cabinet}  ${blades
          .filter((blade) => blade.cabinet === cabinet)
          .map((blade) => slot(blade, paint))
          .join('  ')}`,
    ),
    '',
    paint('moves', 'bold'),
    ...moves.map(
      ({ move, blade, from, to, cause, step }) =>
        `  ${move} ${blade}  ${from ?? 'pool'} → ${placeName(to)}  ${paint(cause, 'cyan')}  ${step ?? ''}`,
    ),
    ...(moves.length === 0 ? [paint('  none under way', 'dim')] : []),
    paint('decisions', 'bold'),
    ...decisions.slice(0, 4).map(({ decision, text }) => `  ${decision} ${text}`),
    paint('events', 'bold'),
    ...events.slice(-eventsShown).map((event) => `  ${eventLine(event)}`),
  ]
  return lines.slice(0, Math.max(1, view.rows - 1)).map((line) => cut(line, view.columns))
}

function groupLine(
  { group, state, port, roles, traffic, responseLimitMs }: GroupStatus,
  paint: (text: string, colour: Paint) => string,
) {
  const [held, committed, max] = [sum(roles, 'held'), sum(roles, 'committed'), sum(roles, 'max')]
  const level = `${held} blades (${committed}..${max})`
  const colour: Paint = state === 'requesting' ? 'yellow' : state === 'offering' ? 'cyan' : 'green'
  if (traffic === null) return `${group.padEnd(12)} :${port}  ${paint(state.padEnd(10), colour)} ${level}`
  const { arrivedPerSecond, refusedPerSecond, p50Ms, p95Ms, p99Ms } = traffic
  const late = p95Ms > responseLimitMs ? paint(`${p95Ms.toFixed(0)} ms`, 'red') : `${p95Ms.toFixed(0)} ms`
  const refused = refusedPerSecond > 0.5 ? paint(`  ${refusedPerSecond.toFixed(0)} refused/s`, 'red') : ''
  const rate = `${arrivedPerSecond.toFixed(0).padStart(4)} requests/s`
  return `${group.padEnd(12)} :${port}  ${paint(state.padEnd(10), colour)} ${level}  ${rate}  p50 ${p50Ms.toFixed(0)}  p95 ${late}  p99 ${p99Ms.toFixed(0)}${refused}`
}

function sum(roles: GroupStatus['roles'], field: 'held' | 'committed' | 'max'): number {
  return roles.reduce((total, role) => total + role[field], 0)
}

function slot(
  { blade, lifecycle, group, preparedFor, isReachable }: BladeStatus,
  paint: (text: string, colour: Paint) => string,
) {
  const whose = group ?? (preparedFor === null ? '' : `(${preparedFor})`)
  const text = `${blade.slice(4)} ${lifecycle} ${whose}`.trim().padEnd(22)
  return paint(isReachable ? text : text.replace(lifecycle, 'silent'), isReachable ? lifecyclePaints[lifecycle] : 'red')
}

/** One line for one event. */
export function eventLine({ type, at, ...fields }: FarmEvent): string {
  const said = Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined && typeof value !== 'object')
    .map(([name, value]) => `${name} ${String(value)}`)
  return `${new Date(at).toISOString().slice(11, 23)} ${type} ${said.join(', ')}`
}

const escapeCharacter = '\u001b'

/** To a number of visible characters; colours take none. */
function cut(line: string, columns: number): string {
  let visible = 0
  let isColour = false
  for (const [index, character] of [...line].entries()) {
    if (character === escapeCharacter) isColour = true
    if (!isColour) visible += 1
    if (visible > columns)
      return `${[...line].slice(0, index).join('')}${line.includes(escapeCharacter) ? '\u001b[0m' : ''}`
    if (isColour && character === 'm') isColour = false
  }
  return line
}

export interface LiveView {
  draw(status: FarmStatus, events: readonly FarmEvent[]): void
  end(): void
}

export function createLiveView(terminal: NodeJS.WriteStream, isColoured: boolean): LiveView {
  let drawn = 0
  terminal.write('\u001b[?25l')
  return {
    draw(status, events) {
      const view = { columns: terminal.columns || 80, rows: terminal.rows || 24, isColoured }
      const lines = renderFarm(status, events, view)
      const up = drawn > 0 ? `\u001b[${drawn}A` : ''
      terminal.write(`${up}${lines.map((line) => `\r${line}\u001b[K\n`).join('')}\u001b[J`)
      drawn = lines.length
    },
    end() {
      terminal.write('\u001b[?25h')
    },
  }
}
