import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type IsolationRow, isolationTable, isolationVerdict } from '../../src/drivers/process/isolation.ts'

test('docs/isolation.md states the isolation of process blades as the driver does', async () => {
  const rows = Object.entries<IsolationRow>(isolationTable).map(
    ([attempt, { ownUid, sharedUid }]) => `| ${attempt} | ${ownUid} | ${sharedUid} |`,
  )
  const page = [
    '# Isolation of process blades',
    '',
    'What the software of a blade can do when it tries. *Users of their own*: the agent runs as root and gives each blade its own user.',
    '*One user*: all blades run as the user of the agent. This page is made from the table in `src/drivers/process/isolation.ts` by',
    '`npx vitest run test/docs/security.test.ts -u`; `test/real/hostile-image.test.ts` proves each row.',
    '',
    '| attempt | users of their own | one user |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
  await expect(page).toMatchFileSnapshot('../../docs/isolation.md')
})

test('docs/security.md says the verdict that the farm says at start', () => {
  const page = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')
  expect(page).toContain(`**${isolationVerdict}**`)
})
