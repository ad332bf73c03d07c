import { afterEach, describe, expect, test } from 'vitest'
import type { Log } from '../../src/ports/log.ts'

export interface LogUnderTest {
  /** At level debug, with the field `node: 'm1'` on every line. */
  readonly log: Log
  /** What was said, oldest first. */
  said(): Promise<readonly { level: string; event: string; fields: Readonly<Record<string, unknown>> }[]>
  close(): void
}

export function logContract(name: string, make: () => LogUnderTest): void {
  describe(`the log contract, ${name}`, () => {
    let opened: LogUnderTest | undefined

    afterEach(() => opened?.close())

    function open(): LogUnderTest {
      opened = make()
      return opened
    }

    test('an event is said at its level, with its fields, in order', async () => {
      const { log, said } = open()
      log.debug('a.happened')
      log.info('b.happened', { blade: 'c01-s01', count: 2, none: null, deep: { list: [1, 'ä\n'] } })
      log.warn('c.happened', {})
      log.error('d.happened')
      expect(await said()).toEqual([
        { level: 'debug', event: 'a.happened', fields: { node: 'm1' } },
        {
          level: 'info',
          event: 'b.happened',
          fields: { node: 'm1', blade: 'c01-s01', count: 2, none: null, deep: { list: [1, 'ä\n'] } },
        },
        { level: 'warn', event: 'c.happened', fields: { node: 'm1' } },
        { level: 'error', event: 'd.happened', fields: { node: 'm1' } },
      ])
    })

    test('a field cannot pass for the name or the level of an event', async () => {
      const { log, said } = open()
      log.child({ level: 'x' }).warn('a.happened', { event: 'b.happened', level: 'committed' })
      expect(await said()).toMatchObject([{ level: 'warn', event: 'a.happened' }])
    })

    test('a child adds its fields to those of its parents, and to nobody else', async () => {
      const { log, said } = open()
      const child = log.child({ path: 'move:1' })
      const grandchild = child.child({ step: 'scrub' })
      grandchild.info('a', { path: 'own' })
      child.info('b')
      log.info('c')
      expect((await said()).map(({ fields }) => fields)).toEqual([
        { node: 'm1', path: 'own', step: 'scrub' },
        { node: 'm1', path: 'move:1' },
        { node: 'm1' },
      ])
    })
  })
}
