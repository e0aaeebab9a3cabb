/** Brings the database in line with the fleet file and with what the engines found at a start. */
import type { IdSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { NodeInventory } from '#platform/engines/engine.ts'
import type { FleetFile, FleetPool } from './fleet-file.ts'
import { applyInventory, recordNodeFact } from './inventory-service.ts'
import { policyOf } from './reclaim-policy.ts'
import * as store from './store.ts'
import { BY_ACCOUNTS, type Survey, type SurveyedPool } from './survey.ts'

interface FleetChange {
  readonly fleet: FleetFile
  readonly survey: Extract<Survey, { kind: 'settled' }>
  /** What the engine of each pool found; a pool whose engine did not answer is not in it. */
  readonly found: ReadonlyMap<string, readonly NodeInventory[]>
  /** Nodes on which something is claimed; they are never retired under a claim. */
  readonly claimedNodeIds: ReadonlySet<string>
  readonly now: Date
  readonly ids: IdSource
}

/** What is saved of a pool before its engine ever answered. */
const UNFOUND = {
  acceleratorKind: 'gpu',
  finding: 'its engine has not answered yet',
  isolation: BY_ACCOUNTS,
} as const

/** Saves a pool; what its engine found stays as it was where the engine does not answer. */
async function savePool(
  tx: Db,
  site: string,
  { pool, found }: { readonly pool: FleetPool; readonly found: SurveyedPool | undefined },
): Promise<void> {
  const known = await store.findPoolFinding(tx, pool.name)
  const { accelerator, acceleratorKind, finding, isolation } = found ??
    known ?? { accelerator: pool.accelerator, ...UNFOUND }
  await store.savePool(tx, {
    ...{ name: pool.name, site, engine: pool.engine },
    ...{ accelerator, acceleratorKind, finding, isolation },
    capexUsdPerGpu: money(pool.cost.capexUsdPerGpu),
    residualFraction: pool.cost.residualFraction,
    lifeYears: pool.cost.lifeYears,
    opexUsdPerGpuHour: money(pool.cost.opexUsdPerGpuHour),
    powerKwPerGpu: pool.power.kwPerGpu,
    idlePowerFraction: pool.power.idleFraction,
    reclaim: policyOf(pool),
  })
}

/**
 * Saves sites, pools and nodes. Returns the names of nodes that ought to change but are in use; they keep their slots
 * until they are free. Pools whose engine did not answer keep the nodes that they had.
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
      await savePool(tx, site.name, { pool, found })
    }
  }
  await dropUndeclared(tx, change)
  for (const [pool, found] of change.found) {
    const wanted = survey.nodes.filter((node) => node.pool === pool)
    const report = { pool, found, wanted, missing: 'retire', readAt: change.now } as const
    await applyInventory(tx, { ...report, claimedNodeIds: change.claimedNodeIds }, change)
  }
  const nodes = await store.listNodes(tx)
  return nodes.filter((node) => node.changeReason !== null).map((node) => node.name)
}

/** Nodes of pools that the file does not have any more go when they are free. */
async function dropUndeclared(tx: Db, change: FleetChange): Promise<void> {
  const { fleet, claimedNodeIds, now } = change
  const declared = new Set(fleet.sites.flatMap((site) => site.pools.map((pool) => pool.name)))
  for (const node of await store.listNodes(tx)) {
    if (declared.has(node.pool)) continue
    const reason = 'the fleet file does not have its pool any more'
    if (claimedNodeIds.has(node.id)) {
      await store.saveCauses(tx, node.id, { ...node, changeReason: reason })
      continue
    }
    await store.retireNode(tx, node.id, { now, reason: null })
    const text = `Taken out: ${reason}.`
    await recordNodeFact(tx, node, { at: now, type: 'node.retired', text })
  }
}
