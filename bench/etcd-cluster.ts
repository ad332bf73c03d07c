// A cluster of three etcd on this machine, tuned for fast elections (heartbeat 30 ms, election 300 ms): the yardstick of takeover.ts.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface EtcdCluster {
  /** Milliseconds from the signal to the leader until a client's write is accepted by one of the others. */
  lose(signal: 'SIGKILL' | 'SIGSTOP'): Promise<number>
  version: string
  stop(): void
}

interface Member {
  readonly name: string
  readonly port: number
  process: ChildProcess
}

const firstPort = 23_790
/** A write that was passed on to a leader that hangs is given up; shorter would refuse writes that succeed. */
const writeMsMax = 150

/** Undefined where the program is not installed. */
export function etcdVersion(): string | undefined {
  try {
    return /Version: (\S+)/.exec(execFileSync('etcd', ['--version'], { encoding: 'utf8' }))?.[1]
  } catch {
    return undefined
  }
}

export async function startEtcd(folder: string, version: string): Promise<EtcdCluster> {
  const ports = [0, 1, 2].map((index) => firstPort + index)
  const urlOf = (port: number) => `http://127.0.0.1:${port}`
  const cluster = ports.map((port, index) => `e${index}=${urlOf(port + 10)}`).join(',')

  function launch(index: number, port: number): ChildProcess {
    const args = Object.entries({
      name: `e${index}`,
      'data-dir': join(folder, `etcd-${index}`),
      'listen-client-urls': urlOf(port),
      'advertise-client-urls': urlOf(port),
      'listen-peer-urls': urlOf(port + 10),
      'initial-advertise-peer-urls': urlOf(port + 10),
      'initial-cluster': cluster,
      'heartbeat-interval': '30',
      'election-timeout': '300',
    }).map(([name, value]) => `--${name}=${value}`)
    return spawn('etcd', args, { stdio: 'ignore' })
  }
  const members: Member[] = ports.map((port, index) => ({ name: `e${index}`, port, process: launch(index, port) }))

  const post = async (port: number, path: string, body: object, msMax: number) => {
    const init = { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(msMax) }
    const answer = await fetch(`${urlOf(port)}${path}`, init)
    if (!answer.ok) throw new Error(`${answer.status}`)
    return (await answer.json()) as { leader?: string; header?: { member_id?: string } }
  }
  const write = (port: number, msMax: number) => post(port, '/v3/kv/put', { key: 'aw==', value: 'dg==' }, msMax)

  async function leader(): Promise<Member> {
    for (let tries = 0; tries < 300; tries += 1) {
      const said = await Promise.all(
        members.map(async (member) => {
          const { leader: named, header } = await post(member.port, '/v3/maintenance/status', {}, 500).catch(() => ({
            leader: undefined,
            header: undefined,
          }))
          return { member, named, own: header?.member_id }
        }),
      )
      const found = said.find(({ named, own }) => named !== undefined && named === own)
      const areAgreed = said.every(({ named }) => named !== undefined && named === found?.own)
      if (found && areAgreed && (await write(found.member.port, 500).catch(() => undefined))) return found.member
      await sleep(100)
    }
    throw new Error('etcd has no leader that all three agree on')
  }

  return {
    version,
    async lose(signal) {
      const lost = await leader()
      const others = members.filter((member) => member !== lost)
      const at = performance.now()
      lost.process.kill(signal)
      let isOver = false
      const accepted = others.map(async ({ port }) => {
        while (!isOver) {
          if (await write(port, writeMsMax).catch(() => undefined)) return performance.now() - at
          await sleep(2)
        }
        return Number.POSITIVE_INFINITY
      })
      const ms = await Promise.race(accepted)
      isOver = true
      await Promise.all(accepted)
      if (signal === 'SIGSTOP') lost.process.kill('SIGCONT')
      else lost.process = launch(members.indexOf(lost), lost.port)
      return ms
    },
    stop() {
      for (const member of members) member.process.kill('SIGKILL')
    },
  }
}
