// The simulator: a whole site on a virtual clock, with faults, invariants and scenario files, for tests of failover by models.
export {
  createSiteInvariants,
  type RecordFact,
  type SeenBlade,
  type SeenEvent,
  type SeenRecord,
  type SeenSite,
  type SiteInvariants,
  violations,
} from '../../models/site-invariants.ts'
export { createSeededRandom } from '../drivers/seeded-random.ts'
export { answered } from './answered.ts'
export type { DemoReport } from './demo/demo-report.ts'
export { type DemoOptions, demoMsMin, runDemo } from './demo/demo-script.ts'
export type { DemoWorld } from './demo/demo-world.ts'
export { simulatedWorld } from './demo/simulated-world.ts'
export { type DrawOptions, drawFaults } from './draw-faults.ts'
export {
  type Fault,
  type FaultAct,
  type FaultFamily,
  type FaultSchedule,
  faultFamilies,
  formatFault,
  parseFault,
} from './fault.ts'
export { type FarmName, farmNames, generatedFarm } from './generated-farms.ts'
export { createFaultInjector, type FaultInjector } from './inject-faults.ts'
export type { AllDrivers, DriverProcess, MakeDrivers } from './own-drivers.ts'
export { openSimulation, runSchedule, type ScheduleResult, type ScheduleRun, scenarioOf } from './run-schedule.ts'
export { runSeed, type SeedPlan, type SeedResult, scheduleOf, shrinkSeed } from './run-seeds.ts'
export { openScenario, parseScenario, runScenario, type Scenario, type ScenarioLine } from './scenario.ts'
export { shrinkSchedule } from './shrink-schedule.ts'
export type { SimulatedDisk } from './simulated-disk.ts'
export type { SimulatedHardware } from './simulated-hardware.ts'
export type { SimulatedNetwork } from './simulated-network.ts'
export { createSimulation, type Simulation, type SimulationOptions } from './simulation.ts'
export { createVirtualClock, type VirtualClock } from './virtual-clock.ts'
export type { Violation } from './watch-promises.ts'
