// What a configuration file may say. This schema is the type FarmConfig and, generated, schema/bladewright.schema.json.
// Every object is strict: a misspelt key is an error, never a silent default. Every list and number has a bound.
// What a single value cannot show (sums, references, collisions) is in farm-config-checks.ts.
import { z } from 'zod'
import { slaConditions, slaPrices } from '../accounts/sla-terms.ts'
import { defaultLocalDecisionConfig as preset } from '../decision/local-decision-state.ts'
import { defaultLeaseMs } from '../pair/master-lease.ts'
import { moveStep } from '../protocol/board.ts'
import { leaseMsMax } from '../protocol/pair.ts'

const name = /^[a-z][a-z0-9-]{0,31}$/
const nameAllowed = 'a lower-case letter, then up to 31 lower-case letters, digits or dashes'
const fileName = /^[a-z0-9](?:[a-z0-9-]|\.(?!\.)){0,63}$/
const fileNameAllowed = 'a plain name of lower-case letters, digits, dashes and single dots, 64 at most'

const id = (what: string) => z.string().regex(name, nameAllowed).describe(what)
const folder = (what: string, usual: string) =>
  z
    .string()
    .min(1)
    .max(1024)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a path with control characters is what it refuses
    .regex(/^[^\u0000-\u001f]+$/, 'a path without control characters')
    .default(usual)
    .describe(what)
const portAllowingAny = (what: string) => z.number().int().min(0).max(65_535).default(0).describe(what)
const duration = (what: string, usualMs: number) =>
  z.number().int().min(1).max(86_400_000).default(usualMs).describe(what)
const count = (what: string, max: number) => z.number().int().min(0).max(max).describe(what)

const site = z.strictObject({
  id: id('Name of the site in addresses.'),
  longitude: z.number().min(-180).max(180).default(0).describe('Degrees east; orders lending between sites.'),
})

const can = z.strictObject({
  backend: z
    .enum(['off', 'udp', 'socketcan'])
    .default('off')
    .describe(
      'off: the WebSocket channel alone. udp: buses made of multicast datagrams on this machine, as python-can speaks them. socketcan: CAN interfaces of the Linux kernel.',
    ),
  buses: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{0,15}$/, 'a name, such as can0'))
    .min(1)
    .max(2)
    .default(['can0', 'can1'])
    .describe('The bus, and the second one that carries the same. Of socketcan: the names of the interfaces.'),
  bitRate: z
    .number()
    .int()
    .min(10_000)
    .max(1_000_000)
    .default(1_000_000)
    .describe('Bits per second. Of socketcan: as the interfaces are set.'),
  dataBitRate: z
    .number()
    .int()
    .min(1_000_000)
    .max(8_000_000)
    .optional()
    .describe('CAN FD: bits per second of the data part. Default: classic CAN, 8 bytes a frame.'),
  port: z
    .number()
    .int()
    .min(1_024)
    .max(65_534)
    .default(43_113)
    .describe(
      'Of udp: the port of the first bus; the second takes the next. Farms on one machine need ports of their own.',
    ),
})

const tls = z.strictObject({
  ca: z
    .string()
    .min(1)
    .max(4_096)
    .describe('PEM file of the authority whose certificates are believed, relative to this file.'),
  certificates: z
    .string()
    .min(1)
    .max(4_096)
    .describe(
      'Folder with <node>.crt and <node>.key (PEM, mode 0600) of every process that runs here: m1, m2, a01, lb, load, demo. The common name is the node.',
    ),
})

const channel = z.strictObject({
  host: z
    .string()
    .max(64)
    .default('127.0.0.1')
    .describe(
      'Where the WebSocket channel listens: loopback, or, with `tls`, an address of the private management network.',
    ),
  port: portAllowingAny(
    'Port of the WebSocket channel of the first site master; the second takes the next; 0: any free ones.',
  ),
  tls: tls
    .optional()
    .describe(
      'TLS 1.3 with certificates at both ends, on top of the tokens. Default: neither encrypted nor certified.',
    ),
  can: can.prefault({}).describe('CAN buses that carry what the WebSocket channel carries, and come first.'),
})

const control = z.strictObject({
  port: portAllowingAny(
    'Port of the control commands of the first site master, on loopback only; the second takes the next; 0: any free ones.',
  ),
})

const masters = z.strictObject({
  count: z
    .number()
    .int()
    .min(1)
    .max(2)
    .default(2)
    .describe('Site masters. One alone: nobody decides while it is away, and its journal has no second copy.'),
  leaseMs: z
    .number()
    .int()
    .min(200)
    .max(leaseMsMax)
    .default(defaultLeaseMs)
    .describe(
      'How long the boards follow a silent master. Longer: calmer on busy machines; a hung one is replaced later.',
    ),
  blades: z
    .array(z.string().regex(/^c\d{2}-s\d{2}$/, 'a blade, such as c01-s01'))
    .min(1)
    .max(2)
    .optional()
    .describe(
      'Blades that the site masters run on, one each, in different cabinets. They serve nobody. Default: none.',
    ),
  replaceAfterMs: duration('A site master whose server is dead for so long gets another blade.', 30_000),
})

