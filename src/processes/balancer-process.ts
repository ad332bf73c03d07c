// The process of a site's balancer: one port a group, for whoever may reach this machine's loopback.
import { createFileDisk } from '../drivers/node/file-disk.ts'
import { systemClock } from '../drivers/node/system-clock.ts'
import { createProxyBalancer } from '../drivers/proxy/proxy-balancer.ts'
import { groupsOf } from '../runtime/farm-layout.ts'
import { runBalancer } from '../runtime/run-balancer.ts'
import { balancerNode } from '../runtime/site-book-of.ts'
import { linked } from './linked-process.ts'
import { beginProcess, type ProcessOptions } from './own-process.ts'
import { notePort } from './run-directory.ts'

const host = '127.0.0.1'

export function balancerProcess(options: ProcessOptions): void {
  const own = beginProcess(options, balancerNode, 'balancer')
  const { directory, node, incarnation, log } = own
  const groups = groupsOf(directory.config)
  const loadBalancer = createProxyBalancer({
    groups: groups.map(({ group, port }) => ({ group, host, port })),
    clock: systemClock,
    log,
    onListening(listening) {
      if (!listening.ok) {
        own.fail(listening.code, listening.detail)
        return
      }
      notePort(directory.path, 'members', { node, pid: process.pid, port: listening.value.adminPort })
      const { transport, random } = linked(own)
      const disk = createFileDisk(directory.dataOf(node))
      const ports = { clock: systemClock, random, log, transport, disk, loadBalancer }
      const names = groups.map(({ group }) => group)
      runBalancer({ site: directory.config.site.id, node, incarnation, ports, groups: names }, (started) => {
        if (!started.ok) own.fail(started.code, started.detail)
        else own.runs({ stop: (stopped) => started.value.stop(() => loadBalancer.close(stopped)) })
      })
    },
  })
}
