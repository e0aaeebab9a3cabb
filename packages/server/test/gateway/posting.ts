/** Posts what gateways recorded, as the controller does, and reads what customers were charged. */
import { sql } from 'kysely'
import { idSource } from '#kernel/ids.ts'
import { getBalance } from '#modules/ledger/index.ts'
import { createShipper, verifyBooks } from '#modules/metering/index.ts'
import type { Database } from '#platform/db/database.ts'
import { assembleSetAside } from '../../src/processes/set-aside.ts'
import type { GatewayFolders } from './gateway-process.ts'

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }

export interface Posting {
  readonly db: Database
  readonly folders: GatewayFolders
  readonly isWriterAlive: (writer: string) => boolean
}

/** Posts everything that is in the journals now. */
export async function postJournals({ db, folders, isWriterAlive }: Posting): Promise<void> {
  const shipper = createShipper({
    database: db,
    directory: folders.journalDirectory,
    isWriterAlive,
    now: () => new Date(),
    ids: idSource(Date.now),
    log: quiet,
    aside: assembleSetAside(() => new Date()),
  })
  await shipper.drain()
  await shipper.stop()
}

export interface Charged {
  readonly events: number
  readonly input: number
  readonly output: number
}

/** What an organization was charged for, over all its requests. */
export async function chargedOf(db: Database, organizationId: string): Promise<Charged> {
  const { rows } = await sql<{ events: string; input: string; output: string }>`
    SELECT count(DISTINCT id)::text AS events,
      coalesce(sum(quantity) FILTER (WHERE sku LIKE '%.input'), 0)::text AS input,
      coalesce(sum(quantity) FILTER (WHERE sku LIKE '%.output'), 0)::text AS output
    FROM usage_event WHERE organization_id = ${organizationId}`.execute(db)
  const [row] = rows
  return { events: Number(row?.events), input: Number(row?.input), output: Number(row?.output) }
}

export { getBalance, verifyBooks }
