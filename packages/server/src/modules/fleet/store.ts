/** SQL of sites, pools and nodes. */
import type { ReclaimPolicy } from '@spillway/contract'
import { type Selectable, sql } from 'kysely'
import { type Money, money, renderMoney } from '#kernel/money.ts'
import { arrayText } from '#platform/db/array-text.ts'
import type { Db } from '#platform/db/database.ts'
import type { Schema } from '#platform/db/schema.ts'
import type { Isolation } from '#platform/engines/engine.ts'
import { type Node, type NodeCauses, nodeStanding, type NodeStanding } from './node-state.ts'

export interface Site {
  readonly name: string
  readonly region: string
  readonly jurisdiction: string
  readonly ownership: 'owned' | 'leased' | 'resold'
  readonly pue: number
  readonly powerUsdPerKwh: Money
  readonly powerCapKw: number | null
}

export interface Pool {
  readonly name: string
  readonly site: string
  readonly accelerator: string
  readonly acceleratorKind: 'gpu' | 'cpu'
  readonly engine: string
  readonly finding: string
  readonly isolation: Isolation
  readonly capexUsdPerGpu: Money
  readonly residualFraction: number
  readonly lifeYears: number
  readonly powerKwPerGpu: number
  readonly idlePowerFraction: number
  readonly opexUsdPerGpuHour: Money
  readonly reclaim: ReclaimPolicy
}

export async function saveSite(tx: Db, site: Site): Promise<void> {
  const { name, ...rest } = {
    name: site.name,
    region: site.region,
    jurisdiction: site.jurisdiction,
    ownership: site.ownership,
    pue: site.pue,
    power_usd_per_kwh: renderMoney(site.powerUsdPerKwh),
    power_cap_kw: site.powerCapKw,
  }
  await tx
    .insertInto('site')
    .values({ name, ...rest })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(rest))
    .execute()
}

export async function savePool(tx: Db, pool: Pool): Promise<void> {
  const rest = {
    site_name: pool.site,
    accelerator: pool.accelerator,
    accelerator_kind: pool.acceleratorKind,
    engine: pool.engine,
    finding: pool.finding,
    isolation: JSON.stringify(pool.isolation),
    capex_usd_per_gpu: renderMoney(pool.capexUsdPerGpu),
    residual_fraction: pool.residualFraction,
    life_years: pool.lifeYears,
    power_kw_per_gpu: pool.powerKwPerGpu,
    idle_power_fraction: pool.idlePowerFraction,
    opex_usd_per_gpu_hour: renderMoney(pool.opexUsdPerGpuHour),
    reclaim: JSON.stringify(pool.reclaim),
  }
  await tx
    .insertInto('pool')
    .values({ name: pool.name, ...rest })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(rest))
    .execute()
}

type Finding = Pick<Pool, 'accelerator' | 'acceleratorKind' | 'finding' | 'isolation'>

/** What was found of a pool's accelerators when its engine last answered; null for a new pool. */
export async function findPoolFinding(db: Db, name: string): Promise<Finding | null> {
  const row = await db
    .selectFrom('pool')
    .select(['accelerator', 'accelerator_kind as acceleratorKind', 'finding', 'isolation'])
    .where('name', '=', name)
    .executeTakeFirst()
  return (row as unknown as Finding | undefined) ?? null
}

/** Writes what the engine of a pool found. */
export async function savePoolFinding(
  tx: Db,
  { pool, accelerator, acceleratorKind, finding, isolation }: Finding & { readonly pool: string },
): Promise<void> {
  await tx
    .updateTable('pool')
    .set({
      ...{ accelerator, accelerator_kind: acceleratorKind, finding },
      isolation: JSON.stringify(isolation),
    })
    .where('name', '=', pool)
    .execute()
}

const NODES_AT_ONCE = 1000

