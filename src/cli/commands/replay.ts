// One simulated run, told event by event; what it runs is loaded only when it runs.
import { type Command, jsonOption } from '../command.ts'
import { channelsOption, farmOption, faultsOption, forOption } from './simulate.ts'

export const replayCommand: Command = {
  name: 'replay',
  summary: 'Play a seed or a scenario file on a simulated farm and print what happens, one line an event',
  usage: 'replay <seed|file> [--farm NAME] [--faults FAMILIES] [--channels KIND] [--for SECONDS] [--json]',
  options: [
    { ...farmOption, summary: `of a seed: ${farmOption.summary}` },
    { ...faultsOption, summary: `of a seed: ${faultsOption.summary}` },
    { ...channelsOption, summary: `of a seed: ${channelsOption.summary}` },
    { ...forOption, summary: `of a seed: ${forOption.summary}` },
    { ...jsonOption, summary: 'one JSON object a line on standard output' },
  ],
  examples: ['bladewright replay 17', 'bladewright replay found-small-17.txt'],
  words: [1, 1],
  run: async (input) => (await import('../replay-run.ts')).replayRun(input),
}
