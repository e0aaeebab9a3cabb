/** SQL of the capacity book. The exclusion constraint `claim_no_double_sale` is the promise; this only writes to it. */
import type { ClaimKind } from '@spillway/contract'
import { sql } from 'kysely'
import { type IdSource, newId } from '#kernel/ids.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { LeftClaim } from './block-claim-store.ts'
import type { ClaimSpan } from './conservation.ts'
import { parseSlots, renderSlots } from './slots.ts'

export type BookedKind = Exclude<ClaimKind, 'draining'>

export interface Claim {
  readonly id: string
  readonly nodeId: string
  readonly slots: readonly number[]
  readonly kind: BookedKind
  readonly leaseId: string | null
  readonly organizationId: string | null
  readonly startsAt: Date
  readonly drainingFrom: Date | null
  /** Why the slots are held, where no lease has them. */
  readonly reason: string | null
  /** The block that they are of, whether or not a lease of it uses them. */
  readonly blockId: string | null
}

interface ClaimTerms {
  readonly kind: BookedKind
  readonly leaseId: string | null
  readonly organizationId: string | null
  readonly now: Date
  readonly ids: IdSource
}

/**
 * Enters claims on some slots of some nodes, all of them or none. Fails with the constraint `claim_no_double_sale` when
 * a slot is taken.
 */
export async function openClaims(
  tx: Db,
  placements: readonly { readonly nodeId: string; readonly slots: readonly number[] }[],
  { kind, leaseId, organizationId, now, ids }: ClaimTerms,
): Promise<void> {
  const claimIds = placements.map(() => newId('claim', ids))
  const nodeIds = placements.map(({ nodeId }) => nodeId)
  const slots = placements.map((each) => renderSlots(each.slots))
  await sql`INSERT INTO claim (id, node_id, slots, kind, lease_id, organization_id, starts_at)
    SELECT id, node_id, slots::int4multirange, ${kind}, ${leaseId}, ${organizationId}, ${now}::timestamptz
    FROM unnest(${arrayText(claimIds)}::text[], ${arrayText(nodeIds)}::text[], ${arrayText(slots)}::text[]) AS new (id, node_id, slots)`.execute(
    tx,
  )
}

/** The slots of a lease on one node. */
export interface LeaseClaim {
  readonly nodeId: string
  readonly slots: readonly number[]
  readonly kind: BookedKind
  readonly leaseId: string
  readonly organizationId: string
}

/** Enters the claims of many leases, all of them or none; fails with `claim_no_double_sale` when a slot is taken. */
export async function openLeaseClaims(
  tx: Db,
  claims: readonly LeaseClaim[],
  { now, ids }: Pick<ClaimTerms, 'now' | 'ids'>,
): Promise<void> {
  const texts = (of: (claim: LeaseClaim) => string) => arrayText(claims.map(of))
  await sql`INSERT INTO claim (id, node_id, slots, kind, lease_id, organization_id, starts_at)
    SELECT id, node_id, slots::int4multirange, kind, lease_id, organization_id, ${now}::timestamptz
    FROM unnest(
      ${texts(() => newId('claim', ids))}::text[], ${texts(({ nodeId }) => nodeId)}::text[],
      ${texts(({ slots }) => renderSlots(slots))}::text[], ${texts(({ kind }) => kind)}::text[],
      ${texts(({ leaseId }) => leaseId)}::text[],
      ${texts(({ organizationId }) => organizationId)}::text[]
    ) AS new (id, node_id, slots, kind, lease_id, organization_id)`.execute(tx)
}

/** A claim that begins at an instant of its own. */
export interface DatedClaim {
  readonly nodeId: string
  readonly slots: readonly number[]
  readonly kind: BookedKind
  readonly leaseId: string | null
  readonly organizationId: string | null
  readonly reason: string | null
  readonly blockId: string | null
  readonly startsAt: Date
  readonly isDraining: boolean
}

/**
 * Enters claims that begin when their work began, but never before the last claim on a slot ended, nor before the node
 * was there. Fails with `claim_no_double_sale` when a slot is taken.
 */
export async function openDatedClaims(
  tx: Db,
  claims: readonly DatedClaim[],
  ids: IdSource,
): Promise<void> {
  if (claims.length === 0) return
  const column = <T>(of: (claim: DatedClaim) => T) => claims.map(of)
  await sql`INSERT INTO claim
      (id, node_id, slots, kind, lease_id, organization_id, reason, block_id, starts_at, draining_from)
    SELECT id, node_id, slots, kind, lease_id, organization_id, reason, block_id, starts_at,
      CASE WHEN is_draining THEN starts_at END
    FROM (
      SELECT new.id, new.node_id, new.slots::int4multirange AS slots, new.kind, new.lease_id,
        new.organization_id, new.reason, new.block_id, new.is_draining,
        greatest(new.starts_at, (
          SELECT max(claim.ends_at) FROM claim
          WHERE claim.node_id = new.node_id AND claim.slots && new.slots::int4multirange
            AND claim.ends_at > new.starts_at
        )) AS starts_at
      FROM unnest(
        ${column(() => newId('claim', ids))}::text[], ${column((each) => each.nodeId)}::text[],
        ${column((each) => renderSlots(each.slots))}::text[], ${column((each) => each.kind)}::text[],
        ${column((each) => each.leaseId)}::text[], ${column((each) => each.organizationId)}::text[],
        ${column((each) => each.reason)}::text[], ${column((each) => each.blockId)}::text[],
        ${column((each) => each.startsAt)}::timestamptz[],
        ${column((each) => each.isDraining)}::boolean[]
      ) AS new (id, node_id, slots, kind, lease_id, organization_id, reason, block_id, starts_at, is_draining)
    ) AS dated`.execute(tx)
}