export async function insertNodes(
  tx: Db,
  nodes: readonly Omit<Node, keyof NodeStanding | 'isDrainTold'>[],
): Promise<void> {
  for (let from = 0; from < nodes.length; from += NODES_AT_ONCE)
    await tx
      .insertInto('node')
      .values(
        nodes.slice(from, from + NODES_AT_ONCE).map((node) => ({
          id: node.id,
          pool_name: node.pool,
          name: node.name,
          slot_count: node.slotCount,
          state: nodeStanding(node).state,
          engine_state: node.engineState,
          engine_reason: node.engineReason,
          drain_reason: node.drainReason,
          quarantine_reason: node.quarantineReason,
          change_reason: node.changeReason,
          hardware: node.hardware,
          rack: node.rack,
          fabric: node.fabric,
          active_from: node.activeFrom,
        })),
      )
      .execute()
}

/** Writes what keeps work off a node, and the state that follows. */
export async function saveCauses(tx: Db, id: string, causes: NodeCauses): Promise<void> {
  await tx
    .updateTable('node')
    .set({
      state: nodeStanding(causes).state,
      engine_state: causes.engineState,
      engine_reason: causes.engineReason,
      drain_reason: causes.drainReason,
      quarantine_reason: causes.quarantineReason,
      change_reason: causes.changeReason,
    })
    .where('id', '=', id)
    .execute()
}

/** Notes that the engine of a node knows, or does not know any more, of a drain of ours. */
export async function setDrainTold(tx: Db, id: string, isDrainTold: boolean): Promise<void> {
  await tx.updateTable('node').set({ is_drain_told: isDrainTold }).where('id', '=', id).execute()
}

/** Ends a node's time in the fleet; with a reason it was the operator, and the node is not entered again. */
/** Locked against new claims until the transaction ends: whoever waits for that then sees that it is retired. */
export async function retireNode(
  tx: Db,
  id: string,
  { now, reason }: { readonly now: Date; readonly reason: string | null },
): Promise<void> {
  await tx.selectFrom('node').select('id').where('id', '=', id).forUpdate().execute()
  await tx
    .updateTable('node')
    .set({ retired_at: now, retired_reason: reason })
    .where('id', '=', id)
    .where('retired_at', 'is', null)
    .execute()
}

export async function listSites(db: Db): Promise<readonly Site[]> {
  const rows = await db.selectFrom('site').selectAll().orderBy('name').execute()
  return rows.map((row) => ({
    name: row.name,
    region: row.region,
    jurisdiction: row.jurisdiction,
    ownership: row.ownership as Site['ownership'],
    pue: row.pue,
    powerUsdPerKwh: money(row.power_usd_per_kwh),
    powerCapKw: row.power_cap_kw,
  }))
}

/** Pools that have an active node; or the one of that name, if it is such. */
export async function listPools(db: Db, name?: string): Promise<readonly Pool[]> {
  const all = db.selectFrom('pool').selectAll()
  const rows = await (name === undefined ? all : all.where('name', '=', name))
    .where((where) =>
      where.exists(
        where
          .selectFrom('node')
          .select('node.id')
          .whereRef('node.pool_name', '=', 'pool.name')
          .where('node.retired_at', 'is', null),
      ),
    )
    .orderBy('name')
    .execute()
  return rows.map((row) => ({
    name: row.name,
    site: row.site_name,
    accelerator: row.accelerator,
    acceleratorKind: row.accelerator_kind as Pool['acceleratorKind'],
    engine: row.engine,
    finding: row.finding,
    isolation: row.isolation as Isolation,
    capexUsdPerGpu: money(row.capex_usd_per_gpu),
    residualFraction: row.residual_fraction,
    lifeYears: row.life_years,
    powerKwPerGpu: row.power_kw_per_gpu,
    idlePowerFraction: row.idle_power_fraction,
    opexUsdPerGpuHour: money(row.opex_usd_per_gpu_hour),
    reclaim: row.reclaim as ReclaimPolicy,
  }))
}

export async function findPool(db: Db, name: string): Promise<Pool | null> {
  return (await listPools(db, name))[0] ?? null
}

