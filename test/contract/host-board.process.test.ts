import { hostBoardContract } from './host-board.ts'
import { makeProcessBench } from './process-bench.ts'

hostBoardContract('the host board of process blades', makeProcessBench)
