/**
 * Reclaims over HTTP: the records, the order in which leases give way, and the checkpoints that count in it. A buyer
 * sees its own; for whom its room was wanted, and where others stand, is the operator's business.
 */
import type { Reclaim } from '@spillway/contract'
import { Fault } from '#kernel/fault.ts'
import { renderMoney } from '#kernel/money.ts'
import { findPool, listNodes } from '#modules/fleet/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import { type PlaceInOrder, reclaimOrder } from '#modules/market/index.ts'
import type { Database, Db } from '#platform/db/database.ts'
import type { Caller, Routes } from '#platform/http/handler.ts'
import { type ReclaimRecord, findReclaim, listReclaims, listReclaimsOf } from './reclaim-store.ts'
import { reportCheckpoint } from './service.ts'
import { takeSnapshot } from './snapshot-service.ts'
import { findLease, listOpenLeases } from './store.ts'
import { isGuaranteeBroken } from './terms.ts'
import { listToldByWebhook } from './told-store.ts'

type Names =
  | 'listReclaims'
  | 'getReclaim'
  | 'listLeaseReclaims'
  | 'reportCheckpoint'
  | 'getReclaimOrder'

function isOperator(principal: Caller): boolean {
  return principal.role === 'operator'
}

function scopeOf(principal: Caller): string | null {
  return isOperator(principal) ? null : principal.organizationId
}

function instant(date: Date | null): string | null {
  return date?.toISOString() ?? null
}

/** Null while its processes are not confirmed gone. */
function isBroken({ terms, startedAt, goneAt }: ReclaimRecord): boolean | null {
  return goneAt === null ? null : isGuaranteeBroken(terms, { startedAt, goneAt })
}

async function render(
  db: Db,
  records: readonly ReclaimRecord[],
  principal: Caller,
): Promise<Reclaim[]> {
  const told = await listToldByWebhook(
    db,
    records.map(({ leaseId }) => leaseId),
  )
  const names = new Map((await listOrganizations(db)).map((each) => [each.id, each.name]))
  return records.map((record) => ({
    id: record.id,
    leaseId: record.leaseId,
    attempt: record.attempt,
    organization: names.get(record.organizationId) ?? '',
    pool: record.pool,
    kind: record.kind,
    gpus: record.gpus,
    cause: record.cause,
    text: record.reason,
    byKind: record.byKind,
    forLeaseId: isOperator(principal) ? record.forLease : null,
    terms: record.terms,
    decidedAt: record.decidedAt.toISOString(),
    stopAt: instant(record.stopAt),
    notice: {
      deliveredAt: instant(record.noticeDeliveredAt),
      document: record.noticeDocument,
      signal: record.noticeSignal,
      webhooks: told
        .filter(({ leaseId, attempt }) => leaseId === record.leaseId && attempt === record.attempt)
        .map(({ at, host, isDelivered, text }) => ({
          at: at.toISOString(),
          host,
          isDelivered,
          text,
        })),
    },
    causeGoneAt: instant(record.causeGoneAt),
    stopAskedAt: instant(record.stopAskedAt),
    goneAt: instant(record.goneAt),
    workLostGpuMs: record.workLostGpuMs === null ? null : Number(record.workLostGpuMs),
    compensationUsd: record.compensationUsd === null ? null : renderMoney(record.compensationUsd),
    compensationText: record.compensationText,
    isGuaranteeBroken: isBroken(record),
    transactionId: record.transactionId,
  }))
}

async function getOne(db: Db, id: string, principal: Caller): Promise<Reclaim> {
  const record = await findReclaim(db, id)
  const scope = scopeOf(principal)
  const isVisible = record !== null && (scope === null || record.organizationId === scope)
  const [rendered] = isVisible ? await render(db, [record], principal) : []
  if (!rendered) throw new Fault('reclaim.not_found', `You have no reclaim ${id}.`)
  return rendered
}

const PROTECTION: Readonly<Record<'never' | 'monthly_cap' | 'minimum_run', string>> = {
  never: 'Its terms never let anchor work take it back.',
  monthly_cap: 'It was taken back as often this month as its terms allow.',
  minimum_run: 'It has not run for as long yet as its terms promise.',
}

function renderPlace({ protection, ...each }: PlaceInOrder, place: number | null) {
  const untilMs = protection?.kind === 'minimum_run' ? protection.untilMs : null
  return {
    place,
    class: each.class,
    leaseId: each.leaseId,
    kind: each.kind,
    gpus: each.gpus,
    workLostGpuMs: Number(each.slotMsLost),
    protectedUntil: untilMs === null ? null : new Date(untilMs).toISOString(),
    protectedBy: protection === null ? null : PROTECTION[protection.kind],
  }
}

async function orderOf(
  database: Database,
  { pool, principal, now }: { pool: string; principal: Caller; now: Date },
) {
  const snapshot = await takeSnapshot(database, now)
  const nodes = new Set((await listNodes(database)).flatMap((n) => (n.pool === pool ? [n.id] : [])))
  const places = reclaimOrder(
    snapshot.holders.filter(({ nodeId }) => nodes.has(nodeId)),
    now.getTime(),
  ).map((each, index) => ({ each, place: index + 1 }))
  if (isOperator(principal)) return places.map(({ each, place }) => renderPlace(each, place))
  const leases = await listOpenLeases(database)
  const own = new Set(
    leases.flatMap((l) => (l.organizationId === principal.organizationId ? [l.id] : [])),
  )
  return places
    .filter(({ each }) => own.has(each.leaseId))
    .map(({ each }) => renderPlace(each, null))
}

export function reclaimRoutes(database: Database): Pick<Routes, Names> {
  return {
    listReclaims: async ({ db, principal, query }) => {
      const records = await listReclaims(db, { organizationId: scopeOf(principal), ...query })
      const nextCursor = records.length === query.limit ? (records.at(-1)?.id ?? null) : null
      return { items: await render(db, records, principal), nextCursor }
    },
    getReclaim: async ({ db, principal, params }) => getOne(db, params.id, principal),
    listLeaseReclaims: async ({ db, principal, params }) => {
      const lease = await findLease(db, params.id)
      const scope = scopeOf(principal)
      if (!lease || (scope !== null && lease.organizationId !== scope))
        throw new Fault('lease.not_found', `You have no lease ${params.id}.`)
      const records = await listReclaimsOf(db, lease.id)
      return { items: await render(db, records, principal), nextCursor: null }
    },
    reportCheckpoint: async ({ db, principal, params, now }) => {
      const organizationId = scopeOf(principal)
      const at = await reportCheckpoint(db, { id: params.id, organizationId, now })
      return { leaseId: params.id, checkpointAt: at.toISOString() }
    },
    getReclaimOrder: async ({ db, principal, params, now }) => {
      if ((await findPool(db, params.pool)) === null)
        throw new Fault('pool.not_found', `There is no pool ${params.pool}.`)
      const items = await orderOf(database, { pool: params.pool, principal, now })
      return { items, nextCursor: null }
    },
  }
}
