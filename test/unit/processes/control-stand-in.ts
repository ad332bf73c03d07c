// A master that remembers what it was asked: the port is tried without a farm.
import type { Result } from '../../../src/ports/result.ts'
import { createControlServer } from '../../../src/processes/control-server.ts'
import { type BladeId, bladeId } from '../../../src/protocol/ids.ts'
import type { FarmControl, FarmEvent, MoveAnswer } from '../../../src/runtime/farm-control.ts'
import { type ArrayLog, createArrayLog } from '../../../src/testing/array-log.ts'
import { sampleChanges, sampleInvoices, sampleSla } from '../cli/sample-accounts.ts'
import { sampleDecision, sampleMove, sampleStatus } from '../cli/sample-farm.ts'

export interface ControlStandIn extends FarmControl {
  /** Calls that change something, in order. */
  readonly asked: readonly (readonly unknown[])[]
  readonly readerCount: number
  publish(event: FarmEvent): void
}

const unknown = (blade: string): Result<never> => ({ ok: false, code: 'BLADE_UNKNOWN', detail: `no blade ${blade}` })

/** It has the blades and groups of the sample; a blade with a move is busy; a release of any blade crashes. */
export function createControlStandIn(): ControlStandIn {
  const asked: unknown[][] = []
  const listeners = new Set<(event: FarmEvent) => void>()
  const find = (blade: string) => sampleStatus.blades.find((one) => one.blade === blade)

  function move(blade: BladeId, to: MoveAnswer['to'], dryRun: boolean): Result<MoveAnswer> {
    const found = find(blade)
    if (!found) return unknown(blade)
    if (found.move !== null) return { ok: false, code: 'BLADE_BUSY', detail: `${blade} is in ${found.move}` }
    return {
      ok: true,
      value: {
        move: dryRun ? null : 'mv-000008',
        blade,
        from: found.group,
        to,
        cause: 'operator',
        steps: ['drain', 'scrub', 'boot', 'join'],
        rollback: ['powerOff', 'scrub'],
        why: [],
        // As an agent may have said it: with what would clear a terminal.
        warnings: ['the pool is empty afterwards\u001b[2J'],
      },
    }
  }

  return {
    asked,
    get readerCount() {
      return listeners.size
    },
    publish(event) {
      for (const listener of listeners) listener(event)
    },
    role: () => ({ node: 'm1', state: 'leading', epoch: 1, holdsLease: true }),
    status: () => sampleStatus,
    explain(id) {
      if (id === sampleMove.move) return { ok: true, value: sampleMove }
      if (id === sampleDecision.decision) return { ok: true, value: sampleDecision }
      return { ok: false, code: 'RECORD_UNKNOWN', detail: `no record ${id}` }
    },
    move(blade, group, options, answer) {
      asked.push(['move', blade, group, options])
      if (sampleStatus.groups.some((one) => one.group === group))
        answer(move(blade, { kind: 'group', group, role: options.role ?? 'web' }, options.dryRun ?? false))
      else answer({ ok: false, code: 'GROUP_UNKNOWN', detail: `no group ${group}` })
    },
    drain(blade, options, answer) {
      asked.push(['drain', blade, options])
      answer(move(blade, { kind: 'cold' }, options.dryRun ?? false))
    },
    cordon(blade, on, answer) {
      asked.push(['cordon', blade, on])
      answer(find(blade) ? { ok: true, value: undefined } : unknown(blade))
    },
    release(blade) {
      asked.push(['release', blade])
      throw new Error(`a bug in release of ${bladeId.parse(blade)}`)
    },
    unbrake(answer) {
      asked.push(['unbrake'])
      answer({ ok: true, value: { lost: ['c01-s01', 'c01-s02'] } })
    },
    handover(options, answer) {
      asked.push(['handover', options])
      answer({ ok: true, value: { node: 'm1', state: 'resigned', epoch: 1, holdsLease: false } })
    },
    adopt(answer) {
      asked.push(['adopt'])
      answer({ ok: false, code: 'LOSS_NOT_NEEDED', detail: 'm1 is leading' })
    },
    sla: (account) =>
      account === 'shop' ? { ok: true, value: sampleSla } : { ok: false, code: 'ACCOUNT_UNKNOWN', detail: account },
    setSla(account, proposal, answer) {
      asked.push(['setSla', account, proposal])
      if (account === 'shop')
        answer({ ok: true, value: { account, version: 2, effectiveAt: 0, changes: sampleChanges, shortage: 0.25 } })
      else answer({ ok: false, code: 'SLA_REFUSED', detail: '9 blades committed, 8 to commit' })
    },
    consent(account, upTo, answer) {
      asked.push(['consent', account, upTo])
      answer({ ok: true, value: undefined })
    },
    bill: () => ({ ok: true, value: sampleInvoices }),
    recommend: () => ({ ok: true, value: [] }),
    rules: () => [{ version: 1, origin: 'file', text: 'if load is high then request' }],
    setRules(proposal, answer) {
      asked.push(['setRules', proposal])
      answer({ ok: true, value: { version: 2, rules: 9 } })
    },
    audit(answer) {
      asked.push(['audit'])
      const found = { isRight: false, checked: 2, recomputed: 1, first: 1, head: 'ab', upTo: 7 }
      answer({ ok: true, value: { ...found, problems: ['line 2 was changed: its hash is another one'] } })
    },
    hold(group, on, answer) {
      asked.push(['hold', group, on])
      answer({ ok: true, value: undefined })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export const token = 'right-'.repeat(8)

export interface OpenPort {
  readonly control: ControlStandIn
  readonly log: ArrayLog
  readonly port: number
  close(): Promise<void>
}

export function openControlPort(at: { readonly port?: number; readonly token?: string } = {}): Promise<OpenPort> {
  const control = createControlStandIn()
  const log = createArrayLog()
  return new Promise((resolve, reject) => {
    const server = createControlServer({
      control,
      token: () => at.token ?? token,
      port: at.port ?? 0,
      log,
      listening(result) {
        const close = () => new Promise<void>((closed) => server.close(closed))
        if (result.ok) resolve({ control, log, port: result.value.port, close })
        else reject(new Error(`${result.code}: ${result.detail}`))
      },
    })
  })
}