function toNode(row: Selectable<Schema['node']>): Node {
  const causes: NodeCauses = {
    engineState: row.engine_state as Node['engineState'],
    engineReason: row.engine_reason,
    drainReason: row.drain_reason,
    quarantineReason: row.quarantine_reason,
    changeReason: row.change_reason,
  }
  return {
    ...causes,
    ...nodeStanding(causes),
    id: row.id,
    pool: row.pool_name,
    name: row.name,
    slotCount: row.slot_count,
    hardware: row.hardware,
    rack: row.rack,
    fabric: row.fabric,
    activeFrom: row.active_from,
    isDrainTold: row.is_drain_told,
  }
}

/** Nodes that are part of the fleet now: all of them, or those of a pool. */
export async function listNodes(db: Db, pool?: string): Promise<readonly Node[]> {
  const all = db.selectFrom('node').selectAll().where('retired_at', 'is', null)
  const rows = await (pool === undefined ? all : all.where('pool_name', '=', pool))
    .orderBy('pool_name')
    .orderBy('name')
    .execute()
  return rows.map(toNode)
}

/** Nodes of the fleet that take no work, and of the others those with one of these ids. */
export async function listUnreadyNodes(db: Db, ids: readonly string[]): Promise<readonly Node[]> {
  const rows = await db
    .selectFrom('node')
    .selectAll()
    .where('retired_at', 'is', null)
    .where(sql<boolean>`(state <> 'ready' OR id = ANY (${arrayText(ids)}::text[]))`)
    .execute()
  return rows.map(toNode)
}

/** Nodes of a pool whose engine has yet to hear that they are kept free of work, or that they are not any more. */
export async function listUntoldNodes(db: Db, pool: string): Promise<readonly Node[]> {
  const rows = await db
    .selectFrom('node')
    .selectAll()
    .where('retired_at', 'is', null)
    .where('pool_name', '=', pool)
    .where(sql<boolean>`(coalesce(quarantine_reason, drain_reason) IS NOT NULL) <> is_drain_told`)
    .execute()
  return rows.map(toNode)
}

/** Whether one of these nodes takes no new work, or has left the fleet: to be asked after claims were entered on them. */
export async function isAnyClosed(db: Db, ids: readonly string[]): Promise<boolean> {
  const closed = await db
    .selectFrom('node')
    .select('id')
    .where('id', 'in', ids)
    .where((where) =>
      where.or([where('retired_at', 'is not', null), where('state', '<>', 'ready')]),
    )
    .limit(1)
    .execute()
  return closed.length > 0
}

/** Names of these nodes, which are or were part of the fleet, by id. */
export async function nodeNames(
  db: Db,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<{ id: string; name: string }>`
    SELECT id, name FROM node WHERE id = ANY (${arrayText(ids)}::text[])`.execute(db)
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** A node that is or was part of the fleet. */
export async function findNode(
  db: Db,
  id: string,
): Promise<(Node & { readonly retiredAt: Date | null }) | null> {
  const row = await db.selectFrom('node').selectAll().where('id', '=', id).executeTakeFirst()
  return row ? { ...toNode(row), retiredAt: row.retired_at } : null
}

/** Names of a pool's nodes that the operator took out for good. */
export async function listRetiredNames(db: Db, pool: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('node')
    .select('name')
    .where('pool_name', '=', pool)
    .where('retired_reason', 'is not', null)
    .execute()
  return new Set(rows.map((row) => row.name))
}

/** Lets nodes of a name be entered again. */
export async function forgetRetirement(
  tx: Db,
  { pool, name }: Pick<Node, 'pool' | 'name'>,
): Promise<void> {
  await tx
    .updateTable('node')
    .set({ retired_reason: null })
    .where('pool_name', '=', pool)
    .where('name', '=', name)
    .execute()
}

/** Every node a pool ever had, with how long it was part of it. */
export async function listNodeSpans(
  db: Db,
  pool: string,
): Promise<readonly { id: string; slotCount: number; fromMs: number; toMs: number | null }[]> {
  const rows = await db
    .selectFrom('node')
    .select(['id', 'slot_count', 'active_from', 'retired_at'])
    .where('pool_name', '=', pool)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    slotCount: row.slot_count,
    fromMs: row.active_from.getTime(),
    toMs: row.retired_at?.getTime() ?? null,
  }))
}
