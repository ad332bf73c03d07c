import { describe, expect, test } from 'vitest'
import { createLiveView, renderFarm } from '../../../src/cli/live-view.ts'
import type { FarmEvent } from '../../../src/runtime/farm-control.ts'
import { at, bladeStatus, sampleStatus } from './sample-farm.ts'

const wide = { columns: 200, rows: 60, isColoured: false }
const event: FarmEvent = { type: 'move.ended', at, move: 'mv-000006', blade: 'c02-s01', outcome: 'done' }
const esc = '\u001b'
const colours = new RegExp(`${esc}\\[\\d+m`, 'g')

describe('R63: the live view', () => {
  test('shows who leads, how each group is served, each blade in its rack, what is under way and why', () => {
    expect(renderFarm(sampleStatus, [event], wide).map((line) => line.trimEnd())).toEqual([
      'bladewright  site home  m1 leading, epoch 3, journal 42',
      'channels: can0 healthy, 4.3 % (a01) · ws unheard',
      '',
      'group    port  state      blades    requests/s p50 ms p95 ms p99 ms refused/s',
      'shop/web 8081  requesting 3 (2..6)         450     41    310    402        12',
      'news/web 8082  steady     2 (2..6)',
      '',
      'c01  s01 joined shop/web     s02 booting shop/web    s03 silent shop/web',
      'c02  s01 joined! news/web    s02 warm (shop/web)     s03 quarantined',
      '',
      'moves',
      '  mv-000007 c01-s02  pool → shop/web  request  boot',
      'decisions',
      '  d-000004 c01-s02 → shop/web (request: utilisation is high)',
      'events',
      '  12:00:00.000 move.ended move mv-000006, blade c02-s01, outcome done',
    ])
  })

  test('says when no move is under way', () => {
    expect(renderFarm({ ...sampleStatus, moves: [] }, [], wide)).toContain('  none under way')
  })

  test('says that a move is tried again, and that it is on its way out', () => {
    const moves = sampleStatus.moves.map((move) => ({ ...move, attempt: 2, isRollingBack: true }))
    expect(renderFarm({ ...sampleStatus, moves }, [], wide).join('\n')).toContain('boot (attempt 2, way out)')
  })

  test('R25: shows an alarm below the head, before anything that could be cut', () => {
    const alarms = [{ alarm: 'STORM_BRAKE', since: at, text: '5 of 8 blades look lost', whatToDo: 'mend it' } as const]
    const lines = renderFarm({ ...sampleStatus, alarms }, [], { columns: 60, rows: 4, isColoured: false })
    expect(lines[1]).toBe('ALARM STORM_BRAKE since 12:00:00: 5 of 8 blades look lost. …')
  })

  test('says that a master only advises', () => {
    const master = { ...sampleStatus.master, automation: 'advise' as const }
    expect(renderFarm({ ...sampleStatus, master }, [], wide)[0]).toContain('nothing is moved')
  })

  test.each([1, 10, 40, 79, 80, 120])('keeps every line within %i columns, with colours and without', (columns) => {
    for (const isColoured of [true, false]) {
      const lines = renderFarm(sampleStatus, [event], { columns, rows: 60, isColoured })
      expect(lines.map((line) => line.replace(colours, '').length).filter((length) => length > columns)).toEqual([])
    }
  })

  test('shows what a group gets and how fast, whole, in 80 columns', () => {
    const lines = renderFarm(sampleStatus, [], { columns: 80, rows: 24, isColoured: false })
    expect(lines.find((line) => line.startsWith('shop/web'))).toMatch(/402 +12$/)
  })

  test('marks a line that is cut: half a number must not look like one', () => {
    const [head] = renderFarm(sampleStatus, [], { columns: 53, rows: 24, isColoured: false })
    expect(head).toBe('bladewright  site home  m1 leading, epoch 3, journal…')
    const [whole] = renderFarm(sampleStatus, [], { columns: 55, rows: 24, isColoured: false })
    expect(whole).toBe('bladewright  site home  m1 leading, epoch 3, journal 42')
  })

  test.each([1, 2, 10, 24])('keeps within %i rows', (rows) => {
    const lines = renderFarm(sampleStatus, [event], { ...wide, rows })
    expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1))
  })

  test('R14: shows all 32 slots of a cabinet, on as many lines as a terminal of 80 columns needs', () => {
    const blades = Array.from({ length: 32 }, (_, i) => bladeStatus(`c01-s${String(i + 1).padStart(2, '0')}`))
    const text = renderFarm({ ...sampleStatus, blades }, [], { columns: 80, rows: 60, isColoured: false }).join('\n')
    for (const { blade } of blades) expect(text).toContain(`${blade.slice(4)} cold`)
  })

  test('says the same with colours as without, and ends every colour in its line', () => {
    const coloured = renderFarm(sampleStatus, [event], { ...wide, isColoured: true })
    expect(coloured.map((line) => line.replace(colours, ''))).toEqual(renderFarm(sampleStatus, [event], wide))
    expect(coloured.join('')).toContain(`${esc}[31m`)
    for (const columns of [3, 20, 60, 200]) {
      for (const line of renderFarm(sampleStatus, [event], { ...wide, columns, isColoured: true })) {
        if (line.includes(esc)) expect(line.lastIndexOf(`${esc}[0m`)).toBe(line.lastIndexOf(esc))
      }
    }
  })

  test('R65: what an agent or an image said cannot move the cursor', () => {
    const hostile = `all is well${esc}[2J\r\n\u009b2J\u202e`
    const decisions = [{ decision: 'd-000001', at, text: hostile, moves: [] }]
    const lines = renderFarm({ ...sampleStatus, decisions }, [{ type: 'x', at, why: hostile }], wide)
    expect(lines.filter((line) => /[\u0080-\u009f\u202a-\u202e\r\n]/.test(line) || line.includes(esc))).toEqual([])
  })
})

