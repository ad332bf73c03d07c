// The actor of the global coordinator. All that it says to one site goes in one lane, so that a loan's end never overtakes its
// beginning; what is lost with a link is said again by a timer, or asked for again by the borrower.
import {
  type GlobalCoordinatorContext,
  globalCoordinatorMachine,
  loanOf,
} from '../machines/global-coordinator-machine.ts'
import { type Loan, refusalOf, siteIn } from '../machines/loan-book.ts'
import type { Address } from '../protocol/address.ts'
import type { SiteId } from '../protocol/ids.ts'
import type { Message, Reason } from '../protocol/messages.ts'
import type { Effects } from './effects.ts'

/**
 * So long a lender may take to say what it lends, and to say that it has everything back before it is asked again.
 * Higher: a borrower of a silent lender waits longer. Lower: a lender that merely weighs slowly is given up.
 */
export const lenderAnswerMaxMs = 5_000
/** Of one message (protocol/messages.ts). */
const reasonCountMax = 16

export function implementGlobalCoordinator(effects: Effects) {
  const say = (to: Address | undefined, message: Message) => {
    if (to !== undefined) effects.send(to, message, { lane: 'control' })
  }
  const sayTo = (context: GlobalCoordinatorContext, site: SiteId, message: Message) =>
    say(siteIn(context, site)?.address, message)
  const refuse = (to: Address, loan: string, reasons: readonly Reason[]) =>
    say(to, { type: 'loan.refused', loan, reasons: reasons.slice(0, reasonCountMax) })

  return globalCoordinatorMachine.provide({
    actions: {
      askLender({ context, event }) {
        const loan = loanOf(context, event)
        if (loan === undefined) return
        const { borrower, lender, group, role, count, choice } = loan
        sayTo(context, lender, { type: 'loan.lend', loan: loan.loan, borrower, group, role, count })
        const { reasons, rejected } = choice
        const facts = { loan: loan.loan, borrower, lender, group, role, count, reasons, rejected }
        effects.publish({ type: 'loan.brokered', at: effects.now, ...facts })
      },
      startLoanTimer({ event }) {
        if (!('loan' in event)) return
        const timedOut = { type: 'loan.timedOut', loan: event.loan }
        effects.setTimer(timerOf(event.loan), lenderAnswerMaxMs, timedOut)
      },
      cancelLoanTimer({ event }) {
        if ('loan' in event) effects.cancelTimer(timerOf(event.loan))
      },
      refuseRequest({ context, event }) {
        if (event.type !== 'loan.request') return
        const { loan, site, group, role, count, from } = event
        const reasons = refusalOf(context, event)
        refuse(from, loan, reasons)
        effects.publish({ type: 'loan.refused', at: effects.now, loan, borrower: site, group, role, count, reasons })
      },
      repeatAnswer({ context, event }) {
        const loan = loanOf(context, event)
        if (event.type !== 'loan.request' || loan === undefined || loan.state === 'asked') return
        if (loan.state === 'lent') say(event.from, lentMessage(loan))
        else refuse(event.from, loan.loan, [reason('LOAN_RETURNING', `${loan.lender} is to take ${loan.loan} back`)])
      },
      tellLent({ context, event }) {
        const loan = loanOf(context, event)
        if (loan) sayTo(context, loan.borrower, lentMessage(loan))
      },
      tellRefused({ context, event }) {
        const loan = loanOf(context, event)
        const to = loan && siteIn(context, loan.borrower)?.address
        if (loan === undefined || to === undefined) return
        const silent = reason('LENDER_SILENT', `${loan.lender} did not answer`, { waitedMs: lenderAnswerMaxMs })
        refuse(to, loan.loan, event.type === 'loan.refused' ? event.reasons : [silent])
      },
      askReturn({ context, event }) {
        const loan = loanOf(context, event)
        if (loan) sayTo(context, loan.lender, { type: 'loan.return', loan: loan.loan })
      },
      takeBack({ event }) {
        if (event.type === 'loan.lent') say(event.from, { type: 'loan.return', loan: event.loan })
      },
      refuseReturn({ event }) {
        if (event.type === 'loan.return')
          refuse(event.from, event.loan, [reason('LOAN_UNKNOWN', `there is no loan ${event.loan}, or no more`)])
      },
      tellReturned({ context, event }) {
        const loan = loanOf(context, event)
        if (event.type !== 'loan.returned' || loan === undefined) return
        const { lender: site, borrower } = loan
        sayTo(context, borrower, { type: 'loan.returned', loan: loan.loan, site, blades: event.blades })
      },
      reportChange({ context }) {
        const loans = Object.values(context.loans).map(({ choice: _choice, ...loan }) => loan)
        effects.publish({ type: 'coordinator.changed', at: effects.now, sites: Object.keys(context.sites), loans })
      },
    },
  })
}

function timerOf(loan: string): string {
  return `loan ${loan}`
}

function lentMessage({ loan, lender: site, blades }: Loan): Message {
  return { type: 'loan.lent', loan, site, blades: [...blades] }
}

function reason(code: string, text: string, numbers: Reason['numbers'] = {}): Reason {
  return { code, text, numbers }
}
