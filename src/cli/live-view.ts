// The farm, redrawn in place on a terminal. `renderFarm` is pure: a status, the last events and a size in, lines out.
// What does not fit is cut from the right and from below: what is below is the least urgent.
import type { FarmEvent } from '../runtime/farm-control.ts'
import type { BladeStatus, FarmStatus, GroupStatus, MoveStatus } from '../runtime/farm-status.ts'
import { eventLine } from './event-line.ts'
import { placeName } from './explanation.ts'
import { plainText } from './plain-text.ts'
import { alarmLine, channelLines, redundancyLines } from './status-lines.ts'

export interface View {
  readonly columns: number
  readonly rows: number
  readonly isColoured: boolean
}

const paints = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const
type Paint = keyof typeof paints
type Painter = (text: string, colour: Paint) => string

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

const decisionsShown = 4
const eventsShown = 6
const slotColumns = 24

export function renderFarm(status: FarmStatus, events: readonly FarmEvent[], view: View): string[] {
  const paint: Painter = (text, colour) => (view.isColoured ? `\u001b[${paints[colour]}m${text}\u001b[0m` : text)
  const { groups, blades, moves, decisions, alarms } = status
  const cabinets = [...new Set(blades.map(({ cabinet }) => cabinet))]
  const rackOf = (cabinet: string) => blades.filter((blade) => blade.cabinet === cabinet)
  const lines = [
    headLine(status, paint),
    ...alarms.map((alarm) => paint(alarmLine(alarm), 'red')),
    ...redundancyLines(status).map((line) => paint(line, 'dim')),
    ...channelLines(status).map((line) => paint(line, 'dim')),
    '',
    ...groupLines(groups, paint),
    '',
    ...cabinets.flatMap((cabinet) => rackLines(cabinet, rackOf(cabinet), view.columns, paint)),
    '',
    paint('moves', 'bold'),
    ...(moves.length === 0 ? [paint('  none under way', 'dim')] : moves.map((move) => moveLine(move, paint))),
    paint('decisions', 'bold'),
    ...decisions.slice(0, decisionsShown).map(({ decision, text }) => `  ${decision} ${plainText(text)}`),
    paint('events', 'bold'),
    ...events.slice(-eventsShown).map((event) => `  ${eventLine(event)}`),
  ]
  // One row less: a line feed in the last one would scroll.
  return lines.slice(0, Math.max(1, view.rows - 1)).map((line) => cut(line, view.columns))
}

function headLine({ site, master }: FarmStatus, paint: Painter): string {
  const { node, state, epoch, journalIndex, automation } = master
  const said = paint(`bladewright  site ${site}  ${node} ${state}, epoch ${epoch}, journal ${journalIndex}`, 'bold')
  return automation === 'act' ? said : `${said}  ${paint('advises only: nothing is moved', 'yellow')}`
}

/** Narrow enough, with the names of the demonstration, for 80 columns. */
function groupLines(groups: readonly GroupStatus[], paint: Painter): string[] {
  const nameColumns = Math.max(5, ...groups.map(({ group }) => group.length))
  const row = (name: string, port: string, state: string, blades: string, figures: string) =>
    `${name.padEnd(nameColumns)} ${port.padEnd(5)} ${state} ${blades.padEnd(9)} ${figures}`
  const head = row('group', 'port', 'state'.padEnd(10), 'blades', 'requests/s p50 ms p95 ms p99 ms refused/s')
  const lines = groups.map((one) => {
    const { group, port, state, roles } = one
    const level = `${sum(roles, 'held')} (${sum(roles, 'committed')}..${sum(roles, 'max')})`
    return row(group, String(port), paint(state.padEnd(10), groupPaints[state] ?? 'green'), level, figures(one, paint))
  })
  return [paint(head, 'dim'), ...lines]
}

const groupPaints: Readonly<Record<string, Paint>> = { requesting: 'yellow', offering: 'cyan', held: 'magenta' }

function figures({ traffic, responseLimitMs }: GroupStatus, paint: Painter): string {
  if (traffic === null) return ''
  const { arrivedPerSecond, refusedPerSecond, p50Ms, p95Ms, p99Ms } = traffic
  const figure = (value: number, columns: number) => value.toFixed(0).padStart(columns)
  const p95 = figure(p95Ms, 6)
  const refused = figure(refusedPerSecond, 9)
  return [
    figure(arrivedPerSecond, 10),
    figure(p50Ms, 6),
    p95Ms > responseLimitMs ? paint(p95, 'red') : p95,
    figure(p99Ms, 6),
    refusedPerSecond >= 0.5 ? paint(refused, 'red') : refused,
  ].join(' ')
}

