/** Usage, balance, the ledger's verification and the operator's books. */
import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { Amount, Currency, Instant, InstantInput, Name, Price } from './primitives.ts'

const period = {
  from: InstantInput.optional().meta({
    description: 'Default: the first instant of this UTC month.',
  }),
  to: InstantInput.optional().meta({ description: 'Default: now.' }),
}

export const UsageRow = z.object({
  /** Start of the UTC hour, or null when the period is summed. */
  hour: Instant.nullable(),
  project: z.string(),
  sku: z.string(),
  /** The lease or model that was used. */
  resource: z.string(),
  /** Whole base units: GPU-milliseconds or tokens. */
  quantity: z.string().regex(/^\d+$/),
  unit: z.enum(['gpu_ms', 'token']),
  price: Price,
  chargedUsd: Amount,
})
export type UsageRow = z.infer<typeof UsageRow>

export const getUsage = endpoint({
  id: 'usage.get',
  method: 'GET',
  path: '/usage',
  summary: 'What the organization used and was charged, at exact prices',
  permission: 'usage.read',
  query: z.strictObject({ ...period, step: z.enum(['hour', 'total']).default('total') }),
  returns: z.object({
    from: Instant,
    to: Instant,
    currency: Currency,
    rows: z.array(UsageRow),
    chargedUsd: Amount,
  }),
})

export const Balance = z.object({
  organization: z.string(),
  currency: Currency,
  /** What the ledger says belongs to the organization. */
  balanceUsd: Amount,
  /** Set aside for work that runs. */
  heldUsd: Amount,
  /** What new work may use: balance minus held. */
  availableUsd: Amount,
  spentTodayUsd: Amount,
  burnUsdPerHour: Amount,
})
export type Balance = z.infer<typeof Balance>

export const getBalance = endpoint({
  id: 'balance.get',
  method: 'GET',
  path: '/balance',
  summary: 'Balance, holds and what is available',
  permission: 'balance.read',
  returns: Balance,
})

export const LedgerVerification = z.object({
  isBalanced: z.boolean(),
  currency: Currency,
  transactions: z.number().int(),
  entries: z.number().int(),
  usageEvents: z.number().int(),
  /** Sum over every entry: zero when the ledger balances. */
  sumUsd: Amount,
  checks: z.array(z.object({ name: z.string(), isHeld: z.boolean(), text: z.string() })),
  accounts: z.array(z.object({ account: z.string(), balanceUsd: Amount })),
})
export type LedgerVerification = z.infer<typeof LedgerVerification>

export const verifyLedger = endpoint({
  id: 'ledger.verify',
  method: 'GET',
  path: '/ledger/verification',
  summary: 'Recomputes the ledger: sums to zero, balances, holds, usage against charges',
  permission: 'ledger.verify',
  audit: 'sensitive_read',
  returns: LedgerVerification,
})

export const PoolBooks = z.object({
  pool: Name,
  /** Slot-milliseconds by claim kind, and free; they sum to `totalMs` exactly. */
  byKindMs: z.record(z.string(), z.number().int()),
  freeMs: z.number().int(),
  totalMs: z.number().int(),
  /** Sold slot-time (on demand, spot, flex, reserved, serving) over all slot-time. */
  soldFraction: z.number(),
  /** Slot-time in any use over all slot-time. */
  usedFraction: z.number(),
  gpuRevenueUsd: Amount,
  /** Of that, what blocks paid. */
  blockRevenueUsd: Amount,
  tokenRevenueUsd: Amount,
  revenueUsd: Amount,
  /** Energy of sold slot-time above idle. */
  marginalCostUsd: Amount,
  depreciationUsd: Amount,
  /** Idle power and other cash cost of having the fleet at all. */
  standingCostUsd: Amount,
  /** Revenue minus marginal cost. */
  contributionUsd: Amount,
  /** Contribution minus standing cost and depreciation of the whole pool. */
  marginAfterDepreciationUsd: Amount,
  /** What the owner’s own teams were charged internally, at the transfer price: for what they used, */
  internalUsedUsd: Amount,
  /** and for what was kept for them and stood idle. Neither is revenue, and no part of the margin. */
  internalKeptUsd: Amount,
  capexUsd: Amount,
  /** Cumulative contribution minus standing cost, over capex. */
  capexRecoveredFraction: z.number(),
})
export type PoolBooks = z.infer<typeof PoolBooks>

export const getBooks = endpoint({
  id: 'books.get',
  method: 'GET',
  path: '/books',
  summary:
    'The owner\u2019s books: revenue, cost, depreciation, margin, and where the slot-time went',
  permission: 'books.read',
  audit: 'sensitive_read',
  query: z.strictObject(period),
  returns: z.object({
    from: Instant,
    to: Instant,
    currency: Currency,
    pools: z.array(PoolBooks),
    revenueBySku: z.array(
      z.object({
        sku: z.string(),
        quantity: z.string(),
        unit: z.enum(['gpu_ms', 'token']),
        revenueUsd: Amount,
      }),
    ),
    /** Charges that a balance could not pay and the operator bears. */
    overrunUsd: Amount,
    /** What customers were given back for reclaims, on their terms; not part of revenue. */
    reclaimCompensationUsd: Amount,
    /** The same for use after a GPU of theirs was last seen whole. */
    faultCompensationUsd: Amount,
    /** Given back because room of blocks was missing. */
    blockCompensationUsd: Amount,
    /** Of what was paid for nodes that blocks sold back, given to their holders. */
    sellBackCompensationUsd: Amount,
    creditGrantedUsd: Amount,
  }),
})
