/** Answers the fleet's map. One reading of the book serves everybody who asked before it began. */
import { type FleetMap, type FleetMapOwner, SLOT_LETTERS } from '@spillway/contract'
import { listNodes, listPools, listSites } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import { FLEET_MAP_GONE_MAX } from '../../limits.ts'
import { createMapHistory, drawMap, type MapLine, type MapRun } from './fleet-map.ts'
import { listOpenClaims } from './store.ts'

/** Names by id; identity and lease know them, and the composition root passes them in. */
export interface Names {
  readonly organizations: (db: Db) => Promise<ReadonlyMap<string, string>>
  readonly leases: (db: Db, ids: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

export type AskMap = (db: Db, since: string | undefined) => Promise<FleetMap>

const VERSION = /^([\w-]+)\.(\d{1,15})$/

/** The owners that some lines name, each once, and where each run finds its own. */
async function ownersOf(
  db: Db,
  lines: readonly MapLine[],
  names: Names,
): Promise<{ owners: FleetMapOwner[]; indexOf: (run: MapRun) => number }> {
  const keyOf = (run: MapRun) => `${run.leaseId} ${run.organizationId}`
  const runs = new Map(lines.flatMap((line) => line.runs).map((run) => [keyOf(run), run]))
  const leaseIds = new Set([...runs.values()].flatMap(({ leaseId }) => leaseId ?? []))
  const [organizations, leases] = await Promise.all([
    names.organizations(db),
    names.leases(db, [...leaseIds]),
  ])
  const indexes = new Map([...runs.keys()].map((key, index) => [key, index]))
  return {
    owners: [...runs.values()].map(({ leaseId, organizationId }) => ({
      leaseId,
      lease: leases.get(leaseId ?? '') ?? null,
      organization: organizations.get(organizationId ?? '') ?? null,
    })),
    indexOf: (run) => indexes.get(keyOf(run)) ?? 0,
  }
}

async function listMapPools(db: Db): Promise<FleetMap['pools']> {
  const [sites, pools] = await Promise.all([listSites(db), listPools(db)])
  const regions = new Map(sites.map((site) => [site.name, site.region]))
  return pools.map(({ name, site, accelerator, acceleratorKind, engine }) => ({
    ...{ name, site, region: regions.get(site) ?? '' },
    ...{ accelerator, acceleratorKind, engine },
  }))
}

/** `instance` tells the versions of this process from those of every other. */
export function createFleetMap(names: Names, instance: string): AskMap {
  const history = createMapHistory(FLEET_MAP_GONE_MAX)
  let reading: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null

  const read = async (db: Db): Promise<void> => {
    const [nodes, claims] = await Promise.all([listNodes(db), listOpenClaims(db)])
    history.take(drawMap(nodes, claims, SLOT_LETTERS))
  }
  /** A reading that begins after this call. */
  const readAfresh = (db: Db): Promise<void> => {
    // Whether the reading before succeeded concerns only those who waited for it.
    next ??= reading
      .catch(() => undefined)
      .then(() => {
        next = null
        reading = read(db)
        return reading
      })
    return next
  }
  const revisionOf = (since: string | undefined): number | null => {
    const [, from, revision] = VERSION.exec(since ?? '') ?? []
    return from === instance ? Number(revision) : null
  }

  return async (db, since) => {
    const [pools] = await Promise.all([listMapPools(db), readAfresh(db)])
    const { revision, isWhole, lines, gone } = history.since(revisionOf(since))
    const { owners, indexOf } = await ownersOf(db, lines, names)
    const poolIndexes = new Map(pools.map(({ name }, index) => [name, index]))
    return {
      ...{ version: `${instance}.${revision}`, isWhole, pools, owners, gone: [...gone] },
      nodes: lines.map(({ pool, runs, ...line }) => ({
        ...line,
        pool: poolIndexes.get(pool) ?? 0,
        owners: runs.map((run) => [run.first, run.count, indexOf(run)]),
      })),
    }
  }
}
