// The names that every process of a site knows from its configuration, in one order: on the wire they are numbers.
import { bladePath, boardPath, decisionPath, gatePath, groupPath, leasesPath, masterPath } from '../actors/paths.ts'
import { leaderNode } from '../protocol/address.ts'
import type { CompactTables } from '../transport/compact/compact-codec.ts'
import { canNumbersOf } from './can-layout.ts'
import type { FarmConfig } from './farm-config-schema.ts'
import { bladesOf, groupsOf } from './farm-layout.ts'

export function compactTablesOf(config: FarmConfig): CompactTables {
  const blades = bladesOf(config).map(({ blade }) => blade)
  const groups = groupsOf(config)
  return {
    site: config.site.id,
    nodes: [leaderNode, ...canNumbersOf(config).keys()],
    paths: [
      ...[masterPath, leasesPath, gatePath],
      ...groups.flatMap(({ group, roles }) => [groupPath(group), ...roles.map(({ id }) => decisionPath(group, id))]),
      ...blades.flatMap((blade) => [boardPath(blade), bladePath(blade)]),
    ],
    words: [...new Set(wordsOf(config))],
  }
}

function wordsOf(config: FarmConfig): readonly string[] {
  return [
    config.site.id,
    ...config.accounts.map(({ id }) => id),
    ...groupsOf(config).flatMap(({ group, roles }) => [
      group,
      ...roles.flatMap(({ id, image, healthPath, boardTypes, volumes, networks }) => [
        ...[id, image, healthPath],
        ...[...boardTypes, ...volumes, ...networks],
      ]),
    ]),
  ]
}
