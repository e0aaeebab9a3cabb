/** More keys of a customer, for tests of what a key is kept to. */
import { idSource } from '#kernel/ids.ts'
import type { KeyBounds } from '#kernel/key-bounds.ts'
import { createApiKey, rotateApiKey } from '#modules/identity/index.ts'
import { type Database, inTransaction } from '#platform/db/database.ts'
import { type Customer, PEPPER } from './installation.ts'

export async function addKey(
  db: Database,
  { organizationId, projectId }: Customer,
  bounds: Partial<KeyBounds>,
): Promise<{ readonly id: string; readonly key: string }> {
  const deps = { pepper: PEPPER, ids: idSource(Date.now) }
  const wanted = { organizationId, projectId, name: 'kept', role: 'inference' as const, bounds }
  return inTransaction(db, async (tx) => {
    const { apiKey, secret } = await createApiKey(tx, { ...wanted, now: new Date() }, deps)
    return { id: apiKey.id, key: secret }
  })
}

/** Puts another key in the place of a customer's; its secret. */
export async function rotateKey(
  db: Database,
  { apiKeyId: id, organizationId }: Customer,
): Promise<string> {
  const deps = { pepper: PEPPER, ids: idSource(Date.now) }
  const rotation = { id, organizationId, graceS: 60, now: new Date() }
  return inTransaction(db, async (tx) => (await rotateApiKey(tx, rotation, deps)).secret)
}
