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
  await openCustomerAccount(tx, made.id)
  // The operator too: whoever tries the playground as the operator buys tokens like anybody else.
  const credit = { organizationId: made.id, amount: deps.demoCreditUsd, now, ids: deps.ids }
  if (deps.demoCreditUsd > 0n)
    await grantCredit(tx, { ...credit, source: `first-start/${made.id}` })
  return made.id
}

interface WantedKey {
  readonly organizationId: string
  readonly role: 'operator' | 'member'
  /** Of an earlier start. */
  readonly known: string | undefined
}

/** A key that works: the known one, or a new one when it is lost or revoked. */
async function ensureKey(tx: Db, wanted: WantedKey, deps: Deps): Promise<string> {
  const { organizationId, role, known } = wanted
  const now = deps.now()
  if (known !== undefined) {
    const credential = { kind: 'key' as const, text: known }
    const principal = await authenticate(tx, credential, { pepper: deps.pepper, now })
    if (principal?.organizationId === organizationId && principal.role === role) return known
  }
  const project = await firstProject(tx, organizationId)
  const request = { organizationId, projectId: project.id, name: 'credentials.json', role, now }
  return (await createApiKey(tx, request, deps)).secret
}

/** Makes who is missing; leaves who is there. */
export async function ensurePeople(deps: Deps): Promise<People> {
  return inTransaction(deps.database, async (tx) => {
    const operatorId = await ensureOrganization(tx, { name: 'operator', kind: 'operator' }, deps)
    const demoId = await ensureOrganization(tx, { name: 'demo', kind: 'customer' }, deps)
    const operatorKey = { organizationId: operatorId, role: 'operator' as const }
    const demoKey = { organizationId: demoId, role: 'member' as const }
    const { known } = deps
    const operatorToken = await ensureKey(
      tx,
      { ...operatorKey, known: known?.operator_token },
      deps,
    )
    const demoApiKey = await ensureKey(tx, { ...demoKey, known: known?.demo_api_key }, deps)
    const credential = { kind: 'key' as const, text: operatorToken }
    const operator = await authenticate(tx, credential, { pepper: deps.pepper, now: deps.now() })
    if (!operator) throw new Error('the operator\u2019s own key does not work')
    return { operator, operatorToken, demoApiKey }
  })
}
