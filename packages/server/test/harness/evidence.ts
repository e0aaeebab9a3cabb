/** Reads what was booked and billed, straight from the database of an installation, past everything that could be wrong. */
import { join } from 'node:path'
import { sql } from 'kysely'
import { type Database, openDatabase } from '#platform/db/database.ts'
import { readOrMakeRecord, renderUrl } from '#platform/db/embedded/connection-record.ts'

/** One attempt of a lease as its timeline tells. Instants are milliseconds. */
export interface Attempt {
  readonly lease: string
  readonly attempt: string
  readonly gpus: number
  readonly isSold: boolean
  readonly startedMs: number
  readonly goneMs: number
}

/** One stretch of metered use. `quantity` in GPU-milliseconds. */
export interface Stretch {
  readonly lease: string
  readonly fromMs: number
  readonly toMs: number
  readonly quantity: number
}

export interface Evidence {
  readonly attempts: readonly Attempt[]
  readonly stretches: readonly Stretch[]
  /** Claims that are open though the lease has ended. */
  readonly leaked: number
  /** Milliseconds for which two claims had one slot: the constraint forbids it, and this asks all the same. */
  readonly overlappingClaims: number
}

const ATTEMPTS = sql<{
  lease: string
  attempt: string
  gpus: number
  kind: string
  started: Date
  gone: Date
}>`
  SELECT lease.id AS lease, lease.id || '-' || (started.data->>'attempt') AS attempt, lease.gpus,
    lease.kind, started.at AS started, gone.at AS gone
  FROM lease
    JOIN lease_fact started ON started.lease_id = lease.id AND started.type = 'lease.started'
    JOIN lease_fact gone ON gone.lease_id = lease.id AND gone.type = 'lease.confirmed_gone'
      AND gone.data->>'attempt' = started.data->>'attempt'`

const OVERLAPPING = sql<{ count: string }>`
  SELECT count(*) FROM claim a JOIN claim b ON a.node_id = b.node_id AND a.id < b.id
    AND a.slots && b.slots
    AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)`

const LEAKED = sql<{ count: string }>`
  SELECT count(*) FROM claim LEFT JOIN lease ON lease.id = claim.lease_id
  WHERE claim.ends_at IS NULL AND claim.lease_id IS NOT NULL
    AND (lease.id IS NULL OR lease.state IN ('ended', 'pending'))`

async function readAttempts(db: Database): Promise<readonly Attempt[]> {
  const { rows } = await ATTEMPTS.execute(db)
  return rows.map(({ lease, attempt, gpus, kind, started, gone }) => ({
    ...{ lease, attempt, gpus },
    isSold: kind === 'spot' || kind === 'flex' || kind === 'on_demand',
    startedMs: started.getTime(),
    goneMs: gone.getTime(),
  }))
}

async function readStretches(db: Database): Promise<readonly Stretch[]> {
  const rows = await db
    .selectFrom('usage_event')
    .select(['resource', 'from_at', 'to_at', 'quantity'])
    .where('sku', 'like', 'gpu.%')
    .execute()
  return rows.map(({ resource, from_at: from, to_at: to, quantity }) => ({
    lease: resource,
    fromMs: from.getTime(),
    toMs: to.getTime(),
    quantity: Number(quantity),
  }))
}

export async function readEvidence(dataDir: string): Promise<Evidence> {
  const url = renderUrl(readOrMakeRecord(dataDir), join(dataDir, 'postgres/socket'))
  const db = openDatabase(url)
  try {
    return {
      attempts: await readAttempts(db),
      stretches: await readStretches(db),
      leaked: Number((await LEAKED.execute(db)).rows[0]?.count),
      overlappingClaims: Number((await OVERLAPPING.execute(db)).rows[0]?.count),
    }
  } finally {
    await db.destroy()
  }
}
