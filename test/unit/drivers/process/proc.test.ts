import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { isAlive, nameProcess } from '../../../../src/drivers/process/proc.ts'

describe('the name of a process', () => {
  test('names this life of the pid and no other', () => {
    const self = nameProcess(process.pid)
    if (!self) throw new Error('this process has no name')
    expect(isAlive(self)).toBe(true)
    expect(isAlive({ ...self, startTicks: '1' })).toBe(false)
    expect(isAlive({ ...self, kernelBoot: 'the boot before' })).toBe(false)
  })

  test('a zombie is dead, though its pid is taken', async () => {
    // The shell ends its child and never asks after it, so the child stays a zombie while the shell sleeps.
    const shell = spawn('/bin/sh', ['-c', 'sleep 0 & echo $!; exec sleep 5'])
    const [printed] = await once(shell.stdout, 'data')
    const pid = Number(String(printed))
    for (let i = 0; i < 200 && nameProcess(pid); i += 1) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(() => process.kill(pid, 0)).not.toThrow()
    expect(nameProcess(pid)).toBeUndefined()
    shell.kill('SIGKILL')
  })
})
