// What a process blade can and cannot do to its neighbours and its host, attempt by attempt: said at start, cited by docs/security.md,
// and proven by a hostile image that makes every attempt (test/real/hostile-image.test.ts). A row without a proof fails that test.
// `ownUid`: the agent runs as root and gives each blade a user of its own (chooseBladeUser). `sharedUid`: all run as the agent's user.

export type Standing = 'closed' | 'open'

export interface IsolationRow {
  readonly ownUid: Standing
  readonly sharedUid: Standing
}

const closed: IsolationRow = { ownUid: 'closed', sharedUid: 'closed' }
const open: IsolationRow = { ownUid: 'open', sharedUid: 'open' }
const needsOwnUid: IsolationRow = { ownUid: 'closed', sharedUid: 'open' }

export const isolationTable = {
  'read the files of another blade': closed,
  'load a module from another blade': closed,
  'read the token of the control port': closed,
  'read the password file of the host': closed,
  'read what the host runs from /proc': closed,
  'load variables from a file of another blade': closed,
  'open a file of another blade as a blob': closed,
  'watch the directory of another blade': closed,
  'read its own log': closed,
  'list the directory of the farm': closed,
  'write into its own directory': closed,
  'write into /tmp': closed,
  'write a database into /tmp': closed,
  'write a report into /tmp': closed,
  'leave a socket in /tmp': open,
  'write a trace into its own directory': closed,
  'write a heap snapshot into /tmp': closed,
  'make a symbolic link': closed,
  'bring a symbolic link in its image': closed,
  'bring a symbolic link in its volume': closed,
  'start a program': closed,
  'become another program': closed,
  'start a worker thread': closed,
  'load a native addon': closed,
  'open the inspector': closed,
  'become root': closed,
  'answer on the port of another blade': closed,
  'signal another blade': needsOwnUid,
  'signal the agent': needsOwnUid,
  'slow another blade down by its priority': needsOwnUid,
  'connect to a unix socket of the agent': needsOwnUid,
  'connect to an abstract unix socket': open,
  'connect to the port of another blade': open,
  'connect to the control port': open,
  'listen on any free port': open,
} as const satisfies Record<string, IsolationRow>

export type IsolationAttempt = keyof typeof isolationTable

/** In one line, for the start of a farm. */
export const isolationVerdict = 'cooperative tenants only'

/** @param circumstances.root whether blades have users of their own (`chooseBladeUser` gave a uid), not merely whether the agent is root */
export function isolationOf(circumstances: { readonly root: boolean }): {
  readonly closed: readonly string[]
  readonly open: readonly string[]
} {
  const rows = Object.entries<IsolationRow>(isolationTable)
  const standing = (row: IsolationRow) => (circumstances.root ? row.ownUid : row.sharedUid)
  const named = (wanted: Standing) => rows.filter(([, row]) => standing(row) === wanted).map(([attempt]) => attempt)
  return { closed: named('closed'), open: named('open') }
}
