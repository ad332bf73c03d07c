import { afterEach, describe, expect, test } from 'vitest'
import type { Disk } from '../../src/ports/disk.ts'
import type { Answer, Result } from '../../src/ports/result.ts'

export interface DiskUnderTest {
  readonly disk: Disk
  /** The same files as the next process finds them. */
  reopen(): Disk
  until(condition: () => boolean): Promise<void>
  close(): void
}

export const utf8 = (text: string) => new TextEncoder().encode(text)

export function diskContract(name: string, make: () => DiskUnderTest): void {
  describe(`the disk contract, ${name}`, () => {
    let opened: DiskUnderTest | undefined

    afterEach(() => opened?.close())

    function open() {
      const under = make()
      opened = under
      /** Makes the calls at once, waits for all, and returns the answers in the order in which they came. */
      async function call(...calls: ((answer: Answer<unknown>) => void)[]): Promise<Result<unknown>[]> {
        const answers: Result<unknown>[] = []
        for (const each of calls) each((result) => answers.push(result))
        expect(answers).toEqual([])
        await under.until(() => answers.length === calls.length)
        return answers
      }
      async function text(disk: Disk, file: string): Promise<string> {
        const [result] = await call((answer) => disk.read(file, answer))
        if (!result?.ok || !(result.value instanceof Uint8Array)) throw new Error('not readable')
        return new TextDecoder().decode(result.value)
      }
      return { ...under, call, text }
    }

    test('appends of one file are performed in call order, and a read after them sees them', async () => {
      const { disk, call } = open()
      const answers = await call(
        (answer) => disk.append('a.log', utf8('one '), answer),
        (answer) => disk.append('a.log', utf8('two '), answer),
        (answer) => disk.append('a.log', utf8('three'), answer),
        (answer) => disk.sync('a.log', answer),
        (answer) => disk.read('a.log', answer),
      )
      expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true, true])
      const last = answers.at(-1)
      expect(last?.ok && last.value instanceof Uint8Array && Buffer.from(last.value).toString()).toBe('one two three')
    })

    test('what was synced is there for the next process', async () => {
      const { disk, reopen, call, text } = open()
      await call(
        (answer) => disk.append('a.log', utf8('kept'), answer),
        (answer) => disk.sync('a.log', answer),
      )
      expect(await text(reopen(), 'a.log')).toBe('kept')
    })

    test('a file that is not there reads as empty and is not listed', async () => {
      const { disk, call, text } = open()
      expect(await text(disk, 'none')).toBe('')
      expect(await call((answer) => disk.list(answer))).toEqual([{ ok: true, value: [] }])
    })

    test('replace puts the new bytes in the place of the old, whole and durable, and leaves no other file', async () => {
      const { disk, reopen, call, text } = open()
      await call((answer) => disk.append('state', utf8('a long old content'), answer))
      await call((answer) => disk.replace('state', utf8('new'), answer))
      expect(await text(disk, 'state')).toBe('new')
      expect(await text(reopen(), 'state')).toBe('new')
      expect(await call((answer) => disk.list(answer))).toEqual([{ ok: true, value: ['state'] }])
    })

    test('truncate cuts, and what is appended afterwards follows the cut', async () => {
      const { disk, call, text } = open()
      await call((answer) => disk.append('a.log', utf8('0123456789'), answer))
      await call(
        (answer) => disk.truncate('a.log', 4, answer),
        (answer) => disk.append('a.log', utf8('x'), answer),
      )
      expect(await text(disk, 'a.log')).toBe('0123x')
    })

    test('files are listed in order, and a removed one is gone; removing what is not there is no failure', async () => {
      const { disk, call, text } = open()
      for (const file of ['b', 'c.1', 'a-2']) await call((answer) => disk.replace(file, utf8(file), answer))
      expect(await call((answer) => disk.remove('b', answer))).toEqual([{ ok: true, value: undefined }])
      expect(await call((answer) => disk.remove('b', answer))).toEqual([{ ok: true, value: undefined }])
      expect(await call((answer) => disk.list(answer))).toEqual([{ ok: true, value: ['a-2', 'c.1'] }])
      expect(await text(disk, 'b')).toBe('')
    })

    test.each(['../escape', 'a/b', '.', '..', '', 'UPPER', 'x'.repeat(65), 'a~', 'null\0'])(
      'the name %j is refused',
      async (file) => {
        const { disk, call } = open()
        const results = await call(
          (answer) => disk.append(file, utf8('x'), answer),
          (answer) => disk.replace(file, utf8('x'), answer),
          (answer) => disk.read(file, answer),
          (answer) => disk.remove(file, answer),
        )
        for (const result of results) expect(result).toMatchObject({ ok: false, code: 'DISK_NAME_INVALID' })
        expect(await call((answer) => disk.list(answer))).toEqual([{ ok: true, value: [] }])
      },
    )

    test('the bytes given may be changed by their owner once the call returned', async () => {
      const { disk, call, text } = open()
      // Of a Buffer `slice` is a view.
      for (const bytes of [utf8('mine '), Buffer.from('mine ')]) {
        await call((answer) => {
          disk.append('a.log', bytes, answer)
          bytes.fill(0)
        })
      }
      const bytes = Buffer.from('mine')
      await call((answer) => {
        disk.replace('b', bytes, answer)
        bytes.fill(0)
      })
      expect([await text(disk, 'a.log'), await text(disk, 'b')]).toEqual(['mine mine ', 'mine'])
    })
  })
}
