// A farm as its master may describe it: shop asks for more, news serves, one blade is on its way, one is silent, one is quarantined.
import type {
  BladeStatus,
  DecisionRecord,
  FarmStatus,
  GroupStatus,
  MoveRecord,
  RoleStatus,
} from '../../../src/runtime/farm-status.ts'

export const at = Date.UTC(2000, 0, 1, 12, 0, 0)

export function bladeStatus(blade: string, more: Partial<BladeStatus> = {}): BladeStatus {
  return {
    blade,
    boardType: 'x64',
    cabinet: blade.slice(0, 3),
    lifecycle: 'cold',
    group: null,
    role: null,
    preparedFor: null,
    move: null,
    isReachable: true,
    isCordoned: false,
    carries: null,
    hasReceipt: true,
    since: at,
    quarantineReason: null,
    board: null,
    ...more,
  }
}

export function roleStatus(more: Partial<RoleStatus> = {}): RoleStatus {
  return { role: 'web', committed: 2, max: 6, warm: 1, held: 2, joined: 2, wish: null, ...more }
}

export function groupStatus(group: string, more: Partial<GroupStatus> = {}): GroupStatus {
  return {
    group,
    account: group.slice(0, group.indexOf('/')),
    state: 'steady',
    port: 8081,
    responseLimitMs: 250,
    isHeld: false,
    roles: [roleStatus()],
    members: [],
    version: { epoch: 1, index: 7 },
    traffic: null,
    ...more,
  }
}

export const sampleStatus: FarmStatus = {
  site: 'home',
  at,
  master: {
    node: 'm1',
    state: 'leading',
    epoch: 3,
    journalIndex: 42,
    automation: 'act',
    redundancy: 'paired',
    withoutRedundancy: { since: null, times: 0, lastMs: null, longestMs: 0, totalMs: 0 },
    voters: ['c01-s01', 'c01-s02', 'c02-s01'],
    why: null,
  },
  alarms: [],
  channels: [
    {
      name: 'can0',
      state: 'healthy',
      load: 0.043,
      queueAgeMs: 0,
      statistics: [],
      sent: 5,
      received: 6,
      peers: ['a01'],
    },
    { name: 'ws', state: 'unheard', load: null, queueAgeMs: 0, statistics: [], sent: 5, received: 0, peers: [] },
  ],
  processes: [
    { node: 'm1', kind: 'master', pid: 101, isUp: true },
    { node: 'a01', kind: 'agent', pid: null, isUp: false },
  ],
  blades: [
    bladeStatus('c01-s01', { lifecycle: 'joined', group: 'shop/web', role: 'web', board: boardFacts(7001) }),
    bladeStatus('c01-s02', { lifecycle: 'booting', group: 'shop/web', role: 'web', move: 'mv-000007' }),
    bladeStatus('c01-s03', { lifecycle: 'joined', group: 'shop/web', role: 'web', isReachable: false }),
    bladeStatus('c02-s01', { lifecycle: 'joined', group: 'news/web', role: 'web', isCordoned: true }),
    bladeStatus('c02-s02', { lifecycle: 'warm', preparedFor: 'shop/web' }),
    bladeStatus('c02-s03', { lifecycle: 'quarantined', quarantineReason: 'BOOT_TIMED_OUT' }),
  ],
  groups: [
    groupStatus('shop/web', {
      state: 'requesting',
      roles: [roleStatus({ held: 3, joined: 2, wish: { kind: 'request', desired: 4, wish: 0.8 } })],
      traffic: {
        arrivedPerSecond: 450.4,
        refusedPerSecond: 12,
        failedPerSecond: 0,
        inFlight: 9,
        p50Ms: 41,
        p95Ms: 310,
        p99Ms: 402,
      },
    }),
    groupStatus('news/web', { port: 8082 }),
  ],
  moves: [
    {
      move: 'mv-000007',
      blade: 'c01-s02',
      from: null,
      to: { kind: 'group', group: 'shop/web', role: 'web' },
      cause: 'request',
      decidedAt: at,
      step: 'boot',
      attempt: 1,
      isRollingBack: false,
    },
  ],
  decisions: [
    {
      decision: 'd-000004',
      at,
      text: 'c01-s02 → shop/web (request: utilisation is high)',
      moves: ['mv-000007'],
    },
  ],
  counters: { events: 12 },
}

function boardFacts(pid: number): BladeStatus['board'] {
  return {
    power: 'on',
    pid,
    address: '127.0.0.1:9001',
    image: 'shop-web',
    pointersGroup: 'shop/web',
    networks: ['front'],
    volumes: ['data'],
    formerGroup: null,
    cpuRatio: 0.5,
    memoryBytes: 1024,
  }
}

export const sampleMove: MoveRecord = {
  kind: 'move',
  move: 'mv-000007',
  decision: 'd-000004',
  blade: 'c01-s02',
  from: 'news/web',
  fromRole: 'web',
  to: { kind: 'group', group: 'shop/web', role: 'web' },
  cause: 'request',
  decidedAt: at,
  joinedAt: at + 4_180,
  endedAt: at + 4_180,
  outcome: 'done',
  trouble: null,
  why: [
    { code: 'utilisation.high', text: 'its blades are busier than they should be', numbers: { utilisation: 0.91234 } },
  ],
  steps: [
    step('drain', 1, 10, 510),
    step('scrub', 1, 520, 1_020),
    step('boot', 1, 1_030, 3_030, 'STEP_TIMED_OUT'),
    step('boot', 2, 3_040, 4_040),
    step('join', 1, 4_050, 4_180),
  ],
}

function step(name: MoveRecord['steps'][number]['step'], attempt: number, from: number, to: number, result = 'done') {
  return { step: name, attempt, isRollback: false, beganAt: at + from, endedAt: at + to, result }
}

export const sampleDecision: DecisionRecord = {
  kind: 'decision',
  decision: 'd-000004',
  at,
  decidedIndex: 41,
  isActed: true,
  moves: [
    {
      move: 'mv-000007',
      blade: 'c01-s02',
      from: 'news/web',
      to: { kind: 'group', group: 'shop/web', role: 'web' },
      cause: 'request',
      why: sampleMove.why,
    },
  ],
  turnedDown: [
    {
      group: 'news/web',
      role: 'web',
      count: 2,
      reason: { code: 'pool.empty', text: 'no blade is free', numbers: { free: 0 } },
    },
  ],
  reasons: [{ code: 'hold.down', text: 'shop/web took a blade a moment ago', numbers: { waitMs: 1500 } }],
  input: {},
  weighedAt: at,
}
