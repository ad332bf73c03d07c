// What no single value shows: the parts of a farm must agree with one another.
//
// Do the committed levels fit? Roles ask for blades of one or several board types, so a sum per type is not enough. Hall's
// theorem says when everybody can be served: for every set of board types, the roles that can live on nothing else must not
// be owed more blades than the set has. Board types are few (at most eight), so all sets are tried, small ones first.
import { z } from 'zod'
import { admit } from '../accounts/admission.ts'
import { SlaBook } from '../accounts/sla-book.ts'
import { cabinetsOfBackboneMax } from './can-layout.ts'
import { agreementsOf, capacityOf } from './farm-agreements.ts'
import type { ConfigPath, ConfigProblem } from './farm-config-problem.ts'
import type { FarmConfig } from './farm-config-schema.ts'
import { bladesOf, type GroupPlace, groupsOf, masterBladesOf } from './farm-layout.ts'
import { siteBusReport } from './site-bus.ts'

export interface Disagreement {
  readonly code: ConfigProblem['code']
  readonly path: ConfigPath
  readonly allowed: string
}

export const boardTypeCountMax = 8
/** IFNAMSIZ of linux/if.h, without the end. */
const interfaceNameMax = 15

/** Every disagreement found; levels are compared with the blades only when everything else agrees. */
export function checkFarm(config: FarmConfig): readonly Disagreement[] {
  const found = [
    ...checkUnique(config),
    ...checkChannelHost(config),
    ...checkCan(config),
    ...checkPorts(config),
    ...checkBoardTypes(config),
    ...checkBounds(config),
    ...checkBackoff(config),
    ...checkMasterBlades(config),
  ]
  return found.length > 0 ? found : checkLevels(config)
}

function checkCan(config: FarmConfig): Disagreement[] {
  const { cabinets } = config
  const { can } = config.channel
  if (can.backend === 'off') return []
  const found = repeatedNames(can.buses, ['channel', 'can', 'buses'])
  can.buses.forEach((name, index) => {
    if (can.backend === 'socketcan' && name.length > interfaceNameMax)
      found.push(invalid(['channel', 'can', 'buses', index], `a name of ${interfaceNameMax} characters at most`))
  })
  if (cabinets.length > cabinetsOfBackboneMax)
    found.push(invalid(['cabinets'], `at most ${cabinetsOfBackboneMax} cabinets on the CAN buses of a site`))
  return found.length > 0 ? found : checkBusLoad(config)
}

/** Only of a farm that is right otherwise. */
function checkBusLoad(config: FarmConfig): Disagreement[] {
  const { late = [], loadMax = 0 } = siteBusReport(config) ?? {}
  const [first] = late
  if (first === undefined) return []
  const load = `${(100 * loadMax).toFixed(0)} % at most`
  return [
    invalid(
      ['channel', 'can'],
      `buses that carry what this farm says in time (load ${load}; ${late.length} messages late; ${first}): a higher dataBitRate, or fewer blades`,
    ),
  ]
}

function checkUnique(config: FarmConfig): Disagreement[] {
  const found = repeated(config.cabinets, ['cabinets'])
  found.push(...repeated(config.accounts, ['accounts']))
  config.accounts.forEach((account, a) => {
    found.push(...repeated(account.groups, ['accounts', a, 'groups']))
    account.groups.forEach((group, g) => {
      const path = ['accounts', a, 'groups', g, 'roles']
      found.push(...repeated(group.roles, path))
      group.roles.forEach((role, r) => {
        for (const list of ['boardTypes', 'volumes', 'networks'] as const)
          found.push(...repeatedNames(role[list], [...path, r, list]))
      })
    })
  })
  return found
}

function repeated(items: readonly { readonly id: string }[], path: ConfigPath): Disagreement[] {
  const ids = items.map((item) => item.id)
  return repeatedNames(ids, path).map((found) => ({ ...found, path: [...found.path, 'id'] }))
}

function repeatedNames(names: readonly string[], path: ConfigPath): Disagreement[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [invalid([...path, index], 'a name that is not used before in this list')] : [],
  )
}

/** R48: the channel never listens where a stranger might reach it. */
function checkChannelHost(config: FarmConfig): Disagreement[] {
  const { host } = config.channel
  const isPrivate =
    (z.ipv4().safeParse(host).success && privateV4.test(host)) ||
    (z.ipv6().safeParse(host).success && privateV6.test(host))
  if (isLoopback.test(host) || (isPrivate && config.channel.tls)) return []
  if (isPrivate)
    return [invalid(['channel', 'host'], 'a loopback address: another one needs channel.tls, for nothing is encrypted')]
  return [invalid(['channel', 'host'], 'localhost, or an address of a loopback or private network (not 0.0.0.0 or ::)')]
}

