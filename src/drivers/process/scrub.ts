// R08 for process blades. Scrubbing removes whatever a boot could have left; the search afterwards does not ask the blade or the
// scrub, it looks at the machine from outside: directories, temporary files, shared memory, processes and sockets, for this
// blade's canary and for anything at all of its user. Only an empty search makes a receipt.
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ScrubSearch } from '../scrub-receipt.ts'
import type { BladePlace } from './blade-place.ts'
import { processesAt } from './blade-process.ts'
import { syncFolder } from './durable-file.ts'
import { allPids, argumentsOf, ipcCountOf, realUidOf, tcpSockets } from './proc.ts'

/** Where any user may leave files. */
const sharedFolders = ['/tmp', '/var/tmp', '/dev/shm']
const sharedEntriesMax = 20_000

/** Removes it all; answers which places held something. Removing what is half removed is the same again. */
export function removeTraces(place: BladePlace): readonly string[] {
  const inside = [place.image, place.data, place.logs, place.staging]
  const held = inside.filter((path) => existsSync(path) && readdirSync(path).length > 0)
  const left = filesOfUser(place.uid)
  for (const path of [place.root, place.logs, place.staging, ...left]) rmSync(path, { recursive: true, force: true })
  syncFolder(place.directory)
  return [...held.map((path) => path.slice(place.directory.length + 1)), ...left]
}

/** @param canary of the last boot; @param port of the last boot */
export function searchTraces(place: BladePlace, canary: string | null, port: number | null): ScrubSearch {
  const found = [
    ...[place.root, place.logs, place.staging].filter(existsSync),
    ...filesWith(place.directory, canary),
    ...filesOfUser(place.uid),
    ...processesLeft(place, canary).map((pid) => `process ${pid}`),
    ...socketsLeft(place.uid, port).map((socket) => `socket on port ${socket}`),
    ...ipcLeft(place.uid),
  ]
  return {
    canary: canary === null ? null : createHash('sha256').update(canary).digest('hex'),
    places: [
      place.directory,
      ...(place.uid === null ? [] : searchedFolders().map((folder) => `${folder}, first level`)),
      'processes',
      'tcp sockets',
      ...(place.uid === null ? [] : ['shared memory']),
    ],
    found,
  }
}

/** The board's own record (and a half-written one) names the canary; it is not the blade's. */
function filesWith(directory: string, canary: string | null): readonly string[] {
  if (canary === null) return []
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files
    .filter((file) => !file.name.startsWith('board.json'))
    .map((file) => join(file.parentPath, file.name))
  return paths.filter((path) => readFileSync(path).includes(canary))
}

/** Without a user of its own nothing says which files there are the blade's: they are not searched, and no receipt says so. */
function filesOfUser(uid: number | null): readonly string[] {
  if (uid === null) return []
  return searchedFolders().flatMap((folder) => {
    const paths = readdirSync(folder).map((name) => join(folder, name))
    return paths.filter((path) => lstatSync(path, missing)?.uid === uid)
  })
}

/** One that holds more than can be looked through is not searched, and no receipt says that it was. */
function searchedFolders(): readonly string[] {
  return sharedFolders.filter((folder) => existsSync(folder) && readdirSync(folder).length <= sharedEntriesMax)
}

const missing = { throwIfNoEntry: false } as const

function processesLeft(place: BladePlace, canary: string | null): readonly number[] {
  const ofPlace = processesAt(place).map((name) => name.pid)
  const ofUser = allPids().filter((pid) => {
    const uid = realUidOf(pid)
    // Without a uid of its own only processes of the agent's user can be this blade's; a neighbour may not spoil the search.
    if (uid !== (place.uid ?? process.getuid?.())) return false
    return place.uid !== null || (canary !== null && argumentsOf(pid).includes(canary))
  })
  return [...new Set([...ofPlace, ...ofUser])]
}

function socketsLeft(uid: number | null, port: number | null): readonly number[] {
  const held = tcpSockets().filter((socket) => socket.held)
  return held
    .filter((socket) => socket.uid === uid || (uid === null && socket.listening && socket.port === port))
    .map((socket) => socket.port)
}

function ipcLeft(uid: number | null): readonly string[] {
  const count = uid === null ? 0 : ipcCountOf(uid)
  return count === 0 ? [] : [`${count} System V objects`]
}