function sum(roles: GroupStatus['roles'], field: 'held' | 'committed' | 'max'): number {
  return roles.reduce((total, role) => total + role[field], 0)
}

/** A cabinet goes on in the next line when the terminal is too narrow for its slots. */
function rackLines(cabinet: string, blades: readonly BladeStatus[], columns: number, paint: Painter): string[] {
  const indent = cabinet.length + 2
  const aLine = Math.max(1, Math.floor((columns - indent) / slotColumns))
  const lineCount = Math.ceil(blades.length / aLine)
  return Array.from({ length: lineCount }, (_, line) => {
    const slots = blades.slice(line * aLine, (line + 1) * aLine).map((blade) => slot(blade, paint))
    return `${(line === 0 ? cabinet : '').padEnd(indent)}${slots.join('')}`
  })
}

function slot(
  { blade, lifecycle, group, preparedFor, isReachable, isCordoned, carries }: BladeStatus,
  paint: Painter,
): string {
  const whose = carries ?? group ?? (preparedFor === null ? '' : `(${preparedFor})`)
  const now = carries === null ? lifecycle : 'carries'
  const state = `${isReachable ? now : 'silent'}${isCordoned ? '!' : ''}`
  const text = `${blade.slice(4)} ${state} ${whose}`.trimEnd()
  return paint(text.slice(0, slotColumns - 1).padEnd(slotColumns), isReachable ? lifecyclePaints[lifecycle] : 'red')
}

function moveLine({ move, blade, from, to, cause, step, attempt, isRollingBack }: MoveStatus, paint: Painter): string {
  const marks = [...(attempt > 1 ? [`attempt ${attempt}`] : []), ...(isRollingBack ? ['way out'] : [])]
  const now = `${step ?? 'between steps'}${marks.length > 0 ? ` (${marks.join(', ')})` : ''}`
  return `  ${move} ${blade}  ${from ?? 'pool'} → ${placeName(to)}  ${paint(cause, 'cyan')}  ${now}`
}

const escapeCharacter = '\u001b'

/** To a number of visible characters, the last an ellipsis: half a number must not look like one. Colours take none. */
function cut(line: string, columns: number): string {
  const characters = [...line]
  let visible = 0
  let isColour = false
  let cutAt = 0
  for (const [index, character] of characters.entries()) {
    if (character === escapeCharacter) isColour = true
    if (!isColour) {
      if (visible === columns - 1) cutAt = index
      visible += 1
    }
    if (isColour && character === 'm') isColour = false
  }
  if (visible <= columns) return line
  return `${characters.slice(0, cutAt).join('')}…${line.includes(escapeCharacter) ? '\u001b[0m' : ''}`
}

/** What a view needs of process.stdout. */
export interface LiveTerminal {
  readonly columns: number
  readonly rows: number
  write(text: string): unknown
}

export interface LiveView {
  draw(status: FarmStatus, events: readonly FarmEvent[]): void
  /** Gives the cursor back. More than once does no harm. */
  end(): void
}

const cursor = { hide: '\u001b[?25l', show: '\u001b[?25h' } as const
const clear = { screen: '\u001b[2J\u001b[H', lineEnd: '\u001b[K', below: '\u001b[J' } as const

export function createLiveView(terminal: LiveTerminal, isColoured: boolean): LiveView {
  let drawn = 0
  let size = ''
  let isOver = false
  terminal.write(cursor.hide)

  /** To where the last drawing began. A terminal of another size has wrapped its lines anew: nobody knows where that is. */
  function back(columns: number, rows: number): string {
    const was = size
    size = `${columns}x${rows}`
    if (was !== '' && was !== size) return clear.screen
    return drawn > 0 ? `\u001b[${drawn}A` : ''
  }

  return {
    draw(status, events) {
      if (isOver) return
      const [columns, rows] = [terminal.columns || 80, terminal.rows || 24]
      const lines = renderFarm(status, events, { columns, rows, isColoured })
      const text = lines.map((line) => `\r${line}${clear.lineEnd}\n`).join('')
      terminal.write(`${back(columns, rows)}${text}${clear.below}`)
      drawn = lines.length
    },
    end() {
      if (!isOver) terminal.write(cursor.show)
      isOver = true
    },
  }
}
