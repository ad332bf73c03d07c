// `bladewright can check`: whether the CAN buses of a farm carry what it may send, in time.
import { loadFarmConfig } from '../processes/farm-file.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import { mastersOf } from '../runtime/farm-layout.ts'
import { siteBusReport } from '../runtime/site-bus.ts'
import { type BusPlan, type BusReport, gatewayCountMax, reportBuses } from '../transport/can/bus-load.ts'
import { print } from './client-for.ts'
import type { CommandInput } from './command.ts'
import { demoFile } from './demo-file.ts'

const bitRateMax = 1_000_000
const dataBitRateMax = 8_000_000
const latePrintedMax = 10

export async function checkCan(input: CommandInput): Promise<number> {
  const file = input.text('config') ?? demoFile
  const config = await loadFarmConfig(file)
  const plan = planOf(config, input)
  if (typeof plan === 'string') return refuse(plan)
  const buses = [...siteBus(config, plan), ...reportBuses(plan)]
  const late = buses.flatMap((bus) => bus.late)
  print(input, { isInTime: late.length === 0, ...ratesOf(plan), buses }, () => linesOf(file, plan, buses))
  if (late.length === 0) return 0
  const more = late.length > latePrintedMax ? [`… and ${late.length - latePrintedMax} more: --json has all`] : []
  return refuse([...late.slice(0, latePrintedMax), ...more].join('\n'))
}

function planOf(config: FarmConfig, input: CommandInput): BusPlan | string {
  const { cabinets, masters, decisions, channel } = config
  const bitRate = rateIn(input.text('bit-rate') ?? String(channel.can.bitRate), 10_000, bitRateMax)
  if (bitRate === null) return `--bit-rate is 10000 to ${bitRateMax} bits a second`
  const data = input.text('data-bit-rate') ?? channel.can.dataBitRate?.toString()
  const dataBitRate = data === undefined ? bitRate : rateIn(data, bitRate, dataBitRateMax)
  if (dataBitRate === null) return `--data-bit-rate is ${bitRate} to ${dataBitRateMax} bits a second`
  if (cabinets.length > gatewayCountMax)
    return `CAN_CHECK cabinets: ${cabinets.length}, but a backbone has node numbers for ${gatewayCountMax} gateways; split the site, or do without CAN`
  return {
    cabinets,
    masterCount: mastersOf(config).length,
    leaseMs: masters.leaseMs,
    movesMax: decisions.concurrentMovesMax,
    isFd: data !== undefined,
    bitRate,
    dataBitRate,
  }
}

/** The farm as its processes speak today; without CAN in its file, as they would. */
function siteBus(config: FarmConfig, { bitRate, isFd, dataBitRate = bitRate }: BusPlan): BusReport[] {
  const { dataBitRate: _none, ...can } = config.channel.can
  const rates = { bitRate, ...(isFd && { dataBitRate }) }
  const backend = can.backend === 'off' ? 'udp' : can.backend
  return [siteBusReport({ ...config, channel: { ...config.channel, can: { ...can, ...rates, backend } } }) ?? []].flat()
}

function rateIn(text: string, min: number, max: number): number | null {
  const rate = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  return rate >= min && rate <= max ? rate : null
}

function refuse(lines: string): number {
  process.stderr.write(`${lines}\n`)
  return 2
}

function ratesOf({ isFd, bitRate, dataBitRate }: BusPlan): object {
  return { isFd, bitRate, dataBitRate: isFd ? dataBitRate : null }
}

function linesOf(file: string, plan: BusPlan, buses: readonly BusReport[]): string[] {
  const kind = plan.isFd ? `CAN FD, ${plan.bitRate} and ${plan.dataBitRate}` : `classic CAN, ${plan.bitRate}`
  return [`${file}: ${kind} bits a second`, ...buses.flatMap(linesOfBus)]
}

function linesOfBus({ bus, messages, loadAtRest, loadMax, classes, late }: BusReport): string[] {
  const head = `${bus}: ${messages} messages, load ${percent(loadAtRest)} at rest, ${percent(loadMax)} at most`
  const rows = classes.map(({ trafficClass, priority, frames, deadlineMs, responseMs }) => {
    const response = responseMs === null ? 'no end' : `${responseMs.toFixed(2)} ms`
    return `  ${priority} ${trafficClass.padEnd(15)} ${String(frames).padStart(2)} frames  at most ${response.padStart(9)} of ${deadlineMs} ms`
  })
  return [late.length === 0 ? head : `${head}; ${late.length} late`, ...rows]
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
