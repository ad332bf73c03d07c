// Money in whole hundredths. Each line of an invoice is multiplied exactly and rounded once, halves up; a total is a sum of what was rounded.
const hourMs = 3_600_000n
/** Prices have up to four decimals. */
const priceScale = 10_000

/** @param unitMs blade-milliseconds, or those of another unit: a whole number @param perHour hundredths */
export function costOf(unitMs: number, perHour: number): number {
  return rounded(BigInt(unitMs) * scaled(perHour), hourMs * BigInt(priceScale))
}

/** @param count a whole number */
export function times(count: number, perPiece: number): number {
  return rounded(BigInt(count) * scaled(perPiece), BigInt(priceScale))
}

/** `12.30 EUR` */
export function moneyText(hundredths: number, currency: string): string {
  const sign = hundredths < 0 ? '-' : ''
  const value = Math.abs(hundredths)
  return `${sign}${Math.floor(value / 100)}.${String(value % 100).padStart(2, '0')} ${currency}`
}

function scaled(price: number): bigint {
  return BigInt(Math.round(price * priceScale))
}

function rounded(numerator: bigint, denominator: bigint): number {
  return Number((2n * numerator + denominator) / (2n * denominator))
}
