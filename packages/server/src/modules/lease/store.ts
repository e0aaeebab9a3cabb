/** SQL of leases and their facts. */
import type { AfterBlock, LeaseKind, LeaseMode, LeaseState, ReclaimTerms } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import { money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Lease, ReclaimReason } from './lease.ts'

/** What was promised about being taken back, and how that stands. */
function toPromise(row: Selectable<Schema['lease']>) {
  return {
    terms: row.terms as ReclaimTerms | null,
    reclaimsMonth: row.reclaims_month,
    reclaimsInMonth: row.reclaims_in_month,
    checkpointAt: row.checkpoint_at,
    riskAt: row.risk_at,
    riskToldAt: row.risk_told_at,
  }
}

function toMode(row: Selectable<Schema['lease']>) {
  return {
    image: row.image,
    imageDigest: row.image_digest,
    mode: row.mode as LeaseMode,
    service: row.service as Lease['service'],
    idleLimitMs: row.idle_limit_ms === null ? null : Number(row.idle_limit_ms),
  }
}

function toRequeue(row: Selectable<Schema['lease']>) {
  return {
    requeue: row.requeue as Lease['requeue'],
    failuresMax: row.failures_max,
    failures: row.failures,
    retryAt: row.retry_at,
    ranMs: Number(row.ran_ms),
  }
}

function toAgreedPrice(row: Selectable<Schema['lease']>): Lease['agreedPrice'] {
  const { agreed_price_id: id, agreed_sku: sku, agreed_price_usd: amount } = row
  return id === null || sku === null || amount === null ? null : { id, sku, amount: money(amount) }
}

function toWithin(row: Selectable<Schema['lease']>) {
  return { blockId: row.block_id, afterBlock: row.after_block as AfterBlock | null }
}

function toLease(row: Selectable<Schema['lease']>): Lease {
  return {
    id: row.id,
    organizationId: row.organization_id,
    projectId: row.project_id,
    name: row.name,
    kind: row.kind as LeaseKind,
    ...toMode(row),
    state: row.state as LeaseState,
    pool: row.pool_name,
    ...toWithin(row),
    ...{ gpus: row.gpus, nodes: row.nodes, fabric: row.fabric as Lease['fabric'] },
    command: row.command as string[],
    environment: row.environment as Record<string, string>,
    secretNames: row.secret_names,
    sealed: row.sealed as Lease['sealed'],
    files: row.files as Lease['files'],
    workingDirectory: row.working_directory,
    ...toRequeue(row),
    noticeSignal: row.notice_signal,
    noticeMs: row.notice_ms,
    ...toPromise(row),
    graceMs: row.grace_ms,
    timeLimitMs: row.time_limit_ms === null ? null : Number(row.time_limit_ms),
    maxPriceUsd: row.max_price_usd === null ? null : money(row.max_price_usd),
    agreedPrice: toAgreedPrice(row),
    priceId: row.price_id,
    priceUsd: row.price_usd === null ? null : money(row.price_usd),
    holdId: row.hold_id,
    createdAt: row.created_at,
    attempt: row.attempt,
    placedAt: row.placed_at,
    placements: row.placements as Lease['placements'],
    startedAt: row.started_at,
    meteredUntil: row.metered_until,
    billableUntil: row.billable_until,
    waitingFor: row.waiting_for,
    reclaimReason: row.reclaim_reason as ReclaimReason | null,
    reclaimFor: row.reclaim_for,
    noticeAt: row.notice_at,
    stopAt: row.stop_at,
    stoppedAt: row.stopped_at,
    endedAt: row.ended_at,
    endReason: row.end_reason as Lease['endReason'],
    exitCode: row.exit_code,
    exitSignal: row.exit_signal,
    engineRun: row.engine_run,
  }
}

