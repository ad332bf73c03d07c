import { expect, test } from 'vitest'
import { statusLines } from '../../../src/cli/status-lines.ts'
import { at, groupStatus, roleStatus, sampleStatus } from './sample-farm.ts'

test('R63: the status names processes, groups, blades, moves and decisions, in columns', () => {
  expect(statusLines(sampleStatus)).toEqual([
    'site home: m1 is leading, epoch 3, journal at 42 (paired), automation act',
    'channels: can0 healthy, 4.3 % (a01) · ws unheard',
    '',
    'process  kind    pid',
    'm1       master  101  up',
    'a01      agent   -    down',
    '',
    'group     state       port  committed  held  joined  wish       requests/s  p95',
    'shop/web  requesting  8081  2          3     2       request 4  450         310 ms',
    'news/web  steady      8082  2          2     2       -          -           -',
    '',
    'blade    state        group     move       pid',
    'c01-s01  joined       shop/web  -          7001',
    'c01-s02  booting      shop/web  mv-000007  -',
    'c01-s03  joined       shop/web  -          -     unreachable',
    'c02-s01  joined       news/web  -          -     cordoned',
    'c02-s02  warm         shop/web  -          -',
    'c02-s03  quarantined  -         -          -     BOOT_TIMED_OUT',
    '',
    'moves under way:',
    '  mv-000007 c01-s02 pool → shop/web (request): boot',
    '',
    'last decisions:',
    '  d-000004 c01-s02 → shop/web (request: utilisation is high)',
  ])
})

test('R41: how long there was no second master is said where there was such a time', () => {
  const withoutRedundancy = { since: null, times: 2, lastMs: 1_250, longestMs: 4_000, totalMs: 5_250 }
  expect(statusLines({ ...sampleStatus, master: { ...sampleStatus.master, withoutRedundancy } })[1]).toBe(
    'without redundancy: 2×, 5.3 s in all, the longest 4.0 s, the last that is over 1.3 s',
  )
})

test('a group of several roles has a line for each', () => {
  const roles = [roleStatus({ role: 'front' }), roleStatus({ role: 'back' })]
  const lines = statusLines({ ...sampleStatus, groups: [groupStatus('shop/web', { roles })] })
  expect(lines.filter((line) => line.startsWith('shop/web/')).map((line) => line.split(' ')[0])).toEqual([
    'shop/web/front',
    'shop/web/back',
  ])
})

test('R36: a group that is to be held shows it before and after its machine has followed', () => {
  const lineFor = (state: string) =>
    statusLines({ ...sampleStatus, groups: [groupStatus('shop/web', { state, isHeld: true })] }).find((line) =>
      line.startsWith('shop/web'),
    )
  expect(lineFor('steady')).toContain('steady (held)')
  expect(lineFor('held')).not.toContain('held (held)')
})

test('R25: an alarm stands below the first line, with since when, why, and what to do', () => {
  const alarm = { alarm: 'STORM_BRAKE', since: at, text: '5 of 8 blades look lost', whatToDo: 'mend it' } as const
  expect(statusLines({ ...sampleStatus, alarms: [alarm] })[1]).toBe(
    'ALARM STORM_BRAKE since 12:00:00: 5 of 8 blades look lost. What to do: mend it',
  )
})
