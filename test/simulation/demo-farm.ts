// The farm of examples/demo.yaml, simulated.
import { readFileSync } from 'node:fs'
import { requireFarmConfig } from '../../src/runtime/farm-config.ts'
import type { BladeStatus, FarmStatus } from '../../src/runtime/farm-status.ts'
import type { DemoReport } from '../../src/testing/demo/demo-report.ts'
import { runDemo } from '../../src/testing/demo/demo-script.ts'
import { simulatedWorld } from '../../src/testing/demo/simulated-world.ts'
import { createSimulation, type Simulation, type SimulationOptions } from '../../src/testing/simulation.ts'

const text = readFileSync(new URL('../../examples/demo.yaml', import.meta.url), 'utf8')

export const groups = ['shop/web', 'news/web'] as const

/** @param decisions lines for the file's `decisions` */
export function demoConfig(decisions = '') {
  return requireFarmConfig(text.replace('decisions:\n', `decisions:\n${decisions}`), 'examples/demo.yaml')
}

export function demoFarm(options: Partial<SimulationOptions> = {}): Simulation {
  return createSimulation({ seed: 1, config: demoConfig(), ...options })
}

export function statusOf(farm: Simulation): FarmStatus {
  return farm.master().status()
}

export function bladeOf(farm: Simulation, blade: string): BladeStatus | undefined {
  return statusOf(farm).blades.find((one) => one.blade === blade)
}

export const leads = (farm: Simulation, node: string) => (): boolean => {
  const master = farm.status()?.master
  return master?.node === node && master.state === 'leading'
}

export function joinedCount(farm: Simulation, group: string): number {
  return statusOf(farm).blades.filter((blade) => blade.group === group && blade.lifecycle === 'joined').length
}

/** All levels of the start are reached, and the warm blade is warm. */
export function isUp(farm: Simulation): boolean {
  return (
    joinedCount(farm, 'shop/web') >= 2 &&
    joinedCount(farm, 'news/web') >= 3 &&
    statusOf(farm).blades.some(({ lifecycle }) => lifecycle === 'warm')
  )
}

export function broughtUp(options: Partial<SimulationOptions> = {}): Simulation {
  const farm = demoFarm(options)
  // One virtual millisecond, so that every process has begun.
  farm.runFor(1)
  if (!farm.runUntil(() => isUp(farm), 15_000)) throw new Error('the farm is not up after 15 s')
  return farm
}

export function playDemo(farm: Simulation, forMs: number): DemoReport {
  let report: DemoReport | undefined
  runDemo(simulatedWorld(farm, groups), { seed: 1, forMs }, (result) => {
    if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
    report = result.value
  })
  // A millisecond more: the script's last timer may be due a rounding error after the whole second.
  farm.runFor(forMs + 1_001)
  if (report === undefined) throw new Error('the script has not ended')
  return report
}
