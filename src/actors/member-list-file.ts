// The member lists of a site in one file, replaced as a whole, so that the fence of every group survives any crash. The first line is
// a checksum: a version read wrong would let a stale master back in, so a damaged file is refused rather than half believed.
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { Disk } from '../ports/disk.ts'
import type { Answer } from '../ports/result.ts'
import { type MemberList, memberList } from '../protocol/messages.ts'

export const memberListFile = 'balancer-members.json'

const fileContent = z.array(memberList)

export function writeMemberLists(disk: Disk, lists: readonly MemberList[], answer: Answer<void>): void {
  const json = JSON.stringify(lists)
  disk.replace(memberListFile, new TextEncoder().encode(`${checksum(json)}\n${json}\n`), answer)
}

/** None when there is no file yet. DISK_FAILED when it is damaged: an operator removes it, and with it the fence. */
export function readMemberLists(disk: Disk, answer: Answer<readonly MemberList[]>): void {
  disk.read(memberListFile, (result) => {
    if (!result.ok) answer(result)
    else if (result.value.length === 0) answer({ ok: true, value: [] })
    else answer(parse(new TextDecoder().decode(result.value)))
  })
}

function parse(text: string): Parameters<Answer<readonly MemberList[]>>[0] {
  const [sum, json = ''] = text.split('\n')
  if (sum !== checksum(json)) {
    return { ok: false, code: 'DISK_FAILED', detail: `${memberListFile} is damaged: its checksum does not match` }
  }
  const lists = fileContent.safeParse(JSON.parse(json))
  if (!lists.success) return { ok: false, code: 'DISK_FAILED', detail: `${memberListFile}: ${lists.error.message}` }
  return { ok: true, value: lists.data }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}
