// What an account pays, what it agreed to pay at most, and what it should agree to next.
import { instantText, readInstant } from '../../accounts/calendar.ts'
import type { Invoice, InvoiceLine } from '../../accounts/invoice.ts'
import { moneyText } from '../../accounts/money.ts'
import type { Recommendation } from '../../accounts/recommend.ts'
import type { Levels } from '../../accounts/sla-terms.ts'
import { ConfigError } from '../../errors.ts'
import { clientFor, print } from '../client-for.ts'
import { type Command, jsonOption, runDirOption } from '../command.ts'
import { table } from '../status-lines.ts'

export const billCommand: Command = {
  name: 'bill',
  summary: 'Print what an account pays: blade-hours by level, entries, credits',
  usage: 'bill <account> [--period P] [--csv] [--json] [--run-dir DIR]',
  options: [
    { name: 'period', value: 'P', summary: 'current (default), last, all, or a day in it, such as 2026-11-24' },
    { name: 'csv', summary: 'one line an item, for a spreadsheet' },
    jsonOption,
    runDirOption,
  ],
  examples: ['bladewright bill shop', 'bladewright bill shop --period all --csv'],
  words: [1, 1],
  async run(input) {
    const invoices = await clientFor(input).bill(input.words[0] ?? '')
    const chosen = chosenFrom(invoices, input.text('period') ?? 'current')
    if (input.isOn('csv')) process.stdout.write(`${csvLines(chosen).join('\n')}\n`)
    else print(input, chosen, () => (chosen.length === 0 ? ['There is no such period.'] : chosen.flatMap(invoiceLines)))
    return 0
  },
}

export const consentCommand: Command = {
  name: 'consent',
  summary: 'Note that an account agrees to pay up to so much in the period that runs',
  usage: 'consent <account> <amount> [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright consent shop 250.00'],
  words: [2, 2],
  async run(input) {
    const [account = '', text = ''] = input.words
    const [, whole = '', part = ''] = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text) ?? []
    if (whole === '') throw new ConfigError('COMMAND_INVALID', `${text}: an amount such as 250 or 250.00`)
    const upTo = Number(whole) * 100 + Number(part.padEnd(2, '0'))
    await clientFor(input).consent({ account, upTo })
    print(input, { account, upTo }, () => [`${account} agrees to pay up to ${text} in this period.`])
    return 0
  },
}

export const recommendCommand: Command = {
  name: 'recommend',
  summary: 'Say which levels an account should agree to next, from what it needed',
  usage: 'recommend <account> [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright recommend shop'],
  words: [1, 1],
  async run(input) {
    const advice = await clientFor(input).recommend(input.words[0] ?? '')
    const none = ['Not enough was measured yet: ten minutes are the least, and a whole period is better.']
    print(input, advice, () => (advice.length === 0 ? none : advice.flatMap(adviceLines)))
    return 0
  },
}

export const auditCommand: Command = {
  name: 'audit',
  summary: 'Recompute the ledger from the journal, and compare it to the byte',
  usage: 'audit [--json] [--run-dir DIR]',
  options: [jsonOption, runDirOption],
  examples: ['bladewright audit'],
  words: [0, 0],
  async run(input) {
    const report = await clientFor(input).audit()
    const { isRight, checked, recomputed, first, head, upTo, problems } = report
    print(input, report, () => [
      `${checked} lines from line ${first} on: each names the hash of the one before it. ${recomputed} were recomputed from the journal, up to record ${upTo}.`,
      `The last hash, which stands for all of them: ${head || 'none'}`,
      ...(isRight ? ['The ledger is right.'] : ['The ledger is WRONG:', ...problems.map((problem) => `  ${problem}`)]),
    ])
    return isRight ? 0 : 1
  },
}

function chosenFrom(invoices: readonly Invoice[], period: string): readonly Invoice[] {
  if (period === 'all') return invoices
  if (period === 'current') return invoices.slice(-1)
  if (period === 'last') return invoices.slice(0, -1).slice(-1)
  const at = readInstant(period)
  if (at === undefined)
    throw new ConfigError('COMMAND_INVALID', `--period ${period}: current, last, all, or a day such as 2026-11-24`)
  return invoices.filter(({ from, to }) => from <= at && at < to)
}

function invoiceLines({ account, from, to, currency, isOpen, lines, total }: Invoice): string[] {
  const rows = lines.map((line) => [
    line.item,
    line.level,
    textOf(line),
    `${line.price}`,
    moneyText(line.amount, currency),
  ])
  const state = isOpen ? 'so far' : 'closed'
  return [
    `${account}, ${instantText(from)} to ${instantText(to)}, ${state}`,
    ...table(['item', 'level', 'quantity', 'price', 'amount'], rows),
    `Total ${moneyText(total, currency)}`,
  ]
}

function textOf({ what, quantity, serving }: InvoiceLine): string {
  if (what === 'entry') return `entered ${quantity} times`
  if (what === 'credit') return `${(quantity / 60_000).toFixed(1)} min violated`
  return `${(quantity / 3_600_000).toFixed(3)} h held, ${(serving / 3_600_000).toFixed(3)} h serving`
}

function csvLines(invoices: readonly Invoice[]): string[] {
  const head = 'account,from,to,item,level,what,version,quantity,serving,price,amount,currency'
  return [
    head,
    ...invoices.flatMap(({ account, from, to, currency, lines }) =>
      lines.map(({ item, level, what, version, quantity, serving, price, amount }) =>
        [
          account,
          instantText(from),
          instantText(to),
          item,
          level,
          what,
          version,
          quantity,
          serving,
          price,
          amount,
          currency,
        ].join(','),
      ),
    ),
  ]
}

function adviceLines({ item, now, next, costNow, costNext, measuredMs, why }: Recommendation): string[] {
  const levels = ({ committed, guaranteed, max }: Levels) =>
    `committed ${committed}, expansion ${guaranteed - committed}, extension ${Math.max(0, max - guaranteed)}`
  return [
    `${item}: ${levels(next)} (now: ${levels(now)})`,
    `  over the ${(measuredMs / 3_600_000).toFixed(1)} hours measured it would have cost ${(costNext / 100).toFixed(2)} instead of ${(costNow / 100).toFixed(2)}`,
    ...why.map((reason) => `  ${reason}`),
  ]
}
