/** SQL of what was given back for lost GPUs: what each credit was reckoned from, so that it can be recomputed. */
import { type Money, money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import { costAhead, GPU_MS_PER_HOUR } from './lease.ts'

interface Charged {
  readonly gpus: number
  readonly priceUsd: Money
  readonly goodUntil: Date
  readonly chargedUntil: Date
}

export interface FaultCredit extends Charged {
  readonly leaseId: string
  readonly attempt: number
  readonly amount: Money
  readonly transactionId: string
}

/** What the charge after the last good instant comes to, rounded up to the pico. */
export function faultCreditOf({ gpus, priceUsd, goodUntil, chargedUntil }: Charged): Money {
  const price = { amount: priceUsd, per: GPU_MS_PER_HOUR, unit: 'gpu_ms' } as const
  return costAhead(price, gpus, chargedUntil.getTime() - goodUntil.getTime())
}

/** What the ledger knows such a credit by. */
export function faultSource(lease: { readonly id: string; readonly attempt: number }): string {
  return `fault:${lease.id}/${lease.attempt}`
}

export async function insertFaultCredit(tx: Db, credit: FaultCredit): Promise<void> {
  await tx
    .insertInto('fault_credit')
    .values({
      lease_id: credit.leaseId,
      attempt: credit.attempt,
      gpus: credit.gpus,
      price_usd: renderMoney(credit.priceUsd),
      good_until: credit.goodUntil,
      charged_until: credit.chargedUntil,
      amount_usd: renderMoney(credit.amount),
      ledger_transaction_id: credit.transactionId,
    })
    .execute()
}

/** All there are, for the verification. */
export async function listFaultCredits(db: Db): Promise<readonly FaultCredit[]> {
  const rows = await db.selectFrom('fault_credit').selectAll().execute()
  return rows.map((row) => ({
    leaseId: row.lease_id,
    attempt: row.attempt,
    gpus: row.gpus,
    priceUsd: money(row.price_usd),
    goodUntil: row.good_until,
    chargedUntil: row.charged_until,
    amount: money(row.amount_usd),
    transactionId: row.ledger_transaction_id,
  }))
}
