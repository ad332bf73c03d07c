// The archive that a Linux kernel unpacks as its first file system: cpio, format newc
// (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel).

export interface ArchiveFile {
  /** Without a leading slash. Folders come before what is in them. */
  readonly path: string
  /** Missing: a folder. */
  readonly bytes?: Uint8Array
}

const folderMode = 0o40755
const programMode = 0o100755

export function archive(files: readonly ArchiveFile[]): Buffer {
  const entries = files.map(({ path, bytes }, index) =>
    entry(path, index + 1, bytes ? programMode : folderMode, bytes ?? new Uint8Array()),
  )
  return Buffer.concat([...entries, entry('TRAILER!!!', 0, 0, new Uint8Array())])
}

function entry(path: string, inode: number, mode: number, bytes: Uint8Array): Buffer {
  const name = Buffer.from(`${path}\0`)
  const [user, group, links, time, device] = [0, 0, 1, 0, 0]
  const fields = [inode, mode, user, group, links, time, bytes.length, device, device, device, device, name.length, 0]
  const head = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`)
  return Buffer.concat([padded(Buffer.concat([head, name])), padded(bytes)])
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}
