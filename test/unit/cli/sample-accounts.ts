// An agreement and its invoices, as a site master says them.
import type { Invoice } from '../../../src/accounts/invoice.ts'
import type { Difference } from '../../../src/accounts/sla-book.ts'
import { slaTerms } from '../../../src/accounts/sla-terms.ts'
import type { SlaStatus } from '../../../src/runtime/farm-control.ts'

export const sampleTerms = slaTerms.parse({ roles: [{ group: 'shop/web', role: 'front', committed: 2, expansion: 1 }] })

export const sampleSla: SlaStatus = {
  account: 'shop',
  inEffect: 1,
  versions: [{ account: 'shop', version: 1, origin: 'file', effectiveAt: 1_764_000_000_000, terms: sampleTerms }],
}

export const sampleChanges: readonly Difference[] = [{ path: 'roles.0.committed', before: 2, after: 3 }]

const line = { item: 'shop/web/front', level: 'committed', version: 1 } as const

export const sampleInvoices: readonly Invoice[] = [
  {
    ...{ account: 'shop', from: 1_761_955_200_000, to: 1_764_547_200_000, currency: 'EUR', isOpen: true, total: 15 },
    lines: [
      { ...line, what: 'hours', quantity: 7_200_000, serving: 3_600_000, price: 10, amount: 20 },
      { ...line, what: 'credit', quantity: 60_000, serving: 0, price: 5, amount: -5 },
    ],
  },
]
