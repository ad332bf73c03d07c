// What would it have done with my traffic? What it runs is loaded only when it runs.
import { type Command, jsonOption } from '../command.ts'

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'Say what this farm would have done with your traffic, beside other ways to run it',
  usage:
    'evaluate --trace FILE [--trace FILE …] [--policy NAMES] [--farm FILE] [--blades N] [--share X] [--per-blade X] [--boot-time A-B] [--seed N] [--plot FILE] [--json]',
  options: [
    {
      name: 'trace',
      value: 'FILE',
      isRepeated: true,
      summary: "one account's demand: CSV with the header timestamp,value",
    },
    {
      name: 'policy',
      value: 'NAMES',
      summary: 'all (default), or some of bladewright,hpa,kpa,quota,static-max,static-p99,clairvoyant',
    },
    { name: 'farm', value: 'FILE', summary: 'YAML: levels, prices, step times, blades; every key has a default' },
    {
      name: 'blades',
      value: 'N',
      summary: 'of the farm; default as many as all accounts together ever needed at once',
    },
    { name: 'share', value: 'X', summary: 'of that default: 0.6, say; default 1' },
    { name: 'per-blade', value: 'X', summary: "demand that a blade serves; default a sixth of each account's mean" },
    { name: 'boot-time', value: 'A-B', summary: 'seconds until a cold blade has joined; default 180-300' },
    { name: 'seed', value: 'N', summary: 'of the boot times; default 1' },
    { name: 'plot', value: 'FILE', summary: 'write an SVG of demand against capacity' },
    jsonOption,
  ],
  examples: [
    'bladewright evaluate --trace shop.csv --trace news.csv --plot year.svg',
    'bladewright evaluate --trace shop.csv --blades 40 --boot-time 60-90 --json',
  ],
  words: [0, 0],
  run: async (input) => (await import('../evaluate-files.ts')).evaluateFiles(input),
}