/** Marks a lease's open claims as being taken back. The first mark stands. */
export async function drainClaims(tx: Db, leaseId: string, now: Date): Promise<void> {
  await sql`UPDATE claim SET draining_from = greatest(starts_at, ${now})
    WHERE lease_id = ${leaseId} AND ends_at IS NULL AND draining_from IS NULL`.execute(tx)
}

/** Ends a lease's open claims at the instant its processes were confirmed gone. Gives those back that are of a block. */
export async function closeClaims(
  tx: Db,
  leaseId: string,
  goneAt: Date,
): Promise<readonly LeftClaim[]> {
  const { rows } = await sql<{
    block_id: string | null
    organization_id: string
    node_id: string
    slots: string
    ends_at: Date
  }>`UPDATE claim SET
      ends_at = greatest(starts_at, ${goneAt}::timestamptz),
      draining_from = least(draining_from, greatest(starts_at, ${goneAt}::timestamptz))
    WHERE lease_id = ${leaseId} AND ends_at IS NULL
    RETURNING block_id, organization_id, node_id, slots::text AS slots, ends_at`.execute(tx)
  return rows.flatMap(({ block_id: blockId, organization_id, node_id, slots, ends_at: endsAt }) =>
    blockId === null
      ? []
      : [
          {
            blockId,
            organizationId: organization_id,
            nodeId: node_id,
            slots: parseSlots(slots),
            endsAt,
          },
        ],
  )
}

/** Slots that nobody has, held for a reason: they are neither free nor sold. */
export interface Hold {
  readonly nodeId: string
  readonly slots: readonly number[]
  readonly kind: Extract<BookedKind, 'maintenance' | 'faulty'>
  readonly reason: string
}

/** Enters holds, all of them or none; fails with `claim_no_double_sale` when somebody has one of the slots. */
export async function openHolds(
  tx: Db,
  holds: readonly Hold[],
  { now, ids }: Pick<ClaimTerms, 'now' | 'ids'>,
): Promise<void> {
  if (holds.length === 0) return
  const claimIds = holds.map(() => newId('claim', ids))
  const nodeIds = holds.map(({ nodeId }) => nodeId)
  const slots = holds.map((each) => renderSlots(each.slots))
  const kinds = holds.map(({ kind }) => kind)
  const reasons = holds.map(({ reason }) => reason)
  await sql`INSERT INTO claim (id, node_id, slots, kind, reason, starts_at)
    SELECT id, node_id, slots::int4multirange, kind, reason, ${now}::timestamptz
    FROM unnest(${arrayText(claimIds)}::text[], ${arrayText(nodeIds)}::text[], ${arrayText(slots)}::text[], ${kinds}::text[], ${reasons}::text[])
      AS new (id, node_id, slots, kind, reason)`.execute(tx)
}

/** Ends some claims at an instant, whosesoever they are: the caller knows that nothing is left on their slots. */
export async function closeClaimsById(
  tx: Db,
  claimIds: readonly string[],
  at: Date,
): Promise<void> {
  if (claimIds.length === 0) return
  await sql`UPDATE claim SET
      ends_at = greatest(starts_at, ${at}::timestamptz),
      draining_from = least(draining_from, greatest(starts_at, ${at}::timestamptz))
    WHERE id = ANY(${[...claimIds]}) AND ends_at IS NULL`.execute(tx)
}

interface ClaimRow {
  readonly id: string
  readonly node_id: string
  readonly slots: string
  readonly kind: string
  readonly lease_id: string | null
  readonly organization_id: string | null
  readonly starts_at: Date
  readonly draining_from: Date | null
  readonly reason: string | null
  readonly block_id: string | null
}

/** How many slots of each node have a claim that is open now; a node without any is not in it. */
export async function countTaken(db: Db): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ node_id: string; taken: number }>`
    SELECT node_id, sum(upper(slot) - lower(slot))::int4 AS taken
    FROM claim, unnest(slots) AS slot WHERE ends_at IS NULL GROUP BY node_id`.execute(db)
  return new Map(rows.map(({ node_id, taken }) => [node_id, taken]))
}

const CLAIM = sql`id, node_id, slots::text AS slots, kind, lease_id, organization_id, starts_at,
  draining_from, reason, block_id`

