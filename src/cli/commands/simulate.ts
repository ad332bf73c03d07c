// The simulator's command line; what it runs is loaded only when it runs.
import { type Command, type CommandOption, jsonOption } from '../command.ts'

export const farmOption: CommandOption = {
  name: 'farm',
  value: 'NAME',
  summary: 'small, cabinet or site; default small',
}
export const faultsOption: CommandOption = {
  name: 'faults',
  value: 'FAMILIES',
  summary: 'all, or some of network,channel,process,disk,board,clock,load; default all',
}
export const channelsOption: CommandOption = {
  name: 'channels',
  value: 'KIND',
  summary: 'how its nodes speak: messages, datagrams, three, or bits; default messages',
}
export const forOption: CommandOption = {
  name: 'for',
  value: 'SECONDS',
  summary: 'simulated time under faults; default 60',
}

export const simulateCommand: Command = {
  name: 'simulate',
  summary:
    'Run a farm on a virtual clock under faults drawn from seeds, watch every promise, and shorten what breaks one',
  usage:
    'simulate [--seeds N..M] [--farm NAME] [--faults FAMILIES] [--channels KIND] [--for SECONDS] [--out DIR] [--json]',
  options: [
    { name: 'seeds', value: 'N..M', summary: 'the seeds; default 1..20; one alone: its faults are printed first' },
    farmOption,
    faultsOption,
    channelsOption,
    forOption,
    { name: 'out', value: 'DIR', summary: 'where the scenario file of a failing seed goes; default here' },
    jsonOption,
  ],
  examples: ['bladewright simulate --seeds 1..500', 'bladewright simulate --seeds 17 --farm cabinet --for 600'],
  words: [0, 0],
  run: async (input) => (await import('../simulate-seeds.ts')).simulateSeeds(input),
}
