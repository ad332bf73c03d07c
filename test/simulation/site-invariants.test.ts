// What the simulator's judge says of a history: each rule, kept and broken.
import { expect, test } from 'vitest'
import { createSiteInvariants, type SeenEvent, type SeenRecord } from '../../models/site-invariants.ts'

const blade = 'c01-s01'
const on = (...places: (readonly [string, string])[]): SeenEvent => ({
  type: 'blade',
  seen: { blade, places: places.map(([place, group]) => ({ place, group })) },
})
const empty = on()
const receipt: SeenEvent = { type: 'receipt', blade }
const command = (key: string, epoch: number): SeenEvent => ({ type: 'command', blade, key, order: { epoch, index: 1 } })
const leads = (master: string, epoch: number, ...others: string[]): SeenEvent => ({
  type: 'leads',
  master,
  epoch,
  others,
})
const record = (master: string, index: number, content: string, facts: SeenRecord['facts'] = []): SeenEvent => ({
  type: 'committed',
  master,
  record: { index, epoch: 1, content, facts },
})
const announces = (index: number, key: string) => record('m1', index, key, [{ type: 'stepAnnounced', key }])
const decides = (index: number, move: string) => record('m1', index, move, [{ type: 'moveDecided', move, blade }])

const kept: readonly (readonly [string, readonly SeenEvent[]])[] = [
  ['a blade comes, stays, and comes back to its group', [receipt, on(['image', 'a/x']), empty, on(['image', 'a/x'])]],
  ['a blade changes groups with a receipt', [receipt, on(['logs', 'a/x']), empty, receipt, on(['pointers', 'b/x'])]],
  ['one master after the other', [leads('m1', 1), leads('m2', 2), leads('m1', 3)]],
  ['both masters tell one history', [record('m1', 1, 'x'), record('m2', 1, 'x')]],
  ['a command that was announced, and again', [announces(1, 'k'), command('k', 1), command('k', 2)]],
  [
    'one move after the other',
    [decides(1, 'mv-1'), record('m1', 2, 'end', [{ type: 'moveEnded', move: 'mv-1' }]), decides(3, 'mv-2')],
  ],
  [
    'another history after an accepted loss',
    [record('m1', 1, 'x'), record('m1', 2, 'y'), { type: 'lossAccepted', index: 1 }, record('m2', 2, 'z')],
  ],
]

const broken: readonly (readonly [string, readonly SeenEvent[], RegExp])[] = [
  ['two groups at once', [receipt, on(['image', 'a/x'], ['members', 'b/x'])], /more than one group/],
  ['a first entry without a receipt', [on(['image', 'a/x'])], /without a receipt/],
  [
    'another group without a receipt',
    [receipt, on(['image', 'a/x']), empty, on(['image', 'b/x'])],
    /without a receipt/,
  ],
  [
    'a receipt of before somebody was there',
    [receipt, on(['image', 'a/x']), empty, receipt, on(['image', 'b/x']), empty, on(['image', 'a/x'])],
    /without a receipt/,
  ],
  ['two masters in one epoch', [leads('m1', 1), leads('m2', 1)], /lead in epoch 1/],
  ['two masters at one time', [leads('m2', 2, 'm1')], /while m1 leads too/],
  ['an older epoch after a newer one', [announces(1, 'k'), command('k', 2), command('k', 1)], /after one of epoch 2/],
  ['a command that nobody announced', [command('k', 1)], /no committed record/],
  ['two histories', [record('m1', 1, 'x'), record('m2', 1, 'y')], /committed as two/],
  ['two moves of one blade', [decides(1, 'mv-1'), decides(2, 'mv-2')], /two moves at once/],
  [
    'a boot twice',
    [
      { type: 'boot', blade, bootId: 'mv-1.1' },
      { type: 'boot', blade, bootId: 'mv-1.1' },
    ],
    /booted twice/,
  ],
]

function judge(events: readonly SeenEvent[]): readonly string[] {
  const invariants = createSiteInvariants()
  return events.flatMap((event) => invariants.see(event))
}

test.each(kept)('says nothing of %s', (_name, events) => expect(judge(events)).toEqual([]))
test.each(broken)('sees %s', (_name, events, sentence) =>
  expect(judge(events)).toEqual([expect.stringMatching(sentence)]),
)