const cabinet = z.strictObject({
  id: z
    .string()
    .regex(/^c\d{2}$/, 'c and two digits, such as c01')
    .describe('The cabinet; its blades are c01-s01, c01-s02, …'),
  slots: z.number().int().min(1).max(32).describe('Blades in the cabinet, all of one board type.'),
  boardType: id('What hardware the blades are.').default('process'),
})

const role = z.strictObject({
  id: id('Name of the role, unique in its group.'),
  image: z.string().regex(fileName, fileNameAllowed).describe('Folder below `images` that the blades boot.'),
  boardTypes: z
    .array(id('A board type.'))
    .min(1)
    .max(8)
    .default(['process'])
    .describe('Board types that can carry the role.'),
  committed: count('Blades that the account is always owed.', 1024),
  initial: count('Blades it is given at start; default: committed.', 1024).optional(),
  expansion: count('Blades above the committed ones that are guaranteed on request.', 1024).default(0),
  max: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .describe('Blades it holds at most; what lies above those that are guaranteed is the extension level.'),
  keeps: count(
    'Lending limit: its offers, and what others take of it, leave it so many; default: committed.',
    1024,
  ).default(0),
  prices: slaPrices.describe('What a blade-hour costs at each level, and entering one.'),
  warm: count('Blades kept booted for it in the pool.', 32).default(0),
  ratePerBlade: z.number().positive().max(1_000_000).describe('Requests per second that one blade serves well.'),
  volumes: z
    .array(z.string().regex(fileName, fileNameAllowed))
    .max(16)
    .default([])
    .describe('Volumes of the group that its blades are attached to.'),
  networks: z
    .array(id('A network.'))
    .min(1)
    .max(16)
    .default(['front', 'private'])
    .describe('Networks of the group that its blades are on.'),
  healthPath: z
    .string()
    .regex(/^\/[\x21-\x7e]{0,127}$/, 'a path that starts with / and has no spaces, 128 characters at most')
    .default('/healthz')
    .describe('Where a blade says which group, role, image and boot it is.'),
})

const group = z.strictObject({
  id: id('Name of the group, unique in its account.'),
  port: z.number().int().min(1).max(65_535).describe('Balanced port of the group.'),
  priority: z.number().min(0).max(1).default(0.5).describe('Weight of its requests in the fuzzy inference.'),
  responseLimitMs: z.number().int().min(1).max(600_000).describe('Response time that is to be kept, 95th percentile.'),
  roles: z.array(role).min(1).max(16),
})

const account = z.strictObject({
  id: id('Name of the account.'),
  sla: z
    .strictObject(slaConditions)
    .prefault({})
    .describe('Terms of the account, from the start; changed while the farm runs by `bladewright sla set`.'),
  groups: z.array(group).min(1).max(64),
})

/** Deadline of one attempt of a step, ms. Longer is kinder to slow hardware; shorter takes the way out sooner. */
const stepDeadlineMs = {
  drain: 15_000,
  unjoin: 3_000,
  disconnect: 3_000,
  powerOff: 10_000,
  scrub: 30_000,
  verifyScrub: 30_000,
  setPointers: 3_000,
  attachVolumes: 10_000,
  powerOn: 10_000,
  boot: 30_000,
  verifyIdentity: 3_000,
  connectNetwork: 5_000,
  probe: 5_000,
  join: 5_000,
} as const satisfies Record<z.infer<typeof moveStep>, number>

const deadlinesMs = z.strictObject(
  Object.fromEntries(
    moveStep.options.map((step) => [step, duration(`Deadline of one attempt of ${step}.`, stepDeadlineMs[step])]),
  ) as Record<keyof typeof stepDeadlineMs, z.ZodDefault<z.ZodNumber>>,
)

const steps = z.strictObject({
  attemptMax: z.number().int().min(1).max(50).default(3).describe('Attempts of one step before the way out.'),
  deadlinesMs: deadlinesMs.prefault({}).describe('Deadline of one attempt, per step.'),
})

const reclaimBackoff = z.strictObject({
  firstMs: duration('First wait before a blade is taken back from the same group.', 60_000),
  maxMs: duration('The wait doubles up to this.', 3_600_000),
  forgetMs: duration('After so much quiet the wait starts anew.', 600_000),
})

const quarantine = z.strictObject({
  firstMs: duration(
    'A blade that failed three times in five minutes stays out for so long; then it is scrubbed and pooled.',
    600_000,
  ),
  maxMs: duration('The time doubles up to this.', 86_400_000),
  forgetMs: z
    .number()
    .int()
    .min(1)
    .max(31_536_000_000)
    .default(604_800_000)
    .describe('After so long without another quarantine the time starts anew.'),
})

const stormBrake = z.strictObject({
  lostMax: count('So many blades lost at once are replaced; more may be a storm.', 1024).default(3),
  lostShareMax: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('Share of the blades that may be lost at once; more, and more than lostMax, is a storm.'),
  windowMs: duration(
    'Lost at once: within this time. The default is twice what it takes to call a board silent.',
    5_000,
  ),
})

