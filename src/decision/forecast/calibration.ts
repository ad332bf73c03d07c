// Whether what was said came true as often as it was said. Each outlook said how probable more than what then came was; over time these
// probabilities must be spread evenly. Where they are not, the next outlooks are corrected by how they were (Dawid 1984; Kuleshov et al. 2018):
//   corrected = share of the past in which what came had been given that probability, or a smaller one, to be passed
export interface Calibration {
  /** How often what came had been said to be passed with a probability in that twentieth; later ones count more. */
  readonly counts: readonly number[]
}

const cells = 20
/** Evenly spread ones that are made up at first. */
const priorCount = 5
const decay = 1 - 1 / 2_000

export const evenCalibration: Calibration = { counts: Array.from({ length: cells }, () => priorCount) }

/**
 * Decisions are about whole blades, so what came is a whole number of them, and what had been said of it is a range (Czado et al. 2009).
 * @param from how probable more than that had been said to be @param to how probable so many or more
 */
export function learnCalibration({ counts }: Calibration, from: number, to: number): Calibration {
  const width = Math.max(1e-9, to - from)
  const shareOf = (cell: number) => Math.max(0, Math.min(to, (cell + 1) / cells) - Math.max(from, cell / cells)) / width
  const shares = counts.map((_, cell) => shareOf(cell))
  const total = shares.reduce((sum, share) => sum + share, 0)
  return { counts: counts.map((count, cell) => count * decay + (total > 0 ? (shares[cell] ?? 0) / total : 0)) }
}

/** The share below each twentieth: cells + 1 numbers, from 0 to 1. */
export function sharesBelow({ counts }: Calibration): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  let below = 0
  return [0, ...counts.map((count) => (below += count / total))]
}

export function correct(below: readonly number[], probability: number): number {
  const position = Math.max(0, Math.min(1, probability)) * cells
  const cell = Math.min(cells - 1, Math.floor(position))
  const [low, high] = [below[cell] ?? 0, below[cell + 1] ?? 1]
  return Math.min(1, low + (high - low) * (position - cell))
}

/** The probability that is corrected to this one. */
export function uncorrect(below: readonly number[], corrected: number): number {
  let cell = 0
  while (cell < cells - 1 && (below[cell + 1] ?? 1) < corrected) cell += 1
  const [low, high] = [below[cell] ?? 0, below[cell + 1] ?? 1]
  return (cell + (high > low ? Math.min(1, (corrected - low) / (high - low)) : 0)) / cells
}
