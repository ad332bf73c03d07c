/** A replacement in the making has this at the end of its name, which no file name may have: see `isDiskFileName`. */
export const temporarySuffix = '~'

/** Flat names only: nothing that could leave the directory, or differ in case alone. */
export function isDiskFileName(name: string): boolean {
  return /^[a-z0-9.-]{1,64}$/.test(name) && !/^\.{1,2}$/.test(name)
}
