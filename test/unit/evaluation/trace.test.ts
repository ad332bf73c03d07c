import { describe, expect, test } from 'vitest'
import { parseTrace } from '../../../src/evaluation/trace.ts'

const utc = (timestamp: string) => Date.parse(`${timestamp.replace(' ', 'T')}Z`)
const rows = (...lines: string[]) => ['timestamp,value', ...lines].join('\n')

describe('a trace', () => {
  test('is read with its step; a hole is what was before it, and a time that comes twice is the later row', () => {
    const text = rows(
      '2015-02-26 21:42:53,1',
      '2015-02-26 21:47:53,2',
      '2015-02-26 21:57:53,4',
      '2015-02-26 21:57:53,5',
      '2015-02-26 22:02:52,6',
    )
    expect(parseTrace(text, 'a.csv', utc)).toEqual({ name: 'a.csv', stepMs: 300_000, values: [1, 2, 2, 5, 6] })
  })

  test.each<[string, string, string, string]>([
    ['another header', 'time,value\n1,2', 'a.csv:1', 'timestamp,value'],
    ['a row that is none', rows('2015-01-01 00:00:00,1', 'soon,1', '2015-01-01 00:10:00,1'), 'a.csv:3', 'no timestamp'],
    ['demand below 0', rows('2015-01-01 00:00:00,1', '2015-01-01 00:05:00,-1'), 'a.csv:3', '0 or more'],
    ['demand that is no number', rows('2015-01-01 00:00:00,', '2015-01-01 00:05:00,1'), 'a.csv:2', '0 or more'],
    ['too few rows', rows('2015-01-01 00:00:00,1'), 'a.csv:2', 'three rows'],
    [
      'time that goes back',
      rows('2015-01-01 00:10:00,1', '2015-01-01 00:15:00,1', '2015-01-01 00:00:00,1'),
      'a.csv:4',
      'no multiple',
    ],
    [
      'a hole of more than a day',
      rows('2015-01-01 00:00:00,1', '2015-01-01 00:05:00,1', '2015-01-03 00:05:00,1'),
      'a.csv:4',
      'a day',
    ],
  ])('with %s is refused, with its line', (_what, text, place, detail) => {
    expect(() => parseTrace(text, 'a.csv', utc)).toThrow(place)
    expect(() => parseTrace(text, 'a.csv', utc)).toThrow(detail)
  })
})
