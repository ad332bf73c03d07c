import { hostBoardContract } from './host-board.ts'
import { makeSimulatedBench } from './simulated-bench.ts'

hostBoardContract('the simulated host board', makeSimulatedBench)