function toRow(lease: Lease) {
  return {
    id: lease.id,
    organization_id: lease.organizationId,
    project_id: lease.projectId,
    name: lease.name,
    kind: lease.kind,
    mode: lease.mode,
    service: lease.service === null ? null : JSON.stringify(lease.service),
    idle_limit_ms: lease.idleLimitMs === null ? null : BigInt(lease.idleLimitMs),
    state: lease.state,
    pool_name: lease.pool,
    block_id: lease.blockId,
    after_block: lease.afterBlock,
    gpus: lease.gpus,
    nodes: lease.nodes,
    fabric: lease.fabric,
    command: JSON.stringify(lease.command),
    environment: JSON.stringify(lease.environment),
    secret_names: [...lease.secretNames],
    sealed: lease.sealed === null ? null : JSON.stringify(lease.sealed),
    files: JSON.stringify(lease.files),
    working_directory: lease.workingDirectory,
    image: lease.image,
    requeue: lease.requeue,
    failures_max: lease.failuresMax,
    notice_signal: lease.noticeSignal,
    notice_ms: lease.noticeMs,
    terms: lease.terms === null ? null : JSON.stringify(lease.terms),
    grace_ms: lease.graceMs,
    time_limit_ms: lease.timeLimitMs === null ? null : BigInt(lease.timeLimitMs),
    max_price_usd: lease.maxPriceUsd === null ? null : renderMoney(lease.maxPriceUsd),
    agreed_price_id: lease.agreedPrice?.id ?? null,
    agreed_sku: lease.agreedPrice?.sku ?? null,
    agreed_price_usd: lease.agreedPrice === null ? null : renderMoney(lease.agreedPrice.amount),
    hold_id: lease.holdId,
    created_at: lease.createdAt,
    waiting_for: lease.waitingFor,
    engine_run: lease.engineRun,
  }
}

const LEASES_AT_ONCE = 500

export async function insertLeases(tx: Db, leases: readonly Lease[]): Promise<void> {
  const rows = leases.map(toRow)
  for (let from = 0; from < rows.length; from += LEASES_AT_ONCE)
    await tx
      .insertInto('lease')
      .values(rows.slice(from, from + LEASES_AT_ONCE))
      .execute()
}

export async function findLease(db: Db, id: string): Promise<Lease | null> {
  const row = await db.selectFrom('lease').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? toLease(row) : null
}

/** Locks a lease for a change in this transaction. */
export async function lockLease(tx: Db, id: string): Promise<Lease | null> {
  const row = await tx
    .selectFrom('lease')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row ? toLease(row) : null
}

/** Locks several leases, always in the same order, so that two who do so never wait for each other. */
export async function lockLeases(tx: Db, ids: readonly string[]): Promise<Map<string, Lease>> {
  const rows = await tx
    .selectFrom('lease')
    .selectAll()
    .where('id', 'in', [...ids])
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Map(rows.map((row) => [row.id, toLease(row)]))
}

export interface LeaseFilter {
  /** Null: of every organization. */
  readonly organizationId: string | null
  readonly state?: LeaseState | undefined
  readonly kind?: LeaseKind | undefined
  readonly pool?: string | undefined
  /** Only those of which a reclaim has become likely. */
  readonly atRisk?: boolean
  /** Only leases older than this one; ids are in time order. */
  readonly cursor?: string | undefined
  readonly limit: number
}

export async function listLeases(db: Db, filter: LeaseFilter): Promise<readonly Lease[]> {
  let query = db.selectFrom('lease').selectAll().orderBy('id', 'desc').limit(filter.limit)
  if (filter.organizationId !== null)
    query = query.where('organization_id', '=', filter.organizationId)
  if (filter.state) query = query.where('state', '=', filter.state)
  if (filter.kind) query = query.where('kind', '=', filter.kind)
  if (filter.pool) query = query.where('pool_name', '=', filter.pool)
  if (filter.atRisk) query = query.where('risk_at', 'is not', null)
  if (filter.cursor) query = query.where('id', '<', filter.cursor)
  return (await query.execute()).map(toLease)
}

/** What people call some leases: their names, or their commands. */
export async function listLeaseNames(
  db: Db,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ id: string; name: string; command: string[] }>`
    SELECT id, name, command FROM lease WHERE id = ANY(${[...ids]}::text[])`.execute(db)
  return new Map(rows.map(({ id, name, command }) => [id, name || command.join(' ').slice(0, 120)]))
}

/** Some leases, ended ones too. */
export async function findLeases(db: Db, ids: readonly string[]): Promise<readonly Lease[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('lease')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()
  return rows.map(toLease)
}

/** Leases that wait for room, in the order of their ids. */
export async function listPendingLeases(db: Db): Promise<readonly Lease[]> {
  const rows = await db
    .selectFrom('lease')
    .selectAll()
    .where('state', '=', 'pending')
    .orderBy('id')
    .execute()
  return rows.map(toLease)
}

/** Leases that have not ended: all of them, or those of a pool. */
export async function listOpenLeases(db: Db, pool?: string): Promise<readonly Lease[]> {
  const all = db.selectFrom('lease').selectAll().where('state', '<>', 'ended')
  const rows = await (pool === undefined ? all : all.where('pool_name', '=', pool))
    .orderBy('id')
    .execute()
  return rows.map(toLease)
}

/** Services that have not ended. */
export async function listOpenServices(db: Db): Promise<readonly Lease[]> {
  const rows = await db
    .selectFrom('lease')
    .selectAll()
    .where('mode', '=', 'service')
    .where('state', '<>', 'ended')
    .execute()
  return rows.map(toLease)
}

