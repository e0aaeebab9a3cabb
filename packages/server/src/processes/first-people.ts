/** The operator's organization and the demo customer, made at the first start, with their keys. */
import type { IdSource } from '#kernel/ids.ts'
import type { Money } from '#kernel/money.ts'
import {
  authenticate,
  createApiKey,
  createOrganization,
  firstProject,
  listOrganizations,
  type Principal,
} from '#modules/identity/index.ts'
import { grantCredit, openCustomerAccount } from '#modules/ledger/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'

export interface People {
  readonly operator: Principal
  readonly operatorToken: string
  readonly demoApiKey: string
}

interface Deps {
  readonly database: Database
  readonly pepper: string
  readonly ids: IdSource
  readonly now: () => Date
  readonly demoCreditUsd: Money
  /** Keys of an earlier start. */
  readonly known: { readonly operator_token: string; readonly demo_api_key: string } | null
}

interface Organization {
  readonly name: string
  readonly kind: 'operator' | 'customer'
}

async function ensureOrganization(
  tx: Db,
  { name, kind }: Organization,
  deps: Deps,
): Promise<string> {
  const existing = (await listOrganizations(tx)).find((each) => each.name === name)
  if (existing) return existing.id
  const now = deps.now()
  const made = await createOrganization(tx, { name, kind, now }, deps)
  if (kind === 'customer') {
    await openCustomerAccount(tx, made.id)
    const credit = {
      organizationId: made.id,
      amount: deps.demoCreditUsd,
      source: `first-start/${made.id}`,
    }
    if (deps.demoCreditUsd > 0n) await grantCredit(tx, { ...credit, now, ids: deps.ids })
  }
  return made.id
}

/** A key that works: the known one, or a new one when it is lost or revoked. */
async function ensureKey(
  tx: Db,
  organizationId: string,
  key: { known: string | undefined; role: 'operator' | 'member' },
  deps: Deps,
): Promise<string> {
  const now = deps.now()
  if (key.known !== undefined) {
    const principal = await authenticate(
      tx,
      { kind: 'key', text: key.known },
      { pepper: deps.pepper, now },
    )
    if (principal?.organizationId === organizationId && principal.role === key.role)
      return key.known
  }
  const project = await firstProject(tx, organizationId)
  const request = {
    organizationId,
    projectId: project.id,
    name: 'credentials.json',
    role: key.role,
    now,
  }
  return (await createApiKey(tx, request, deps)).secret
}

/** Makes who is missing; leaves who is there. */
export async function ensurePeople(deps: Deps): Promise<People> {
  return inTransaction(deps.database, async (tx) => {
    const operatorId = await ensureOrganization(tx, { name: 'operator', kind: 'operator' }, deps)
    const demoId = await ensureOrganization(tx, { name: 'demo', kind: 'customer' }, deps)
    const operatorToken = await ensureKey(
      tx,
      operatorId,
      { known: deps.known?.operator_token, role: 'operator' },
      deps,
    )
    const demoApiKey = await ensureKey(
      tx,
      demoId,
      { known: deps.known?.demo_api_key, role: 'member' },
      deps,
    )
    const credential = { kind: 'key' as const, text: operatorToken }
    const operator = await authenticate(tx, credential, { pepper: deps.pepper, now: deps.now() })
    if (!operator) throw new Error('the operator\u2019s own key does not work')
    return { operator, operatorToken, demoApiKey }
  })
}
