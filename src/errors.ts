// One table: what happened, what to do, whether trying again can help. Codes are strings that never change meaning.
// The table is docs/errors.md and the type ErrorCode; test/unit/errors.test.ts holds them together.

export interface ErrorEntry {
  readonly what: string
  readonly whatToDo: string
  readonly retriable: boolean
}

export const errorTable = {
  // configuration
  CONFIG_UNREADABLE: {
    what: 'The configuration file cannot be read or parsed.',
    whatToDo: 'Check the path and the YAML or JSON syntax at the line named.',
    retriable: false,
  },
  CONFIG_INVALID: {
    what: 'A value in the configuration is not allowed.',
    whatToDo: 'Change the value at the path named to one that is allowed there.',
    retriable: false,
  },
  CONFIG_OVERCOMMITTED: {
    what: 'Committed levels exceed the blades of the farm.',
    whatToDo: 'Lower a committed level or add blades.',
    retriable: false,
  },
  PORT_IN_USE: {
    what: 'A port that must be bound is taken by another process.',
    whatToDo: 'Stop the other process or change the port in the configuration.',
    retriable: false,
  },
  RUN_DIRECTORY_IN_USE: {
    what: 'Another farm runs in this run directory.',
    whatToDo: 'Stop it, or name another directory with --run-dir.',
    retriable: false,
  },
  RUN_DIRECTORY_UNUSABLE: {
    what: 'The run directory holds no farm, or cannot be read or written.',
    whatToDo: 'Name the directory of a farm with --run-dir, or give --config to set one up.',
    retriable: false,
  },
  UNPROVIDED: {
    what: 'A machine has an effect that nothing performs.',
    whatToDo: 'Provide the named effect or port where the runtime is composed.',
    retriable: false,
  },
  CAN_UNSUPPORTED: {
    what: 'The CAN interface cannot be opened: the package `socketcan` is not installed, the kernel has no CAN sockets, or no interface has that name.',
    whatToDo:
      'Install it (`npm install socketcan@4.3.1`), load the modules `can` and `can_raw` and set the interface up, or use a bus that needs neither: `udp` on one machine, `slcan` with a serial adapter.',
    retriable: false,
  },
  // agreements
  ACCOUNT_UNKNOWN: {
    what: 'The farm has no account of that name.',
    whatToDo: 'Name one that the message lists.',
    retriable: false,
  },
  SLA_INVALID: {
    what: 'The terms of an agreement are not understood.',
    whatToDo: 'Change the value at the place named; `bladewright sla show` prints terms that are right.',
    retriable: false,
  },
  SLA_REFUSED: {
    what: 'The farm cannot keep what the agreement would promise.',
    whatToDo: 'Promise less, from later on, or add blades; the numbers are in the message.',
    retriable: false,
  },
  RULES_INVALID: {
    what: 'The fuzzy rules are not understood.',
    whatToDo: 'Change the rule at the line named; the rules in force stay as they are.',
    retriable: false,
  },
  // operator commands
  COMMAND_INVALID: {
    what: 'The command line or request is not understood.',
    whatToDo: 'See --help of the command.',
    retriable: false,
  },
  BLADE_UNKNOWN: {
    what: 'No blade of that name.',
    whatToDo: 'See `bladewright status` for the blades of this site.',
    retriable: false,
  },
  GROUP_UNKNOWN: {
    what: 'No group of that name.',
    whatToDo: 'See `bladewright status` for the groups of this site.',
    retriable: false,
  },
  RECORD_UNKNOWN: {
    what: 'No move or decision of that id.',
    whatToDo: 'See `bladewright status` for recent ids.',
    retriable: false,
  },
  BLADE_BUSY: { what: 'The blade is in a move already.', whatToDo: 'Wait for the move named to end.', retriable: true },
  BLADE_UNSUITABLE: {
    what: 'The blade cannot carry the personality.',
    whatToDo: 'Choose a blade of a board type that the role lists.',
    retriable: false,
  },
  BLADE_CORDONED: { what: 'The blade is cordoned.', whatToDo: 'Uncordon it first.', retriable: false },
  COMMITMENT_BROKEN: {
    what: 'The change would break a committed level.',
    whatToDo: 'Choose another blade or lower the level.',
    retriable: false,
  },
  NOT_LEADING: {
    what: 'This site master does not lead.',
    whatToDo: 'Ask the other site master, or wait for the election.',
    retriable: true,
  },
  OUTCOME_UNKNOWN: {
    what: 'The site master was told, and cannot say whether it will be remembered: it lost its lease or ended, or its journal did not take it in time.',
    whatToDo: 'Ask again: what is done already is not done twice.',
    retriable: true,
  },
  NOT_PAIRED: {
    what: 'The other site master does not have everything that this one acts on.',
    whatToDo: 'Start it, wait until `bladewright status` says paired, and repeat.',
    retriable: true,
  },
  NO_STORM: {
    what: 'The storm brake does not hold: lost blades are being replaced.',
    whatToDo: 'Nothing. `bladewright status` says what is short, `bladewright explain` why.',
    retriable: false,
  },
  LOSS_NOT_NEEDED: {
    what: 'This site master misses nothing that would keep it from leading.',
    whatToDo: 'Nothing: it leads as soon as the other one does not.',
    retriable: false,
  },
  MASTER_UNREACHABLE: {
    what: 'No site master answers on the control port.',
    whatToDo:
      'Ask again in a moment when the launcher is just starting one again (the detail says so); else start one, or name its run directory with --run-dir.',
    retriable: true,
  },
  // channels
  TOKEN_REFUSED: {
    what: 'The token is missing or wrong.',
    whatToDo: 'Use the token file of this node in the run directory (mode 0600).',
    retriable: false,
  },
  WIRE_VERSION_UNKNOWN: {
    what: 'A node speaks no version of the protocol that this one speaks: the log names both. It has no link.',
    whatToDo:
      'Bring the older of the two up to date. Between releases that follow each other both versions are spoken: one site master first, then the other, then agents and balancer.',
    retriable: false,
  },
  MESSAGE_TOO_LARGE: {
    what: 'A message exceeds the channel bound; the connection was closed.',
    whatToDo: 'Find the sender; the protocol has no message of that size.',
    retriable: false,
  },
  MESSAGE_MALFORMED: {
    what: 'A message is not of the protocol; the connection was closed.',
    whatToDo: 'Find the sender; check that both ends run the same version.',
    retriable: false,
  },
  LINK_OVERFLOW: {
    what: 'A reliable lane reached its bound; the session ended.',
    whatToDo: 'Find out why the peer does not read.',
    retriable: true,
  },
  LINK_LOST: {
    what: 'The session to the peer ended.',
    whatToDo: 'The caller asks again in a new session.',
    retriable: true,
  },
  ASK_TIMED_OUT: {
    what: 'No answer before the deadline.',
    whatToDo: 'Try again; see the peer in `bladewright status`.',
    retriable: true,
  },
  MAILBOX_FULL: {
    what: 'A mailbox reached its bound; the message became a dead letter.',
    whatToDo: 'Find the flooding sender in the dead-letter log.',
    retriable: true,
  },
  // gates
  EPOCH_STALE: {
    what: 'The command carries a lower epoch than the gate has promised.',
    whatToDo: 'Nothing: another master leads.',
    retriable: false,
  },
  COMMAND_TOO_OLD: {
    what: 'The command was on its way for too long: it echoes no recent nonce of the board.',
    whatToDo: 'Nothing: the move asks again. If it lasts, find out what delays the channel.',
    retriable: true,
  },
  BOARD_BUSY: { what: 'The board performs another command.', whatToDo: 'Repeat after a pause.', retriable: true },
  BOARD_NOT_GRANTED: {
    what: 'The board has promised no epoch to this master.',
    whatToDo: 'Ask for the promise first.',
    retriable: true,
  },
  BOARD_POWERED_ON: { what: 'The step needs the blade to be off.', whatToDo: 'Power it off first.', retriable: false },
  BOARD_NO_POINTERS: { what: 'The board has no boot pointers.', whatToDo: 'Set the pointers first.', retriable: false },
  BOARD_POWER_FAILED: {
    what: 'The blade did not reach the power state asked for.',
    whatToDo: 'Repeat; quarantine the blade when it persists.',
    retriable: true,
  },
  BOARD_STEP_REFUSED: {
    what: 'The board is not in a state for this step.',
    whatToDo: 'Read its status; the move chooses a way out.',
    retriable: false,
  },
  RECEIPT_MISSING: {
    what: 'No scrub receipt for the former group.',
    whatToDo: 'Scrub the blade; a blade of unknown history needs it too.',
    retriable: false,
  },
  IDENTITY_MISMATCH: {
    what: 'The blade booted something else than its pointers say.',
    whatToDo: 'Nothing: the blade is rolled back and may be quarantined.',
    retriable: false,
  },
  MEMBERS_STALE: {
    what: 'A newer member list is in force.',
    whatToDo: 'Nothing: another master leads, or the newer list follows.',
    retriable: false,
  },
  // blades
  IMAGE_UNKNOWN: {
    what: 'The image store has no image of that name.',
    whatToDo: 'Add the image or correct the role.',
    retriable: false,
  },
  IMAGE_DIGEST_MISMATCH: {
    what: 'The image differs from the digest that was assigned.',
    whatToDo: 'Publish the image anew; look who changed it.',
    retriable: false,
  },
  IMAGE_HAS_SYMLINK: {
    what: 'The image holds a symbolic link or another special file.',
    whatToDo: 'Use plain files and directories only.',
    retriable: false,
  },
  IMAGE_UNUSABLE: {
    what: 'The image has no server.js, is too large or cannot be read.',
    whatToDo: 'Put server.js at the top of the image and keep to the bounds named.',
    retriable: false,
  },
  BLADE_UNREACHABLE: {
    what: 'The blade does not answer.',
    whatToDo: 'Wait for its boot; see its log.',
    retriable: true,
  },
  BLADE_UNHEALTHY: {
    what: 'The blade answers, but its health check fails.',
    whatToDo: "See the blade's log: the image is at fault.",
    retriable: true,
  },
  BOOT_TIMED_OUT: {
    what: 'The blade was not healthy in time.',
    whatToDo: "See the blade's log; it is retried, then quarantined.",
    retriable: true,
  },
  SCRUB_INCOMPLETE: {
    what: 'Remains of the former group were found from outside after the scrub.',
    whatToDo: 'The blade is quarantined; look at the places named.',
    retriable: true,
  },
  NETWORK_TAKEN: {
    what: "The blade is on another group's networks.",
    whatToDo: 'Disconnect it first.',
    retriable: false,
  },
  NETWORK_UNKNOWN: {
    what: 'No network of that name belongs to the group.',
    whatToDo: 'Correct the connectivity rules.',
    retriable: false,
  },
  VOLUME_UNKNOWN: {
    what: 'No volume of that name belongs to the group.',
    whatToDo: 'Create the volume or correct the role.',
    retriable: false,
  },
  VOLUME_TAKEN: { what: "The blade holds another group's volumes.", whatToDo: 'Detach them first.', retriable: false },
  VOLUME_FAILED: {
    what: 'The volume could not be attached or detached.',
    whatToDo: 'Look at the storage; the step is retried.',
    retriable: true,
  },
  STEP_TIMED_OUT: {
    what: 'A step of a move had no answer before its deadline.',
    whatToDo: 'It is retried, then the move takes its way out.',
    retriable: true,
  },
  // durable state
  DISK_FULL: {
    what: 'The disk is full.',
    whatToDo:
      'Free space. A site master has let its peer lead, and stays out until there is room; an agent ends, and starts again then.',
    retriable: true,
  },
  DISK_FAILED: {
    what: 'The disk failed.',
    whatToDo: 'Replace it; the state is rebuilt from the peer or the boards.',
    retriable: false,
  },
  DISK_SLOW: {
    what: 'The disk kept a record waiting that the other site master had made durable long since; that one leads now.',
    whatToDo:
      'Find out what keeps the disk busy. The site master stands by, and is taken for whole again once its disk keeps up.',
    retriable: true,
  },
  DISK_NAME_INVALID: {
    what: 'A file name is not allowed on this disk.',
    whatToDo: 'Use lower-case letters, digits, dots and dashes.',
    retriable: false,
  },
  JOURNAL_CORRUPT: {
    what: 'The journal is damaged before its end.',
    whatToDo:
      'Set its files aside. A site master then starts with an empty journal and takes that of its peer or, without one, what the farm is (`bladewright adopt --accept-loss`); the boards of an agent then have no record and are of unknown history.',
    retriable: false,
  },
  // inside
  INVARIANT_BROKEN: {
    what: 'A promise of the runtime does not hold.',
    whatToDo: 'Report it with the seed or the journal: this is a bug.',
    retriable: false,
  },
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable

class CodedError extends Error {
  readonly code: ErrorCode
  /** @param place the path, address or file that the error is about */
  constructor(code: ErrorCode, detail: string, place?: string) {
    super(`${code}${place === undefined ? '' : ` at ${place}`}: ${detail}`)
    this.code = code
    this.name = new.target.name
  }
  get whatToDo(): string {
    return errorTable[this.code].whatToDo
  }
}

/** Stop and fix: bad configuration or command line. The CLI exits with 2. */
export class ConfigError extends CodedError {}
/** Retry or reconnect. */
export class TransportError extends CodedError {}
/** Drop and count: what a peer said is not of the protocol. */
export class ProtocolError extends CodedError {}
/** Crash the actor: its supervisor decides. */
export class InvariantError extends CodedError {}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text)
}
