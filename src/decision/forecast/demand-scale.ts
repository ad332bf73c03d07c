// Demand, in blades, on the scale on which it is forecast: z = log2(demand + 3). A rise from 40 to 80 blades is as much as one from 20 to 40,
// and below three blades differences hardly count, for no decision hangs on them.
const softBlades = 3

export function toScale(blades: number): number {
  return Math.log2(Math.max(0, blades) + softBlades)
}

export function fromScale(z: number): number {
  return Math.max(0, 2 ** z - softBlades)
}
