// Contenders measured in turn, round by round, so that what else the machine does meets them all alike; medians are compared and
// every round is kept. Warm-up rounds are thrown away.
import { cpus } from 'node:os'

export interface Measured {
  readonly median: number
  readonly rounds: readonly number[]
}

/** Each contender returns its figure of one round. */
export async function measureInTurn<Name extends string>(
  contenders: Readonly<Record<Name, () => Promise<number>>>,
  { rounds, warmUps }: { readonly rounds: number; readonly warmUps: number },
): Promise<Record<Name, Measured>> {
  const names = Object.keys(contenders) as Name[]
  const figures = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = -warmUps; round < rounds; round += 1)
    for (const name of names) {
      const figure = await contenders[name]()
      if (round >= 0) figures.get(name)?.push(Math.round(figure))
    }
  const measured = names.map((name) => [name, { median: median(figures.get(name) ?? []), rounds: figures.get(name) }])
  return Object.fromEntries(measured) as Record<Name, Measured>
}

export function ratio(one: Measured, other: Measured): number {
  return Math.round((one.median / other.median) * 1000) / 1000
}

/** Many at once: each of `width` goes round and round until the time is over. Returns rounds a second. */
export async function roundsPerSecond(width: number, durationMs: number, once: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  let count = 0
  const go = async () => {
    while (performance.now() < startMs + durationMs) {
      await once()
      count += 1
    }
  }
  await Promise.all(Array.from({ length: width }, go))
  return (count / (performance.now() - startMs)) * 1000
}

export function machine(): string {
  return `${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`
}

function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0
}
