import { networkSwitchContract } from './network-switch.ts'
import { makeSimulatedBench } from './simulated-bench.ts'

networkSwitchContract('the simulated network switch', makeSimulatedBench)