describe('R63: the terminal', () => {
  function terminal(columns = 100, rows = 40) {
    const written: string[] = []
    const screen = { columns, rows, written, write: (text: string) => written.push(text) }
    return screen
  }

  test('is drawn over in place: up by as many lines as were drawn, each line cleared to its end, what was below gone', () => {
    const screen = terminal()
    const view = createLiveView(screen, false)
    view.draw(sampleStatus, [event])
    const drawn = renderFarm(sampleStatus, [event], { columns: 100, rows: 40, isColoured: false }).length
    view.draw({ ...sampleStatus, decisions: [] }, [])
    const [, first = '', second = ''] = screen.written
    expect(first.startsWith('\rbladewright')).toBe(true)
    expect(first.split(`${esc}[K\n`).length - 1).toBe(drawn)
    expect(second.startsWith(`${esc}[${drawn}A\rbladewright`)).toBe(true)
    expect(second.endsWith(`${esc}[J`)).toBe(true)
  })

  test('is cleared when its size has changed, because its lines were wrapped anew', () => {
    const screen = terminal()
    const view = createLiveView(screen, false)
    view.draw(sampleStatus, [])
    screen.columns = 50
    view.draw(sampleStatus, [])
    view.draw(sampleStatus, [])
    const [, , resized = '', after = ''] = screen.written
    expect(resized.startsWith(`${esc}[2J${esc}[H\rbladewright`)).toBe(true)
    expect(after.startsWith(`${esc}[`)).toBe(true)
    expect(after).not.toContain(`${esc}[2J`)
  })

  test('of unknown size is taken for 80 columns and 24 rows', () => {
    const screen = terminal(0, 0)
    createLiveView(screen, false).draw(sampleStatus, [])
    const lines = (screen.written[1] ?? '').split('\n')
    expect(lines.length).toBeGreaterThan(10)
    expect(lines.length).toBeLessThanOrEqual(24)
  })

  test('gets its cursor back once, and nothing is drawn after that', () => {
    const screen = terminal()
    const view = createLiveView(screen, false)
    view.end()
    view.end()
    view.draw(sampleStatus, [])
    expect(screen.written).toEqual([`${esc}[?25l`, `${esc}[?25h`])
  })
})
