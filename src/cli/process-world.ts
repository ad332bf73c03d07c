// The demonstration's world on a farm of processes: over the control port, the channel, the balancer's published lists, and SIGKILL.
import { systemClock } from '../drivers/node/system-clock.ts'
import { createSeededRandom } from '../drivers/seeded-random.ts'
import { type ErrorCode, isErrorCode } from '../errors.ts'
import type { Answer } from '../ports/result.ts'
import type { DemoChannel } from '../processes/demo-channel.ts'
import { livingProcesses, portOf } from '../processes/run-directory.ts'
import type { FarmConfig } from '../runtime/farm-config.ts'
import type { FarmEvent } from '../runtime/farm-control.ts'
import { balancerNode } from '../runtime/site-book-of.ts'
import type { ChaosWorld, Said } from '../testing/demo/chaos-script.ts'
import type { ControlClient } from './control-client.ts'

export interface ProcessWorldParts {
  readonly client: ControlClient
  readonly channel: DemoChannel
  readonly runDirectory: string
  subscribe(listener: (event: FarmEvent) => void): () => void
  onSaid(listener: (said: Said) => void): () => void
  readonly config: FarmConfig
}

interface PublishedLists {
  readonly groups: readonly { readonly group: string; readonly members: readonly { readonly blade: string }[] }[]
}

export function processWorld({
  client,
  channel,
  runDirectory,
  subscribe,
  onSaid,
  config,
}: ProcessWorldParts): ChaosWorld {
  return {
    clock: systemClock,
    subscribe,
    onSaid,
    random: createSeededRandom(config.seed).fork('chaos'),
    signal(node, signal) {
      const found = livingProcesses(runDirectory, config).find((one) => one.node === node)
      if (found) process.kill(found.process.pid, signal)
    },
    status: (answer) => settle(client.status(), answer),
    explain(move, answer) {
      const record = client.explain(move).then((found) => {
        if (found.kind === 'move') return found
        throw new Error(`${move} is no move`)
      })
      settle(record, answer)
    },
    kill({ board }) {
      if (board?.pid) process.kill(board.pid, 'SIGKILL')
    },
    setRate: (account, rate) => channel.setRate(account, rate),
    load: (answer) => channel.report(answer),
    lists(answer) {
      const port = portOf(runDirectory, 'members', balancerNode)?.port
      const asked = fetch(`http://127.0.0.1:${port}/members`, { signal: AbortSignal.timeout(2_000) })
        .then((response) => response.json() as Promise<PublishedLists>)
        .then(({ groups }) =>
          groups.map(({ group, members }) => ({ group, blades: members.map(({ blade }) => blade) })),
        )
      settle(asked, answer)
    },
  }
}

function settle<T>(promise: Promise<T>, answer: Answer<T>): void {
  promise.then(
    (value) => answer({ ok: true, value }),
    (error: Error & { code?: string }) => {
      const code: ErrorCode = error.code !== undefined && isErrorCode(error.code) ? error.code : 'MASTER_UNREACHABLE'
      answer({ ok: false, code, detail: error.message })
    },
  )
}
