/** Aliases, access and retirements, set as the API sets them. */
import { catalogRoutes } from '#modules/catalog/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import type { Customer } from './installation.ts'

const routes = catalogRoutes({ onAnnounced: () => Promise.resolve() })
const base = { setTarget: () => undefined }

export async function nameModel(db: Database, alias: string, model: string): Promise<void> {
  await inTransaction(db, async (tx) => {
    const call = { ...base, db: tx, params: { alias }, body: { model }, now: new Date() }
    await routes.setModelAlias(call as never)
  })
}

/** By the operator, for the customer's project. */
export async function allowModels(
  db: Database,
  { projectId, organizationId }: Customer,
  rule: { readonly rule: 'only' | 'except'; readonly models: readonly string[] },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const principal = { role: 'operator', organizationId, projectId }
    const call = { ...base, db: tx, principal, body: { projectId, ...rule }, now: new Date() }
    await routes.setModelAccess(call as never)
  })
}

/** So long from now; what is over was announced before that. */
export async function retire(
  db: Database,
  id: string,
  { inMs, successor }: { readonly inMs: number; readonly successor?: string },
): Promise<Date> {
  const retiresAt = new Date(Date.now() + inMs)
  const now = new Date(Math.min(Date.now(), retiresAt.getTime() - 1000))
  const body = { retiresAt: retiresAt.toISOString(), ...(successor ? { successor } : {}) }
  await inTransaction(db, async (tx) => {
    await routes.announceModelRetirement({ ...base, db: tx, params: { id }, body, now } as never)
  })
  return retiresAt
}
