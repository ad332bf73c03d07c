import { createSeededRandom } from '../../src/drivers/seeded-random.ts'
import { randomContract } from './random.ts'

randomContract('seeded', createSeededRandom)
