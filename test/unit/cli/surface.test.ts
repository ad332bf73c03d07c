import { describe, expect, test } from 'vitest'
import { surfaceLines, surfaceSvg } from '../../../src/cli/draw-surface.ts'
import { defaultRules } from '../../../src/decision/default-rules.ts'
import { decisionSurface } from '../../../src/decision/fuzzy-inference.ts'
import { parseRules } from '../../../src/decision/fuzzy-rules.ts'

const parsed = parseRules(defaultRules)
const rules = parsed.ok ? parsed.rules : []
const title = { group: 'shop/web <a>', priority: 0.8, balance: -50, wishMin: 0.25 }
const surface = decisionSurface(rules, { priority: 0.8, balance: -50, steps: 20 })

describe('R23: the decision surface can be plotted', () => {
  test('R23: in letters: asks where requests are late and likely so, offers where neither', () => {
    const rows = surfaceLines(surface, title).filter((line) => /^ +\d\.\d\d /.test(line))
    expect(rows).toHaveLength(21)
    expect(rows[0]?.at(-1)).toBe('R')
    expect(rows.at(-1)?.slice(7, 8)).toBe('O')
  })

  test('R23: as a picture: a cell a point, names escaped', () => {
    const svg = surfaceSvg(surface, title)
    expect(svg.match(/<rect x="\d+" y="\d+" width="12"/g)).toHaveLength(21 * 21)
    expect(svg).toContain('shop/web &#60;a&#62;')
    expect(svg).not.toContain('<a>')
  })
})