/** Of which open leases it was ever told that a reclaim is likely, when, and since when it is so now. */
export async function listRisks(
  db: Db,
): Promise<readonly { id: string; riskAt: Date | null; toldAt: Date }[]> {
  const { rows } = await sql<{ id: string; risk_at: Date | null; risk_told_at: Date }>`
    SELECT id, risk_at, risk_told_at FROM lease
    WHERE risk_told_at IS NOT NULL AND state IN ('starting', 'running')`.execute(db)
  return rows.map((row) => ({ id: row.id, riskAt: row.risk_at, toldAt: row.risk_told_at }))
}

type Change = Partial<{
  state: LeaseState
  gpus: number
  nodes: number
  priceId: string | null
  priceUsd: Lease['priceUsd']
  holdId: string | null
  attempt: number
  imageDigest: string | null
  placedAt: Date | null
  placements: Lease['placements']
  reclaimsMonth: string | null
  reclaimsInMonth: number
  checkpointAt: Date | null
  riskAt: Date | null
  riskToldAt: Date | null
  startedAt: Date | null
  meteredUntil: Date | null
  billableUntil: Date | null
  failures: number
  retryAt: Date | null
  ranMs: number
  waitingFor: string | null
  reclaimReason: ReclaimReason | null
  reclaimFor: string | null
  noticeAt: Date | null
  stopAt: Date | null
  stoppedAt: Date | null
  endedAt: Date | null
  endReason: Lease['endReason']
  exitCode: number | null
  exitSignal: string | null
}>

const COLUMNS: Readonly<Record<keyof Change, string>> = {
  state: 'state',
  gpus: 'gpus',
  nodes: 'nodes',
  priceId: 'price_id',
  priceUsd: 'price_usd',
  holdId: 'hold_id',
  attempt: 'attempt',
  imageDigest: 'image_digest',
  placedAt: 'placed_at',
  placements: 'placements',
  reclaimsMonth: 'reclaims_month',
  reclaimsInMonth: 'reclaims_in_month',
  checkpointAt: 'checkpoint_at',
  riskAt: 'risk_at',
  riskToldAt: 'risk_told_at',
  startedAt: 'started_at',
  meteredUntil: 'metered_until',
  billableUntil: 'billable_until',
  failures: 'failures',
  retryAt: 'retry_at',
  ranMs: 'ran_ms',
  waitingFor: 'waiting_for',
  reclaimReason: 'reclaim_reason',
  reclaimFor: 'reclaim_for',
  noticeAt: 'notice_at',
  stopAt: 'stop_at',
  stoppedAt: 'stopped_at',
  endedAt: 'ended_at',
  endReason: 'end_reason',
  exitCode: 'exit_code',
  exitSignal: 'exit_signal',
}

/** Changes what is named and nothing else. */
export async function changeLease(tx: Db, id: string, change: Change): Promise<void> {
  const columns = Object.entries(change).map(([name, value]) => {
    const column = COLUMNS[name as keyof Change]
    if (typeof value === 'bigint') return [column, renderMoney(value)]
    return [column, Array.isArray(value) ? JSON.stringify(value) : value]
  })
  await tx.updateTable('lease').set(Object.fromEntries(columns)).where('id', '=', id).execute()
}

export interface LeaseFact {
  readonly at: Date
  readonly type: string
  readonly text: string
  readonly data: Readonly<Record<string, unknown>>
}

export async function insertFacts(
  tx: Db,
  facts: readonly (LeaseFact & { readonly leaseId: string })[],
): Promise<void> {
  const rows = facts.map(({ leaseId, at, type, text, data }) => ({
    ...{ lease_id: leaseId, at, type, text },
    data: JSON.stringify(data),
  }))
  await tx.insertInto('lease_fact').values(rows).execute()
}

/** Whether a fact of this type was recorded for the current attempt, by us: what a webhook told is another's fact. */
export async function hasFact(
  db: Db,
  { id, attempt }: Pick<Lease, 'id' | 'attempt'>,
  type: string,
): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM lease_fact WHERE lease_id = ${id} AND type = ${type}
    AND data->>'attempt' = ${String(attempt)} AND data->>'channel' IS DISTINCT FROM 'webhook' LIMIT 1`.execute(
    db,
  )
  return rows.length > 0
}

export async function listFacts(db: Db, leaseId: string): Promise<readonly LeaseFact[]> {
  const rows = await db
    .selectFrom('lease_fact')
    .selectAll()
    .where('lease_id', '=', leaseId)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    at: row.at,
    type: row.type,
    text: row.text,
    data: row.data as Record<string, unknown>,
  }))
}
