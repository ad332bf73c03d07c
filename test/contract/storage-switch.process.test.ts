import { makeProcessBench } from './process-bench.ts'
import { storageSwitchContract } from './storage-switch.ts'

storageSwitchContract('the storage switch of process blades', makeProcessBench)
