/** Budgets of a customer, for tests of the path of requests. */
import { idSource } from '#kernel/ids.ts'
import { type Money, ZERO } from '#kernel/money.ts'
import { type Budget, setBudget as set } from '#modules/budget/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import { untilTrue } from '../harness/index.ts'
import type { Customer } from './installation.ts'

const ids = idSource(Date.now)

function setBudget(
  db: Database,
  { organizationId }: Pick<Customer, 'organizationId'>,
  parts: Partial<Budget> & { readonly amount: Money },
): Promise<Budget> {
  const setting = {
    ...{ organizationId, projectId: null, apiKeyId: null, endUser: null, period: 'total' as const },
    ...{ setBy: 'organization' as const, alerts: [] },
    ...parts,
  }
  return inTransaction(db, (tx) => set(tx, setting, { now: new Date(), ids }))
}

/** Sets a budget that gateways know of: of nothing first, until each refuses, then of the amount. */
export async function setKnownBudget(
  db: Database,
  customer: Pick<Customer, 'organizationId'>,
  {
    probes,
    ...parts
  }: Partial<Budget> & {
    readonly amount: Money
    readonly probes: readonly (() => Promise<Response>)[]
  },
): Promise<Budget> {
  await setBudget(db, customer, { ...parts, amount: ZERO })
  for (const probe of probes) await untilTrue(async () => (await probe()).status === 429)
  return setBudget(db, customer, parts)
}
