// The conductor's own link to the site: tells the load source what to send, and asks it what came of it.

import { systemClock } from '../drivers/node/system-clock.ts'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import type { Log } from '../ports/log.ts'
import type { Answer } from '../ports/result.ts'
import type { Transport } from '../ports/transport.ts'
import { formatAddress } from '../protocol/address.ts'
import type { Message, MessageOf } from '../protocol/messages.ts'
import { mastersOf } from '../runtime/farm-layout.ts'
import { loadNode, loadPath } from '../runtime/run-load.ts'
import { callsTo } from './linked-process.ts'
import { demoNode, type RunDirectory } from './run-directory.ts'
import { siteTransport } from './site-transport.ts'

export interface DemoChannel {
  setRate(account: string, ratePerSecond: number): void
  /** ASK_TIMED_OUT. */
  report(answer: Answer<MessageOf<'load.report'>>): void
  stop(): void
}

const answerMsMax = 3_000
/** A message to a load source that is not linked yet is lost: a rate is said again. */
const sayAgainMs = 500

export function openDemoChannel(directory: RunDirectory, log: Log): DemoChannel {
  const { config } = directory
  const site = config.site.id
  const self = formatAddress(site, demoNode, 'script')
  const rates = new Map<string, number>()
  let waiting: ((report: MessageOf<'load.report'>) => void) | undefined
  const transport: Transport = siteTransport({
    node: demoNode,
    incarnation: directory.nextIncarnation(demoNode),
    config,
    secretsOf: directory.tokensOf,
    random: createSeededRandom(config.seed).fork(demoNode),
    log,
    connect: callsTo(directory, mastersOf(config)),
    token: directory.tokenOf(demoNode) ?? '',
  })
  /** Any master passes it on, whether it leads or not. */
  const send = (body: Message) => {
    const [relay] = transport.peers()
    if (relay !== undefined)
      transport.send(relay, { from: self, to: formatAddress(site, loadNode, loadPath), lane: 'normal', body })
  }
  const sayAll = () => {
    for (const [account, ratePerSecond] of rates) send({ type: 'load.set', account, ratePerSecond })
  }
  transport.start({
    linkUp: sayAll,
    linkLost: () => {},
    received(_peer, { body }) {
      if (body.type !== 'load.report') return
      // A load source that started anew stands still until it is told.
      for (const { account, ratePerSecond } of body.accounts)
        if (rates.has(account) && rates.get(account) !== ratePerSecond) sayAll()
      waiting?.(body)
    },
  })
  let timer = systemClock.setTimer(sayAgainMs, again)
  function again(): void {
    send({ type: 'load.poll' })
    timer = systemClock.setTimer(sayAgainMs, again)
  }

  return {
    setRate(account, ratePerSecond) {
      rates.set(account, ratePerSecond)
      send({ type: 'load.set', account, ratePerSecond })
    },
    report(answer) {
      const late = systemClock.setTimer(answerMsMax, () => {
        waiting = undefined
        answer({ ok: false, code: 'ASK_TIMED_OUT', detail: 'the load source does not answer' })
      })
      waiting = (report) => {
        late.cancel()
        waiting = undefined
        answer({ ok: true, value: report })
      }
      send({ type: 'load.poll' })
    },
    stop() {
      timer.cancel()
      transport.stop(() => {})
    },
  }
}
