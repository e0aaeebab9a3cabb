/** Brings the database in line with the fleet file and the machine. */
import { type IdSource, newId } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { FleetFile } from './fleet-file.ts'
import * as store from './store.ts'
import type { Survey } from './survey.ts'

interface FleetChange {
  readonly fleet: FleetFile
  readonly survey: Extract<Survey, { kind: 'settled' }>
  /** Nodes on which something is claimed; they are never retired under a claim. */
  readonly claimedNodeIds: ReadonlySet<string>
  readonly now: Date
  readonly ids: IdSource
}

/**
 * Saves sites, pools and nodes. Returns the names of nodes that ought to change but are in use; they keep their slots
 * until they are free at a later start.
 */
export async function applyFleet(tx: Db, change: FleetChange): Promise<readonly string[]> {
  const { fleet, survey } = change
  for (const site of fleet.sites) {
    await store.saveSite(tx, {
      ...site,
      powerUsdPerKwh: money(site.powerUsdPerKwh),
      powerCapKw: site.powerCapKw ?? null,
    })
    for (const pool of site.pools) {
      const found = survey.pools.find((each) => each.pool === pool.name)
      if (!found) continue
      await store.savePool(tx, {
        name: pool.name,
        site: site.name,
        engine: pool.engine,
        accelerator: found.accelerator,
        acceleratorKind: found.acceleratorKind,
        finding: found.finding,
        capexUsdPerGpu: money(pool.cost.capexUsdPerGpu),
        residualFraction: pool.cost.residualFraction,
        lifeYears: pool.cost.lifeYears,
        opexUsdPerGpuHour: money(pool.cost.opexUsdPerGpuHour),
        powerKwPerGpu: pool.power.kwPerGpu,
        idlePowerFraction: pool.power.idleFraction,
        noticeMs: pool.notice,
      })
    }
  }
  return applyNodes(tx, change)
}

async function applyNodes(
  tx: Db,
  { survey, claimedNodeIds, now, ids }: FleetChange,
): Promise<readonly string[]> {
  const existing = await store.listNodes(tx)
  const kept: string[] = []
  for (const old of existing) {
    const wanted = survey.nodes.find((node) => node.pool === old.pool && node.name === old.name)
    const isAsWanted = wanted?.slotCount === old.slotCount
    // A node that ought to change gets nothing new, so that it becomes free; one that fits again takes work again.
    if (isAsWanted && old.state === 'draining') await store.setNodeState(tx, old.id, 'ready')
    if (isAsWanted) continue
    if (claimedNodeIds.has(old.id)) {
      kept.push(old.name)
      await store.setNodeState(tx, old.id, 'draining')
    } else await store.retireNode(tx, old.id, now)
  }
  const active = await store.listNodes(tx)
  for (const node of survey.nodes) {
    if (active.some((each) => each.pool === node.pool && each.name === node.name)) continue
    await store.insertNode(tx, { id: newId('node', ids), state: 'ready', activeFrom: now, ...node })
  }
  return kept
}
