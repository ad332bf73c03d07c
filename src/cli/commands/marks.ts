// Marks that operators put on blades and groups. They outlast the master.
import { clientFor, print } from '../client-for.ts'
import { type Command, type CommandInput, jsonOption, runDirOption } from '../command.ts'

interface Mark {
  readonly name: string
  readonly summary: string
  readonly subject: 'blade' | 'group'
  readonly example: string
  readonly path: '/cordon' | '/release' | '/hold'
  readonly on?: boolean
  readonly said: string
}

export const cordonCommand = mark({
  name: 'cordon',
  summary: 'Leave a blade alone: the plan never chooses it',
  subject: 'blade',
  example: 'c01-s02',
  path: '/cordon',
  on: true,
  said: 'is cordoned: the plan leaves it alone',
})

export const uncordonCommand = mark({
  name: 'uncordon',
  summary: 'Let the plan choose a cordoned blade again',
  subject: 'blade',
  example: 'c01-s02',
  path: '/cordon',
  on: false,
  said: 'is no longer cordoned',
})

export const releaseCommand = mark({
  name: 'release',
  summary: 'Let a quarantined blade back; it is scrubbed before anything else',
  subject: 'blade',
  example: 'c01-s02',
  path: '/release',
  said: 'is released: it is scrubbed, then pooled',
})

export const holdCommand = mark({
  name: 'hold',
  summary: 'Hold a group: it neither gives nor takes blades by itself',
  subject: 'group',
  example: 'shop/web',
  path: '/hold',
  on: true,
  said: 'is held: only operators change it',
})

export const unholdCommand = mark({
  name: 'unhold',
  summary: 'Let a held group give and take again',
  subject: 'group',
  example: 'shop/web',
  path: '/hold',
  on: false,
  said: 'is no longer held',
})

function mark({ name, summary, subject, example, path, on, said }: Mark): Command {
  return {
    name,
    summary,
    usage: `${name} <${subject}> [--json] [--run-dir DIR]`,
    options: [jsonOption, runDirOption],
    examples: [`bladewright ${name} ${example}`],
    words: [1, 1],
    async run(input: CommandInput) {
      const named = input.words[0] ?? ''
      await clientFor(input).tell(path, { [subject]: named, ...(on !== undefined && { on }) })
      print(input, { [subject]: named, ...(on !== undefined && { on }) }, () => [`${named} ${said}.`])
      return 0
    },
  }
}
