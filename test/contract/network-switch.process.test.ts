import { networkSwitchContract } from './network-switch.ts'
import { makeProcessBench } from './process-bench.ts'

networkSwitchContract('the network switch of process blades', makeProcessBench)
