// The launcher's command line; what it runs is loaded only when it runs.
import { type Command, runDirOption } from '../command.ts'
import { logLevelOption } from './run-one.ts'

export const startCommand: Command = {
  name: 'start',
  summary: 'Start a farm of processes on this machine and show it live; with --for, run the demonstration',
  usage:
    'start [--config FILE] [--for SECONDS] [--chaos] [--json] [--cut CHANNELS] [--seed N] [--keep] [--run-dir DIR] [--log-level LEVEL]',
  options: [
    { name: 'config', value: 'FILE', summary: 'the farm; default the demonstration farm, examples/demo.yaml' },
    { name: 'for', value: 'SECONDS', summary: 'run the script (kills, rising and falling load), 30 or more, then end' },
    { name: 'chaos', summary: 'with --for: kill and stop processes at random instead, by the seed' },
    { name: 'json', summary: 'with --for: print the report as one JSON object; logs go to standard error' },
    {
      name: 'cut',
      value: 'CHANNELS',
      summary:
        'cut these channels (can0, or can0,can1, or ws) as soon as the farm is up; live, key c cuts and heals buses',
    },
    { name: 'seed', value: 'N', summary: 'seed of all chance; default the configuration’s' },
    { name: 'keep', summary: 'go on from what the last farm left in the run directory; default: begin anew' },
    runDirOption,
    logLevelOption,
  ],
  examples: [
    'bladewright start',
    'bladewright start --for 60 --json',
    'bladewright start --chaos --for 120 --json',
    'bladewright start --config bladewright.yaml --keep',
  ],
  words: [0, 0],
  run: async (input) => (await import('../start-live.ts')).startLive(input),
}
