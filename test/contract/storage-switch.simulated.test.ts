import { makeSimulatedBench } from './simulated-bench.ts'
import { storageSwitchContract } from './storage-switch.ts'

storageSwitchContract('the simulated storage switch', makeSimulatedBench)
