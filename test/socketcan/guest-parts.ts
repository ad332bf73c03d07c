// What a guest with a CAN of its own is made of: a kernel of Debian, its modules, busybox, and the npm package `socketcan` built for
// this machine. All of it is fetched once, into node_modules/.cache, and installed nowhere.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { archive } from './cpio.ts'
import { withWhatTheyNeed } from './kernel-modules.ts'

export interface GuestParts {
  readonly kernel: string
  readonly initrd: string
  /** Folder of the built package. */
  readonly addon: string
}

export const repository = fileURLToPath(new URL('../../', import.meta.url))

const cache = join(repository, 'node_modules/.cache/bladewright-guest')
const addonVersion = '4.3.1'
const modules = ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'can-raw', 'vcan', 'kvaser_pci']
const needed = ['qemu-system-x86_64', 'apt-get', 'dpkg', 'xz', 'npm', 'g++', 'make', 'ip', 'candump', 'cansend']

/** Why there can be no guest on this machine. */
export function whatIsMissing(): string | undefined {
  if (process.arch !== 'x64') return `the guest is an x86-64 one, this machine is ${process.arch}`
  const absent = needed.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
  return absent.length === 0 ? undefined : `not installed: ${absent.join(', ')}`
}

/** Throws where something cannot be fetched or built. */
export function guestParts(): GuestParts {
  const debian = part('debian', unpackDebian)
  const initrd = join(cache, 'initrd.cpio')
  // Each time: it is as new as the sources that say what is in it.
  writeFileSync(initrd, initrdOf(debian))
  const addon = join(part(`socketcan-${addonVersion}`, buildAddon), 'node_modules/socketcan')
  return { kernel: join(debian, 'vmlinux'), initrd, addon }
}

/** A part that is there is whole: it gets its name when it is. */
function part(name: string, make: (folder: string) => void): string {
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  const unfinished = `${folder}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { recursive: true })
  make(unfinished)
  renameSync(unfinished, folder)
  return folder
}

function unpackDebian(folder: string): void {
  const [kernel] = /linux-image-\d\S*/.exec(output(folder, 'apt-cache', 'depends', 'linux-image-amd64')) ?? []
  if (kernel === undefined) throw new Error('apt-cache knows no kernel: apt-get update may help')
  output(folder, 'apt-get', 'download', '-qq', kernel, 'busybox-static')
  for (const name of readdirSync(folder)) {
    output(folder, 'dpkg', '-x', name, '.')
    rmSync(join(folder, name))
  }
  writeFileSync(join(folder, 'vmlinux'), unpackedKernel(join(folder, 'boot', kernel.replace('linux-image', 'vmlinuz'))))
}

/** The kernel without the program that unpacks it, which takes seconds in emulation: what follows the magic number of xz. */
function unpackedKernel(file: string): Buffer {
  const bytes = readFileSync(file)
  const start = bytes.indexOf(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]))
  if (start < 0) throw new Error(`${file} is not packed by xz`)
  // It stops reading at the end of the stream, before all was written to it: that is no failure.
  const { status, stdout } = spawnSync('xz', ['-dc', '--single-stream'], {
    input: bytes.subarray(start),
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) throw new Error(`xz did not unpack ${file}`)
  return stdout
}

function buildAddon(folder: string): void {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  output(folder, 'npm', 'install', '--ignore-scripts', `socketcan@${addonVersion}`)
  output(folder, 'npm', 'rebuild', '--foreground-scripts')
}

function initrdOf(debian: string): Buffer {
  const version = readdirSync(join(debian, 'lib/modules'))[0] ?? ''
  const files = withWhatTheyNeed(modules, join(debian, 'lib/modules', version))
  const folders = ['bin', 'dev', 'proc', 'modules', 'host', 'upper', 'root']
  // Loaded in the order of their names.
  const loaded = files.map((file, index) => ({
    path: `modules/${String(index).padStart(2, '0')}.ko`,
    bytes: readFileSync(file),
  }))
  return archive([
    ...folders.map((path) => ({ path })),
    { path: 'bin/busybox', bytes: readFileSync(join(debian, 'bin/busybox')) },
    { path: 'init', bytes: readFileSync(join(import.meta.dirname, 'guest-init.sh')) },
    ...loaded,
  ])
}

function output(cwd: string, command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 240_000 })
}