function toClaim(row: ClaimRow): Claim {
  return {
    id: row.id,
    nodeId: row.node_id,
    slots: parseSlots(row.slots),
    kind: row.kind as BookedKind,
    leaseId: row.lease_id,
    organizationId: row.organization_id,
    startsAt: row.starts_at,
    drainingFrom: row.draining_from,
    reason: row.reason,
    blockId: row.block_id,
  }
}

/** Every claim that is open now: on all nodes, or on some. */
export async function listOpenClaims(
  db: Db,
  nodeIds?: readonly string[],
): Promise<readonly Claim[]> {
  const where =
    nodeIds === undefined ? sql`` : sql`AND node_id = ANY (${arrayText(nodeIds)}::text[])`
  const { rows } = await sql<ClaimRow>`SELECT ${CLAIM} FROM claim
    WHERE ends_at IS NULL ${where}`.execute(db)
  return rows.map(toClaim)
}

/** The open claims that no lease has. */
export async function listUnleasedClaims(db: Db): Promise<readonly Claim[]> {
  const { rows } = await sql<ClaimRow>`SELECT ${CLAIM} FROM claim
    WHERE ends_at IS NULL AND lease_id IS NULL`.execute(db)
  return rows.map(toClaim)
}

/** Nodes on which a lease has something now. */
export async function listLeasedNodeIds(db: Db): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ node_id: string }>`SELECT DISTINCT node_id FROM claim
    WHERE ends_at IS NULL AND lease_id IS NOT NULL`.execute(db)
  return new Set(rows.map((row) => row.node_id))
}

/** Claims of the owner's work that ended after an instant. */
export async function listAnchorClaimsEndedSince(
  db: Db,
  since: Date,
): Promise<
  readonly {
    readonly nodeId: string
    readonly organizationId: string | null
    readonly slotCount: number
    readonly startsAt: Date
    readonly endsAt: Date
  }[]
> {
  const { rows } = await sql<{
    node_id: string
    organization_id: string | null
    slots: string
    starts_at: Date
    ends_at: Date
  }>`
    SELECT node_id, organization_id, slots::text AS slots, starts_at, ends_at FROM claim
    WHERE kind = 'anchor' AND ends_at IS NOT NULL AND ends_at > ${since}`.execute(db)
  return rows.map((row) => ({
    nodeId: row.node_id,
    organizationId: row.organization_id,
    slotCount: parseSlots(row.slots).length,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
  }))
}

/** The claims on some nodes that touch a window, as spans for conservation. */
export async function listClaimSpans(
  db: Db,
  nodeIds: readonly string[],
  window: { readonly from: Date; readonly to: Date },
): Promise<readonly ClaimSpan[]> {
  const { rows } = await sql<{
    slots: string
    kind: string
    starts_at: Date
    ends_at: Date | null
    draining_from: Date | null
  }>`
    SELECT slots::text AS slots, kind, starts_at, ends_at, draining_from FROM claim
    WHERE node_id = ANY(${[...nodeIds]}) AND starts_at < ${window.to} AND (ends_at IS NULL OR ends_at > ${window.from})`.execute(
    db,
  )
  return rows.map((row) => ({
    kind: row.kind,
    slotCount: parseSlots(row.slots).length,
    startsMs: row.starts_at.getTime(),
    endsMs: row.ends_at?.getTime() ?? null,
    drainingFromMs: row.draining_from?.getTime() ?? null,
  }))
}

/** GPU time of the owner's work in an hour, by whose it was. */
export interface AnchorTime {
  /** Of the hours, from the first. */
  readonly index: number
  readonly organizationId: string
  readonly gpuMs: bigint
}

/** Of some nodes, hour by hour; what is nobody's by name is not in it. */
export async function listAnchorHours(
  db: Db,
  nodeIds: readonly string[],
  { from, count }: { readonly from: Date; readonly count: number },
): Promise<readonly AnchorTime[]> {
  const { rows } = await sql<{ index: number; organization_id: string; gpu_ms: string }>`
    SELECT index::int4, organization_id, sum(slot_count * round(1000 * extract(epoch FROM
        least(ends_at, begins_at + interval '1 hour') - greatest(starts_at, begins_at))))::bigint::text AS gpu_ms
    FROM (
      SELECT organization_id, starts_at, coalesce(ends_at, 'infinity') AS ends_at,
        (SELECT sum(upper(slot) - lower(slot)) FROM unnest(slots) AS slot) AS slot_count
      FROM claim
      WHERE kind = 'anchor' AND organization_id IS NOT NULL
        AND node_id = ANY (${arrayText(nodeIds)}::text[])
        AND (ends_at IS NULL OR ends_at > ${from})
    ) AS anchor,
    generate_series(0, ${count - 1}::int4) AS index,
    LATERAL (SELECT ${from}::timestamptz + index * interval '1 hour' AS begins_at) AS hour
    WHERE starts_at < begins_at + interval '1 hour' AND ends_at > begins_at
    GROUP BY index, organization_id ORDER BY index, organization_id`.execute(db)
  return rows.map(({ index, organization_id: organizationId, gpu_ms: gpuMs }) => ({
    ...{ index, organizationId, gpuMs: BigInt(gpuMs) },
  }))
}