const isLoopback = /^(?:localhost$|127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|::1$)/
/** 127/8 and RFC 1918; ::1 and fc00::/7. */
const privateV4 = /^(?:127|10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\./
const privateV6 = /^(?:::1$|f[cd][0-9a-f]{2}:)/i

function checkPorts(config: FarmConfig): Disagreement[] {
  const taken = new Map<number, string>()
  const claims: { path: ConfigPath; port: number; by: string }[] = [
    { path: ['channel', 'port'], port: config.channel.port, by: 'the channel' },
    { path: ['control', 'port'], port: config.control.port, by: 'the control port' },
    ...placedGroups(config).map(({ path, place }) => ({
      path: [...path, 'port'],
      port: place.port,
      by: place.group,
    })),
  ]
  return claims.flatMap(({ path, port, by }) => {
    if (port === 0) return []
    const holder = taken.get(port)
    if (holder !== undefined) return [invalid(path, `a port other than ${port}, which ${holder} has`)]
    taken.set(port, by)
    return []
  })
}

function checkBoardTypes(config: FarmConfig): Disagreement[] {
  const present = [...new Set(config.cabinets.map((cabinet) => cabinet.boardType))]
  if (present.length > boardTypeCountMax)
    return [invalid(['cabinets'], `cabinets of at most ${boardTypeCountMax} board types`)]
  return placedRoles(config).flatMap(({ path, role }) =>
    role.boardTypes.flatMap((type, index) =>
      present.includes(type)
        ? []
        : [invalid([...path, 'boardTypes', index], `a board type of the cabinets: ${present.join(', ')}`)],
    ),
  )
}

function checkBounds(config: FarmConfig): Disagreement[] {
  return placedRoles(config).flatMap(({ path, role }) => {
    const { committed, expansion, initial, max } = role
    if (max < committed + expansion)
      return [invalid([...path, 'max'], `a whole number of at least committed and expansion, ${committed + expansion}`)]
    if (initial < committed)
      return [invalid([...path, 'initial'], `a whole number of at least committed, ${committed}`)]
    return max < initial ? [invalid([...path, 'max'], `a whole number of at least initial, ${initial}`)] : []
  })
}

function checkBackoff(config: FarmConfig): Disagreement[] {
  const { firstMs, maxMs } = config.decisions.reclaimBackoff
  return maxMs < firstMs
    ? [invalid(['decisions', 'reclaimBackoff', 'maxMs'], `a whole number of at least firstMs, ${firstMs}`)]
    : []
}

/** R47: one each, that there are, in cabinets that do not fail together. */
function checkMasterBlades(config: FarmConfig): Disagreement[] {
  const { count, blades } = config.masters
  if (blades === undefined) return []
  const path = ['masters', 'blades']
  if (blades.length !== count) return [invalid(path, `as many blades as there are site masters, ${count}`)]
  const known = new Set(bladesOf(config).map(({ blade }) => blade))
  const strange = blades.findIndex((blade) => !known.has(blade))
  if (strange !== -1) return [invalid([...path, strange], 'a blade of the cabinets')]
  const [first, second] = blades.map((blade) => blade.slice(0, 3))
  return first === second ? [invalid([...path, 1], `a blade of another cabinet than ${first}`)] : []
}

function checkLevels(config: FarmConfig): Disagreement[] {
  const committed = firstShortage(config, 'committed')
  if (committed) return [{ code: 'CONFIG_OVERCOMMITTED', ...committed }]
  const initial = firstShortage(config, 'initial')
  return initial ? [{ code: 'CONFIG_INVALID', ...initial }] : checkGuarantees(config)
}

/** R37. */
function checkGuarantees(config: FarmConfig): Disagreement[] {
  const versions = agreementsOf(config).map(({ account, terms }) => ({
    ...{ account, terms, version: 1, effectiveAt: 0 },
    origin: 'file' as const,
  }))
  const { refusals } = admit(new SlaBook(versions), capacityOf(config), 0, () => undefined)
  return refusals.map(({ detail }) => ({
    code: 'CONFIG_OVERCOMMITTED',
    path: ['accounts'],
    allowed: `levels that fit: ${detail.slice(detail.indexOf(': ') + 2)}`,
  }))
}

/** The smallest set of board types that is asked for more than it has, named at the role whose level tips it over. */
function firstShortage(
  config: FarmConfig,
  level: 'committed' | 'initial',
): { path: ConfigPath; allowed: string } | undefined {
  const blades = new Map<string, number>()
  for (const { boardType, slots } of config.cabinets) blades.set(boardType, (blades.get(boardType) ?? 0) + slots)
  const reserved = Object.values(masterBladesOf(config))
  for (const { blade, boardType } of bladesOf(config))
    if (reserved.includes(blade)) blades.set(boardType, (blades.get(boardType) ?? 0) - 1)
  const roles = placedRoles(config)
  for (const types of subsets([...blades.keys()])) {
    const has = types.reduce((sum, type) => sum + (blades.get(type) ?? 0), 0)
    let owed = 0
    for (const { path, role } of roles) {
      if (!role.boardTypes.every((type) => types.includes(type))) continue
      if (owed + role[level] > has)
        return {
          path: [...path, level],
          allowed: `at most ${has - owed}: the farm has ${has} blades of type ${types.join(' or ')}, and ${owed} of them are ${level} to the roles before`,
        }
      owed += role[level]
    }
  }
  return undefined
}

/** All non-empty subsets, smallest first. */
function subsets(types: readonly string[]): readonly (readonly string[])[] {
  const all = Array.from({ length: 2 ** types.length - 1 }, (_, mask) =>
    types.filter((_type, bit) => ((mask + 1) >> bit) & 1),
  )
  return all.toSorted((a, b) => a.length - b.length)
}

function placedGroups(config: FarmConfig): { path: ConfigPath; place: GroupPlace }[] {
  const paths = config.accounts.flatMap((account, a) => account.groups.map((_, g) => ['accounts', a, 'groups', g]))
  return groupsOf(config).map((place, index) => ({ path: paths[index] ?? [], place }))
}

function placedRoles(config: FarmConfig) {
  return placedGroups(config).flatMap(({ path, place }) =>
    place.roles.map((role, r) => ({ path: [...path, 'roles', r], role })),
  )
}

function invalid(path: ConfigPath, allowed: string): Disagreement {
  return { code: 'CONFIG_INVALID', path, allowed }
}
