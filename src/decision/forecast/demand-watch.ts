// Measurements become bins, and bins a forecast. A bin counts when at least half of it was measured: its mean is not biased by what is missing.
import { createForecast, type DemandForecast, learnBin, outlookFrom } from './demand-forecast.ts'
import type { Outlook } from './outlook.ts'

export interface DemandWatchConfig {
  /** About as long as a boot. */
  readonly binMs: number
  readonly binsPerDay: number
  /** With fewer learnt bins nothing is said. */
  readonly binsMin: number
}

export const defaultDemandWatchConfig: DemandWatchConfig = { binMs: 300_000, binsPerDay: 288, binsMin: 12 }

export interface DemandWatch {
  readonly config: DemandWatchConfig
  readonly forecast: DemandForecast
  /** The bin that is not over. */
  readonly open: { readonly bin: number; readonly bladeMs: number; readonly ms: number } | null
}

export function createDemandWatch(config: DemandWatchConfig = defaultDemandWatchConfig): DemandWatch {
  return { config, forecast: createForecast(config.binsPerDay), open: null }
}

/** @param blades demand of the last `periodMs` before `at`, ms. The period belongs to the bin in which it began. */
export function observe(watch: DemandWatch, blades: number, periodMs: number, at: number): DemandWatch {
  const { config, open } = watch
  const bin = Math.floor((at - periodMs) / config.binMs)
  if (open !== null && bin < open.bin) return watch
  if (open !== null && bin === open.bin)
    return { ...watch, open: { bin, bladeMs: open.bladeMs + blades * periodMs, ms: open.ms + periodMs } }
  const isMeasured = open !== null && open.ms * 2 >= config.binMs
  return {
    config,
    forecast: isMeasured ? learnBin(watch.forecast, open.bin, open.bladeMs / open.ms) : watch.forecast,
    open: { bin, bladeMs: blades * periodMs, ms: periodMs },
  }
}

/** Of the bin that follows `at`; undefined while too little is known. @param blades demand now */
export function outlookAt({ config, forecast }: DemandWatch, blades: number, at: number): Outlook | undefined {
  if (forecast.learnt < config.binsMin) return undefined
  return outlookFrom(forecast, Math.floor(at / config.binMs), blades)
}
