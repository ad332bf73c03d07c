// A decision surface (the seed's Fig. 17) as letters and as SVG: the wish over expected response time and its probability.
import type { DecisionSurface } from '../decision/fuzzy-inference.ts'

export interface SurfaceTitle {
  readonly group: string
  readonly priority: number
  readonly balance: number
  /** A request needs at least this wish. */
  readonly wishMin: number
}

/** The higher the wish, the further to the right. */
const letters = ['O', 'o', '-', '.', '+', 'r', 'R'] as const

export function surfaceLines({ responseTimes, probabilities, wish }: DecisionSurface, title: SurfaceTitle): string[] {
  const rows = [...probabilities.keys()].reverse().map((j) => {
    const cells = [...responseTimes.keys()].map((i) => letterOf(wish[i]?.[j] ?? 0, title.wishMin))
    return `${(probabilities[j] ?? 0).toFixed(2).padStart(6)} ${cells.join('')}`
  })
  return [
    `${title.group}, priority ${title.priority}, balance ${title.balance}`,
    'R, r: asks for blades (fully, in part); O, o: offers some; + - leans to it; . neither',
    '',
    ' prob.',
    ...rows,
    `       0${'limit'.padStart(Math.round((responseTimes.length * 2) / 3) + 2)}${'1.5'.padStart(Math.round(responseTimes.length / 3) - 3)}`,
    '       expected response time, by the limit',
  ]
}

function letterOf(wish: number, wishMin: number): string {
  if (wish === 0) return letters[3]
  if (wish > 0) return wish >= 0.75 ? letters[6] : wish >= wishMin ? letters[5] : letters[4]
  return wish <= -0.75 ? letters[0] : wish <= -wishMin ? letters[1] : letters[2]
}

const [cellSize, left, top] = [12, 84, 50]

export function surfaceSvg({ responseTimes, probabilities, wish }: DecisionSurface, title: SurfaceTitle): string {
  const [columns, rows] = [responseTimes.length, probabilities.length]
  const [width, height] = [left + columns * cellSize + 150, top + rows * cellSize + 50]
  const cells = responseTimes.flatMap((time, i) =>
    probabilities.map((probability, j) => {
      const value = wish[i]?.[j] ?? 0
      const [x, y] = [left + i * cellSize, top + (rows - 1 - j) * cellSize]
      return `<rect x="${x}" y="${y}" width="${cellSize}" height="${cellSize}" fill="${colourOf(value)}"><title>response time ${time.toFixed(2)} of the limit, probability ${probability.toFixed(2)}: wish ${value.toFixed(2)}</title></rect>`
    }),
  )
  const bottom = top + rows * cellSize
  const limitX = left + (columns - 1) * cellSize * (2 / 3) + cellSize / 2
  const text = (x: number, y: number, words: string, anchor = 'start') =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeXml(words)}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    `<title>Decision surface of ${escapeXml(title.group)}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    text(left, 20, `${title.group}: priority ${title.priority}, balance ${title.balance}`),
    text(left, 38, 'wish: 1 asks for blades, -1 offers some'),
    ...cells,
    `<line x1="${limitX}" x2="${limitX}" y1="${top}" y2="${bottom}" stroke="#222222" stroke-dasharray="4 3"/>`,
    text(left, bottom + 16, '0'),
    text(limitX, bottom + 16, 'limit', 'middle'),
    text(left + columns * cellSize, bottom + 16, '1.5', 'end'),
    text(left, bottom + 36, 'expected response time, by the limit'),
    text(left - 6, bottom, '0', 'end'),
    text(left - 6, top + 10, '1', 'end'),
    text(left - 6, top + (rows * cellSize) / 2, 'probability', 'end'),
    ...[1, 0.5, title.wishMin, 0, -title.wishMin, -0.5, -1].flatMap((value, i) => [
      `<rect x="${left + columns * cellSize + 20}" y="${top + i * 20}" width="16" height="16" fill="${colourOf(value)}"/>`,
      text(left + columns * cellSize + 44, top + i * 20 + 13, String(value)),
    ]),
    '</svg>',
    '',
  ].join('\n')
}

/** From blue (offer) over white to orange (request): told apart by who sees no red or green, too. */
function colourOf(wish: number): string {
  const strength = Math.min(1, Math.abs(wish))
  const [r, g, b] = wish >= 0 ? [214, 96, 0] : [0, 92, 175]
  const mix = (channel: number) => Math.round(255 + (channel - 255) * strength)
  return `rgb(${mix(r)} ${mix(g)} ${mix(b)})`
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
