// Response times of a group that is read as one fast server: with ρ = rate / capacity and s = what a request takes without waiting, the mean wait
// is ρ/(1-ρ) / capacity up to ρ = 0.98; beyond, the queue grows by what exceeds capacity as long as a boot takes.
const utilisationCap = 0.98

/** @param capacity requests/s @returns mean response time, and the probability that a request passes the limit */
export function queueing(
  utilisation: number,
  capacity: number,
  serviceMs: number,
  { responseLimitMs, bootMs }: { readonly responseLimitMs: number; readonly bootMs: number },
): { expectedMs: number; probability: number } {
  const steady = Math.min(utilisation, utilisationCap)
  const waitMs = ((steady / (1 - steady)) * 1000) / capacity + Math.max(0, utilisation - utilisationCap) * bootMs
  const roomMs = Math.max(0, responseLimitMs - serviceMs)
  const probability = utilisation >= 1 ? 1 : utilisation * Math.exp((-(1 - utilisation) * roomMs * capacity) / 1000)
  return { expectedMs: serviceMs + waitMs, probability }
}