const ratio = (what: string, usual: number) => z.number().min(0).max(1).default(usual).describe(what)
const local = z.strictObject({
  targetUtilisation: ratio(
    'Share of its rate at which a blade is planned when more are asked for.',
    preset.targetUtilisation,
  ),
  offerUtilisation: ratio(
    'Share of its rate that the rest may reach when blades are offered.',
    preset.offerUtilisation,
  ),
  wishMin: ratio('A request needs at least this wish, an offer at most its negative.', preset.wishMin),
  requestHoldMs: duration('How long the grounds for a request must hold.', preset.requestHoldMs),
  offerHoldMs: duration('How long the grounds for an offer must hold.', preset.offerHoldMs),
  slowHoldMs: duration('How long requests must be late before blades count as slow.', preset.slowHoldMs),
  budget: z
    .number()
    .min(0.1)
    .max(10)
    .default(preset.budget)
    .describe(
      'What a group may cost in server-hours, in times of what a plain autoscaler at 70 % utilisation would. More serves more of what comes unforeseen.',
    ),
})

const admission = z.strictObject({
  spares: count('Blades that are promised to nobody.', 1024).default(0),
  overbooking: z
    .number()
    .min(1)
    .max(10)
    .default(1)
    .describe('What may be guaranteed, in times of what there is. What is committed never exceeds what there is.'),
  bandwidth: z.number().int().min(1).max(1_000_000_000).optional().describe('Mbit/s of the site; default: no limit.'),
  volume: z.number().int().min(1).max(1_000_000_000).optional().describe('GB of the site; default: no limit.'),
})

/** The limits of the plan, by their names there. */
const decisions = z.strictObject({
  tickMs: z.number().int().min(50).max(60_000).default(250).describe('Time between two weighings.'),
  usageMs: z
    .number()
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(60_000)
    .describe('How often what accounts used is written down, for bills and recommendations.'),
  automation: z
    .enum(['act', 'advise'])
    .default('act')
    .describe('advise: decide and record, and leave every blade where it is.'),
  rulesFile: z.string().min(1).max(1024).optional().describe('Fuzzy rules as text; default: the built-in ones.'),
  concurrentBootsMax: z.number().int().min(1).max(1024).default(4).describe('Blades that may boot at once.'),
  concurrentMovesMax: z.number().int().min(1).max(1024).default(8).describe('Moves that may run at once.'),
  minResidenceMs: duration('A blade is not taken from a group before it was there so long.', 60_000),
  moveCostMs: duration('What taking a blade from a group that did not offer it costs, as time.', 10_000),
  horizonMs: duration('Time over which a move must earn its cost.', 300_000),
  reclaimBackoff: reclaimBackoff.prefault({}),
  quarantine: quarantine.prefault({}).describe('How long a blade that flaps is kept out.'),
  stormBrake: stormBrake.prefault({}).describe('When nothing is replaced any more, because too much looks lost.'),
  local: local.prefault({}).describe('When a group asks for blades and when it offers some.'),
  steps: steps.prefault({}),
})

export const farmConfigSchema = z
  .strictObject({
    site,
    seed: z.number().int().min(0).max(0xffff_ffff).default(1).describe('Seed of all chance: jitter, sampling.'),
    channel: channel.prefault({}),
    control: control.prefault({}),
    masters: masters.prefault({}),
    images: folder('Folder of the images, relative to this file.', './images'),
    volumes: folder('Folder of the volumes, relative to this file.', './volumes'),
    cabinets: z.array(cabinet).min(1).max(99),
    accounts: z.array(account).min(1).max(256),
    admission: admission.prefault({}).describe('What may be promised to accounts.'),
    decisions: decisions.prefault({}),
  })
  .describe('A bladewright farm: one site, its cabinets, and the accounts that it serves.')

/** The published form, for editors and for naming what is allowed at a path. */
export function farmConfigJsonSchema(): object {
  return z.toJSONSchema(farmConfigSchema, { io: 'input' })
}

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

type CheckedFarm = DeepReadonly<z.output<typeof farmConfigSchema>>
type CheckedRole = CheckedFarm['accounts'][number]['groups'][number]['roles'][number]
/** `initial` is always there: where the file leaves it out it is `committed`. */
export type RoleConfig = Omit<CheckedRole, 'initial'> & { readonly initial: number }
type CheckedGroup = CheckedFarm['accounts'][number]['groups'][number]
export type GroupConfig = Omit<CheckedGroup, 'roles'> & { readonly roles: readonly RoleConfig[] }
export type AccountConfig = Omit<CheckedFarm['accounts'][number], 'groups'> & {
  readonly groups: readonly GroupConfig[]
}

/** Complete (every default is filled in), consistent, and deeply frozen. Folders are as written: relative to the file. */
export type FarmConfig = Omit<CheckedFarm, 'accounts'> & { readonly accounts: readonly AccountConfig[] }
