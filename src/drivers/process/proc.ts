// What Linux says of processes and sockets: /proc. A pid alone names nobody, because pids are used again; (pid, start time, boot of the
// kernel) does. A zombie is dead: it runs nothing and holds nothing.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface ProcessName {
  readonly pid: number
  /** Clock ticks from the kernel's boot to the start of the process, as /proc prints it. */
  readonly startTicks: string
  readonly kernelBoot: string
}

export interface ProcessUse {
  readonly cpuMs: number
  readonly memoryBytes: number
}

/** USER_HZ, the same on every Linux that Node runs on. */
const tickMs = 10

export const hasProc = existsSync('/proc/self/stat')

let kernelBootRead: string | undefined

function kernelBoot(): string {
  kernelBootRead ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return kernelBootRead
}

/** Undefined when nobody of that pid lives. */
export function nameProcess(pid: number): ProcessName | undefined {
  const fields = statFields(pid)
  const startTicks = fields?.[19]
  if (startTicks === undefined) return undefined
  return { pid, startTicks, kernelBoot: kernelBoot() }
}

export function isAlive(name: ProcessName): boolean {
  const now = nameProcess(name.pid)
  return now !== undefined && now.startTicks === name.startTicks && now.kernelBoot === name.kernelBoot
}

export function useOf(pid: number): ProcessUse {
  const fields = statFields(pid)
  const cpuMs = (Number(fields?.[11] ?? 0) + Number(fields?.[12] ?? 0)) * tickMs
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`${pid}/status`) ?? '')?.[1]
  return { cpuMs, memoryBytes: Number(resident ?? 0) * 1024 }
}

/** Fields after the command name, which may itself hold spaces and brackets; from the state (index 0) on. */
function statFields(pid: number): string[] | undefined {
  const text = readProc(`${pid}/stat`)
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields
}

/** All live processes. */
export function allPids(): readonly number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => statFields(pid) !== undefined)
}

export function realUidOf(pid: number): number | undefined {
  const uid = /^Uid:\s+(\d+)/m.exec(readProc(`${pid}/status`) ?? '')?.[1]
  return uid === undefined ? undefined : Number(uid)
}

export function argumentsOf(pid: number): readonly string[] {
  return (readProc(`${pid}/cmdline`) ?? '').split('\0')
}

export function openFilesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((file) => linkOf(`/proc/${pid}/fd/${file}`) ?? [])
  } catch {
    return []
  }
}

export interface Socket {
  readonly port: number
  readonly listening: boolean
  /** Established or waiting for its owner to close: somebody holds it. The kernel's own leftovers are not. */
  readonly held: boolean
  readonly uid: number
  readonly inode: string
}

const listenState = '0A'
const heldStates = ['01', '02', '03', '08', listenState]

export function tcpSockets(): readonly Socket[] {
  const lines = ['net/tcp', 'net/tcp6'].flatMap((table) => (readProc(table) ?? '').split('\n').slice(1))
  return lines.flatMap((line) => {
    const [, local, , state = '', , , , uid, , inode] = line.trim().split(/\s+/)
    if (local === undefined || inode === undefined) return []
    const port = Number.parseInt(local.slice(local.indexOf(':') + 1), 16)
    return { port, listening: state === listenState, held: heldStates.includes(state), uid: Number(uid), inode }
  })
}

/** System V shared memory, semaphores and queues of a user: they outlive their process. */
export function ipcCountOf(uid: number): number {
  const column = { shm: 7, msg: 7, sem: 4 }
  const tables = Object.entries(column).map(([table, uidColumn]) => {
    const lines = (readProc(`sysvipc/${table}`) ?? '').split('\n').slice(1)
    return lines.filter((line) => line.trim().split(/\s+/)[uidColumn] === String(uid)).length
  })
  return tables.reduce((sum, count) => sum + count, 0)
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8')
  } catch {
    return undefined
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
