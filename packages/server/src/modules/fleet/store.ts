/** SQL of sites, pools and nodes. */
import { type Money, money, renderMoney } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'

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
  readonly capexUsdPerGpu: Money
  readonly residualFraction: number
  readonly lifeYears: number
  readonly powerKwPerGpu: number
  readonly idlePowerFraction: number
  readonly opexUsdPerGpuHour: Money
  readonly noticeMs: { readonly on_demand: number; readonly spot: number; readonly flex: number }
}

export interface Node {
  readonly id: string
  readonly pool: string
  readonly name: string
  readonly slotCount: number
  readonly state: 'ready' | 'draining' | 'faulty'
  readonly hardware: string
  readonly rack: string | null
  readonly fabric: string | null
  readonly activeFrom: Date
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
    capex_usd_per_gpu: renderMoney(pool.capexUsdPerGpu),
    residual_fraction: pool.residualFraction,
    life_years: pool.lifeYears,
    power_kw_per_gpu: pool.powerKwPerGpu,
    idle_power_fraction: pool.idlePowerFraction,
    opex_usd_per_gpu_hour: renderMoney(pool.opexUsdPerGpuHour),
    notice_ms_on_demand: pool.noticeMs.on_demand,
    notice_ms_spot: pool.noticeMs.spot,
    notice_ms_flex: pool.noticeMs.flex,
  }
  await tx
    .insertInto('pool')
    .values({ name: pool.name, ...rest })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(rest))
    .execute()
}

export async function insertNode(tx: Db, node: Node): Promise<void> {
  await tx
    .insertInto('node')
    .values({
      id: node.id,
      pool_name: node.pool,
      name: node.name,
      slot_count: node.slotCount,
      state: node.state,
      hardware: node.hardware,
      rack: node.rack,
      fabric: node.fabric,
      active_from: node.activeFrom,
    })
    .execute()
}

export async function setNodeState(tx: Db, id: string, state: Node['state']): Promise<void> {
  await tx.updateTable('node').set({ state }).where('id', '=', id).execute()
}

export async function retireNode(tx: Db, id: string, now: Date): Promise<void> {
  await tx
    .updateTable('node')
    .set({ retired_at: now })
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

/** Pools that have an active node. */
export async function listPools(db: Db): Promise<readonly Pool[]> {
  const rows = await db
    .selectFrom('pool')
    .selectAll()
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
    capexUsdPerGpu: money(row.capex_usd_per_gpu),
    residualFraction: row.residual_fraction,
    lifeYears: row.life_years,
    powerKwPerGpu: row.power_kw_per_gpu,
    idlePowerFraction: row.idle_power_fraction,
    opexUsdPerGpuHour: money(row.opex_usd_per_gpu_hour),
    noticeMs: {
      on_demand: row.notice_ms_on_demand,
      spot: row.notice_ms_spot,
      flex: row.notice_ms_flex,
    },
  }))
}

export async function findPool(db: Db, name: string): Promise<Pool | null> {
  return (await listPools(db)).find((pool) => pool.name === name) ?? null
}

/** Nodes that are part of the fleet now. */
export async function listNodes(db: Db): Promise<readonly Node[]> {
  const rows = await db
    .selectFrom('node')
    .selectAll()
    .where('retired_at', 'is', null)
    .orderBy('pool_name')
    .orderBy('name')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    pool: row.pool_name,
    name: row.name,
    slotCount: row.slot_count,
    state: row.state as Node['state'],
    hardware: row.hardware,
    rack: row.rack,
    fabric: row.fabric,
    activeFrom: row.active_from,
  }))
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
