// The farm as text, for people.
import type { AlarmStatus, BladeStatus, FarmStatus, GroupStatus } from '../runtime/farm-status.ts'
import { placeName } from './explanation.ts'

export function statusLines(status: FarmStatus): string[] {
  const { site, master, processes, groups, moves, decisions } = status
  return [
    `site ${site}: ${master.node} is ${master.state}, epoch ${master.epoch}, journal at ${master.journalIndex} (${master.redundancy}), automation ${master.automation}`,
    ...status.alarms.map(alarmLine),
    ...redundancyLines(status),
    ...channelLines(status),
    '',
    ...table(
      ['process', 'kind', 'pid', ''],
      processes.map(({ node, kind, pid, isUp }) => [node, kind, String(pid ?? '-'), isUp ? 'up' : 'down']),
    ),
    '',
    ...table(
      ['group', 'state', 'port', 'committed', 'held', 'joined', 'wish', 'requests/s', 'p95'],
      groups.flatMap(groupRows),
    ),
    '',
    ...table(['blade', 'state', 'group', 'move', 'pid', ''], status.blades.map(bladeRow)),
    ...(moves.length > 0 ? ['', 'moves under way:'] : []),
    ...moves.map(
      ({ move, blade, from, to, cause, step }) =>
        `  ${move} ${blade} ${from ?? 'pool'} → ${placeName(to)} (${cause}): ${step ?? 'between steps'}`,
    ),
    ...(decisions.length > 0 ? ['', 'last decisions:'] : []),
    ...decisions.slice(0, 5).map(({ decision, text }) => `  ${decision} ${text}`),
  ]
}

/** `can0 healthy, 4 % (a01, a02) · ws healthy`: who was heard over it last. */
export function channelLines({ channels }: FarmStatus): string[] {
  if (channels.length === 0) return []
  const texts = channels.map(({ name, state, load, peers }) => {
    const share = load === null ? '' : `, ${(100 * load).toFixed(load < 0.1 ? 1 : 0)} %`
    return `${name} ${state}${share}${peers.length > 0 ? ` (${[...peers].sort().join(', ')})` : ''}`
  })
  return [`channels: ${texts.join(' · ')}`]
}

/** Nothing to be said of a pair that was always whole. */
export function redundancyLines({ master: { withoutRedundancy } }: FarmStatus): string[] {
  if (withoutRedundancy === null || withoutRedundancy.times === 0) return []
  const { times, lastMs, totalMs, longestMs } = withoutRedundancy
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  const last = lastMs === null ? '' : `, the last that is over ${seconds(lastMs)}`
  return [`without redundancy: ${times}×, ${seconds(totalMs)} in all, the longest ${seconds(longestMs)}${last}`]
}

export function alarmLine({ alarm, since, text, whatToDo }: AlarmStatus): string {
  return `ALARM ${alarm} since ${new Date(since).toISOString().slice(11, 19)}: ${text}. What to do: ${whatToDo}`
}

function groupRows({ group, state, port, isHeld, roles, traffic }: GroupStatus): string[][] {
  return roles.map(({ role, committed, held, joined, wish }) => [
    roles.length > 1 ? `${group}/${role}` : group,
    isHeld && state !== 'held' ? `${state} (held)` : state,
    String(port),
    String(committed),
    String(held),
    String(joined),
    wish === null ? '-' : wish.kind === 'steady' ? 'steady' : `${wish.kind} ${wish.desired}`,
    traffic === null ? '-' : traffic.arrivedPerSecond.toFixed(0),
    traffic === null ? '-' : `${traffic.p95Ms.toFixed(0)} ms`,
  ])
}

function bladeRow({
  blade,
  lifecycle,
  group,
  preparedFor,
  move,
  board,
  isCordoned,
  isReachable,
  carries,
  quarantineReason,
}: BladeStatus) {
  const marks = [
    ...(carries === null ? [] : [`carries ${carries}`]),
    ...(isCordoned ? ['cordoned'] : []),
    ...(isReachable ? [] : ['unreachable']),
    ...(quarantineReason === null ? [] : [quarantineReason]),
  ]
  return [blade, lifecycle, group ?? preparedFor ?? '-', move ?? '-', String(board?.pid ?? '-'), marks.join(', ')]
}

/** Columns as wide as their widest cell; the last one as it is. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
}
