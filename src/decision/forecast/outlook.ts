// How probable it is that demand will be so high, once a blade that is asked for now has joined: what each guess says, with what it missed so
// far, mixed by how much it is believed, and corrected by how such words came true.
import { correct, uncorrect } from './calibration.ts'
import { fromScale, toScale } from './demand-scale.ts'
import { positionOf } from './scatter.ts'

export interface Outlook {
  readonly guesses: readonly WeighedGuess[]
  /** calibration.ts */
  readonly below: readonly number[]
  /** The demand, in blades, that is as probably passed as not. */
  readonly median: number
}

export interface WeighedGuess {
  /** On the scale of demand-scale.ts. */
  readonly guess: number
  /** All weights sum to 1. */
  readonly weight: number
  /** Usual size of its misses (scatter.ts). */
  readonly usual: number
  /** How probable a miss of a cell or a higher one is. */
  readonly missesFrom: readonly number[]
}

/** Probability that demand is above so many blades, 0..1. */
export function above({ guesses, below }: Outlook, blades: number): number {
  return correct(below, aboveScale(guesses, toScale(blades)))
}

const scaleMin = toScale(0)
const scaleMax = 17
/** To a thousandth of an octave. */
const halvings = 14

/** The demand, in blades, that is passed with the given probability. */
export function passedWith({ guesses, below }: Pick<Outlook, 'guesses' | 'below'>, corrected: number): number {
  const probability = uncorrect(below, corrected)
  let [low, high] = [scaleMin, scaleMax]
  if (aboveScale(guesses, low) <= probability) return 0
  for (let step = 0; step < halvings; step += 1) {
    const middle = (low + high) / 2
    if (aboveScale(guesses, middle) > probability) low = middle
    else high = middle
  }
  return fromScale(high)
}

/** Not corrected. @param z on the scale */
export function aboveScale(guesses: readonly WeighedGuess[], z: number): number {
  let probability = 0
  for (const { guess, weight, usual, missesFrom } of guesses) {
    const position = positionOf({ usual }, z - guess)
    const cell = Math.floor(position)
    const [from, next] = [missesFrom[cell] ?? 0, missesFrom[cell + 1] ?? 0]
    probability += weight * (from + (next - from) * (position - cell))
  }
  return probability
}
