// An SVG picture of demand against capacity, an account below the other: demand as a line, the capacity of each policy as a step line from the
// least to the most that it had in each stretch, and in red what was not served (the seed's Figs. 2 and 10, from one's own data).
import type { Course, CoursePoint } from './course.ts'

export interface PlotInput {
  readonly accounts: readonly string[]
  /** By policy, then by account. */
  readonly courses: Readonly<Record<string, readonly Course[]>>
  readonly days: number
}

const [width, rowHeight, left, right, top] = [1_200, 170, 56, 16, 40]
const plotHeight = 120
const colours = ['#1b6ca8', '#c77d0a', '#3f8f4f', '#7a4fa3', '#8a6d3b', '#5f6b76', '#b0477b']

export function plotCourses({ accounts, courses, days }: PlotInput): string {
  const names = Object.keys(courses)
  const rows = accounts.map((account, index) => {
    const ours = names.map((name) => courses[name]?.[index]?.points ?? [])
    return `<g transform="translate(${left} ${top + index * rowHeight})">${rowOf(account, ours, days)}</g>`
  })
  const height = top + accounts.length * rowHeight + 10
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" role="img">`,
    '<title>Demand against capacity</title>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    legend(names),
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}

function legend(names: readonly string[]): string {
  const entries = [
    { text: 'demand, in blades', colour: '#222222' },
    ...names.map((name, i) => ({ text: name, colour: colourOf(i) })),
    { text: `not served (${names[0] ?? ''})`, colour: '#d62828' },
  ]
  return entries
    .map(
      ({ text, colour }, i) =>
        `<g transform="translate(${left + i * 150} 16)"><rect width="14" height="4" y="-4" fill="${colour}"/><text x="20">${escapeXml(text)}</text></g>`,
    )
    .join('')
}

function rowOf(account: string, policies: readonly (readonly CoursePoint[])[], days: number): string {
  const [first = []] = policies
  const most = Math.max(1, ...first.map(({ demand }) => demand), ...policies.flat().map(({ most: joined }) => joined))
  const x = (i: number) => round((i * (width - left - right)) / Math.max(1, first.length))
  const y = (blades: number) => round(plotHeight - (blades / most) * plotHeight)
  const bands = policies.map(
    (points, i) =>
      `<path d="${steps(points, x, y)}" fill="none" stroke="${colourOf(i)}" stroke-width="1" opacity="0.85"/>`,
  )
  const short = first
    .map((point, i) =>
      point.short > 0
        ? `M${x(i)} ${y(point.demand)}V${y(point.demand - point.short)}H${x(i + 1)}V${y(point.demand)}Z`
        : '',
    )
    .join('')
  return [
    `<text y="-6" font-weight="600">${escapeXml(account)}</text>`,
    axis(most, days, y),
    ...bands.reverse(),
    `<path d="${line(first, x, y)}" fill="none" stroke="#222222" stroke-width="1"/>`,
    `<path d="${short}" fill="#d62828"/>`,
  ].join('')
}

function axis(most: number, days: number, y: (blades: number) => number): string {
  const end = width - left - right
  const marks = [0, most / 2, most].map(
    (blades) =>
      `<line x2="${end}" y1="${y(blades)}" y2="${y(blades)}" stroke="#dddddd"/><text x="-6" y="${y(blades) + 4}" text-anchor="end" fill="#555555">${Math.round(blades)}</text>`,
  )
  const times = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<text x="${round(share * end)}" y="${plotHeight + 16}" text-anchor="${share === 1 ? 'end' : 'start'}" fill="#555555">day ${round(share * days)}</text>`,
  )
  return [...marks, ...times].join('')
}

type Scale = (value: number) => number

function steps(points: readonly CoursePoint[], x: Scale, y: Scale): string {
  return points.map(({ least, most }, i) => `${i === 0 ? 'M' : 'L'}${x(i)} ${y(least)}V${y(most)}H${x(i + 1)}`).join('')
}

function line(points: readonly CoursePoint[], x: Scale, y: Scale): string {
  return points.map(({ demand }, i) => `${i === 0 ? 'M' : 'L'}${x(i)} ${y(demand)}H${x(i + 1)}`).join('')
}

function colourOf(i: number): string {
  return colours[i % colours.length] ?? '#000000'
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
