// A worker that does with little what the real machines do with much: named timers that are set, replaced and cancelled, children
// that it spawns, hears of and stops, a port, a journal, and a final state.
import { type AnyStateMachine, assign, setup } from 'xstate'
import type { CellSpec } from '../../../src/actors/child-spec.ts'
import type { Effects } from '../../../src/actors/effects.ts'

interface ToyInput {
  readonly helpers: number
  /** Answers a little later. */
  measure(answer: (value: number) => void): void
}

interface ToyContext extends ToyInput {
  readonly hired: number
  readonly readings: readonly number[]
  readonly reports: readonly string[]
}

type ToyEvent =
  /** What it waited for from the port may never come. */
  | { type: 'toy.woken' }
  | { type: 'toy.measured'; value: number }
  | { type: 'toy.hire.due' }
  | { type: 'toy.rest.due' }
  | { type: 'toy.reported'; helper: string }
  | { type: 'toy.never' }

/** Shorter than its journal takes. */
const hireEveryMs = 2

export function toyWorker(effects: Effects, helper: () => AnyStateMachine): AnyStateMachine {
  return setup({
    types: { input: {} as ToyInput, context: {} as ToyContext, events: {} as ToyEvent },
    guards: {
      needsMore: ({ context }) => context.hired < context.helpers,
      hasAll: ({ context }) => context.reports.length + 2 >= context.helpers,
    },
    actions: {
      begin() {
        effects.journal({ type: 'toy.began' })
        effects.setTimer('idle', 5, { type: 'toy.never' })
      },
      measure({ context }) {
        effects.call('measure', (answer) => {
          context.measure((value) => answer({ type: 'toy.measured', value } as ToyEvent))
        })
      },
      noteReading: assign({
        readings: ({ context, event }) =>
          event.type === 'toy.measured' ? [...context.readings, event.value] : context.readings,
      }),
      beginHiring() {
        effects.cancelTimer('idle')
        effects.setTimer('hire', 10_000, { type: 'toy.never' })
        effects.setTimer('hire', hireEveryMs, { type: 'toy.hire.due' })
      },
      hire({ context }) {
        const id = `h${context.hired}`
        const spec: CellSpec = { kind: 'cell', id, machine: helper(), input: {}, restart: 'transient' }
        effects.spawn('helpers', spec)
        effects.tell(`helpers/${id}`, { type: 'helper.work', for: effects.path } as { type: string })
        effects.journal({ type: 'toy.hired', id })
        effects.setTimer('hire', hireEveryMs, { type: 'toy.hire.due' })
      },
      countHired: assign({ hired: ({ context }) => context.hired + 1 }),
      noteReport: assign({
        reports: ({ context, event }) =>
          event.type === 'toy.reported' ? [...context.reports, event.helper] : context.reports,
      }),
      rest({ context }) {
        effects.stop(`helpers/h${context.hired - 1}`)
        effects.setTimer('rest', 1_000_000, { type: 'toy.rest.due' })
        effects.journal({ type: 'toy.rested' })
        effects.publish({ type: 'toy.rested' })
      },
    },
  }).createMachine({
    id: 'toy',
    context: ({ input }) => ({ ...input, hired: 0, readings: [], reports: [] }),
    initial: 'measuring',
    entry: ['begin', 'measure'],
    states: {
      measuring: {
        on: {
          'toy.woken': { actions: 'measure' },
          'toy.measured': { target: 'hiring', actions: ['noteReading', 'beginHiring'] },
        },
      },
      hiring: {
        on: {
          'toy.hire.due': { guard: 'needsMore', actions: ['hire', 'countHired'] },
          'toy.reported': [
            { guard: 'hasAll', target: 'resting', actions: ['noteReport', 'rest'] },
            { actions: 'noteReport' },
          ],
        },
      },
      resting: {},
    },
  })
}

/** Works for 4 ms, says so, and is done; the last of them would work for ever, and is stopped. */
export function toyHelper(effects: Effects, lastId: string): AnyStateMachine {
  return setup({
    types: { context: {} as { readonly works: string }, events: {} as { type: string; for?: string } },
    actions: {
      work({ context }) {
        effects.setTimer('work', effects.path.endsWith(lastId) ? 1_000_000 : 4, { type: 'helper.done' })
        effects.publish({ type: 'helper.works', helper: effects.path, works: context.works })
      },
      note: assign({ works: ({ event }) => event.for ?? '' }),
      report({ context }) {
        effects.journal({ type: 'helper.done', helper: effects.path })
        effects.tell(context.works, { type: 'toy.reported', helper: effects.path } as { type: string })
      },
    },
  }).createMachine({
    id: 'helper',
    context: { works: '' },
    initial: 'free',
    states: {
      free: { on: { 'helper.work': { target: 'busy', actions: ['note', 'work'] } } },
      busy: { on: { 'helper.done': { target: 'done', actions: 'report' } } },
      done: { type: 'final' },
    },
  })
}
