/** Usage, balances, credit, organizations and the ledger's verification over HTTP. */
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { money, renderMoney } from '#kernel/money.ts'
import {
  createApiKey,
  createOrganization,
  listOrganizations,
  type OrganizationRow,
} from '#modules/identity/index.ts'
import {
  getBalance,
  grantCredit,
  type LedgerCheck,
  openCustomerAccount,
} from '#modules/ledger/index.ts'
import { listUsage, spentSince, verifyBooks } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Routes } from '#platform/http/handler.ts'

type Names =
  | 'getUsage'
  | 'getBalance'
  | 'verifyLedger'
  | 'listOrganizations'
  | 'createOrganization'
  | 'grantCredit'

const HOUR_MS = 3_600_000

/** What the organization's running leases cost per hour, in USD; lease knows, the composition root passes it in. */
export type BurnOf = (db: Db, organizationId: string) => Promise<string>

async function renderOrganization(db: Db, organization: OrganizationRow) {
  const balance = await getBalance(db, organization.id)
  return {
    id: organization.id,
    name: organization.name,
    kind: organization.kind,
    createdAt: organization.createdAt.toISOString(),
    balanceUsd: renderMoney(balance.posted),
    heldUsd: renderMoney(balance.held),
  }
}

async function getOrganization(db: Db, id: string): Promise<OrganizationRow> {
  const organization = (await listOrganizations(db)).find((each) => each.id === id)
  if (!organization) throw new Fault('organization.not_found', `There is no organization ${id}.`)
  return organization
}

function startOfDay(now: Date): Date {
  return new Date(Math.floor(now.getTime() / (24 * HOUR_MS)) * 24 * HOUR_MS)
}

function startOfMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))
}

interface BillingDeps {
  readonly pepper: string
  readonly ids: IdSource
  readonly burnOf: BurnOf
  /** Whether what reclaims and lost GPUs gave back is what was promised; lease knows. */
  readonly verifyCredits: (db: Db, now: Date) => Promise<readonly LedgerCheck[]>
}

export function billingRoutes({
  pepper,
  ids,
  burnOf,
  verifyCredits,
}: BillingDeps): Pick<Routes, Names> {
  return {
    getUsage: async ({ db, principal, query, now }) => {
      const from = query.from ? new Date(query.from) : startOfMonth(now)
      const to = query.to ? new Date(query.to) : now
      if (from >= to) throw new Fault('request.invalid', 'query.from: must lie before `to`.')
      const usage = await listUsage(db, {
        organizationId: principal.organizationId,
        from,
        to,
        step: query.step,
      })
      return {
        from: from.toISOString(),
        to: to.toISOString(),
        currency: 'USD' as const,
        rows: usage.rows.map((row) => ({
          hour: row.hour?.toISOString() ?? null,
          project: row.projectId === principal.projectId ? principal.projectName : row.projectId,
          sku: row.sku,
          resource: row.resource,
          quantity: row.quantity.toString(),
          unit: row.price.unit,
          price: {
            amountUsd: renderMoney(row.price.amount),
            per: row.price.per.toString(),
            unit: row.price.unit,
          },
          chargedUsd: renderMoney(row.charged),
        })),
        chargedUsd: renderMoney(usage.charged),
      }
    },
    getBalance: async ({ db, principal, now }) => {
      const balance = await getBalance(db, principal.organizationId)
      return {
        organization: principal.organizationName,
        currency: 'USD' as const,
        balanceUsd: renderMoney(balance.posted),
        heldUsd: renderMoney(balance.held),
        availableUsd: renderMoney(balance.available),
        spentTodayUsd: renderMoney(await spentSince(db, principal.organizationId, startOfDay(now))),
        burnUsdPerHour: await burnOf(db, principal.organizationId),
      }
    },
    verifyLedger: async ({ db, now }) => verifyBooks(db, (tx) => verifyCredits(tx, now)),
    listOrganizations: async ({ db }) => {
      const organizations = await listOrganizations(db)
      return {
        items: await Promise.all(organizations.map((each) => renderOrganization(db, each))),
        nextCursor: null,
      }
    },
    createOrganization: async ({ db, body, now, setTarget }) => {
      const organization = await createOrganization(
        db,
        { name: body.name, kind: 'customer', now },
        { pepper, ids },
      )
      await openCustomerAccount(db, organization.id)
      const key = {
        organizationId: organization.id,
        projectId: organization.projectId,
        name: 'first key',
        role: 'member' as const,
        now,
      }
      const { secret } = await createApiKey(db, key, { pepper, ids })
      setTarget(organization.id)
      return { organization: await renderOrganization(db, organization), apiKey: secret }
    },
    grantCredit: async ({ db, params, body, now, setTarget }) => {
      const organization = await getOrganization(db, params.id)
      const amount = money(body.amountUsd)
      await grantCredit(db, {
        organizationId: organization.id,
        amount,
        source: `credit/${newId('ledgerTransaction', ids)}`,
        now,
        ids,
      })
      setTarget(organization.id)
      return renderOrganization(db, organization)
    },
  }
}
