/** Chance from a seed: the same generator that processes use, offered with the other testing parts. */
export { createSeededRandom } from '../drivers/seeded-random.ts'
