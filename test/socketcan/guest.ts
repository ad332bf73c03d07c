// A machine in emulation with the root of this one, read-only, and a kernel that has CAN: two controllers (Kvaser PCI) on one bus, and as
// many virtual buses as its programs make. What a program says, it says on the serial line, one JSON value a line.
import { spawn } from 'node:child_process'
import type { GuestParts } from './guest-parts.ts'

export interface GuestRun {
  readonly code: number | undefined
  readonly lines: readonly unknown[]
  /** All else that came over the line: of the kernel, of a program in trouble. */
  readonly text: string
  readonly tookMs: number
}

const bytesMax = 2 ** 24

/** Ends with the command, or after the time. */
export function runInGuest(parts: GuestParts, command: readonly string[], withinMs: number): Promise<GuestRun> {
  const began = performance.now()
  const qemu = spawn('qemu-system-x86_64', argumentsOf(parts, command), {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const late = setTimeout(() => qemu.kill('SIGKILL'), withinMs)
  let said = ''
  const hear = (chunk: Buffer) => {
    if (said.length < bytesMax) said += chunk.toString('latin1')
  }
  qemu.stdout.on('data', hear)
  qemu.stderr.on('data', hear)
  return new Promise((resolve, reject) => {
    qemu.once('error', reject)
    qemu.once('close', () => {
      clearTimeout(late)
      resolve({ ...sorted(said), tookMs: performance.now() - began })
    })
  })
}

// One processor: with two the controllers lose frames, and Node has been seen to die of an emulated one.
function argumentsOf({ kernel, initrd }: GuestParts, command: readonly string[]): string[] {
  const machine = ['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '1', '-m', '1024', '-M', 'pc']
  const bare = ['-nodefaults', '-no-user-config', '-no-reboot', '-nographic', '-serial', 'stdio', '-monitor', 'none']
  const append = `console=ttyS0 quiet panic=-1 -- ${command.join(' ')}`
  const host = 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'
  const controllers = ['-device', 'kvaser_pci,canbus=bus', '-device', 'kvaser_pci,canbus=bus']
  return [
    ...[...machine, ...bare, '-kernel', kernel, '-initrd', initrd, '-append', append],
    ...['-fsdev', host, '-device', 'virtio-9p-pci,fsdev=host,mount_tag=host'],
    ...['-object', 'can-bus,id=bus', ...controllers],
  ]
}

function sorted(said: string): Pick<GuestRun, 'code' | 'lines' | 'text'> {
  const lines: unknown[] = []
  const rest: string[] = []
  let code: number | undefined
  for (const line of said.split(/\r*\n/)) {
    const value = jsonOf(line)
    if (value === undefined) rest.push(line)
    else if ('ended' in value && typeof value.ended === 'number') code = value.ended
    else lines.push(value)
  }
  return { code, lines, text: rest.join('\n') }
}

function jsonOf(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
