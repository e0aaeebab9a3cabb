/** Finds the pool for a lease among those there are, with what is free in each right now. */
import { counted } from '#kernel/counted.ts'
import { Fault } from '#kernel/fault.ts'
import { countTaken } from '#modules/book/index.ts'
import {
  countNodeMakes,
  listNodeShapes,
  listPools,
  listSites,
  type Pool,
  type Site,
} from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import { poolsWithImage } from './image-service.ts'
import { poolsFor, refuseHostPath, tenantsOf, type WhoseWork } from './isolation-service.ts'
import {
  type Candidate,
  choosePool,
  type NearMatch,
  onlyPool,
  type PoolChoice,
  type PoolWish,
} from './pool-choice.ts'

type Nodes = ReadonlyMap<string, Candidate['nodes']>

function toCandidates(
  pools: readonly Pool[],
  sites: readonly Site[],
  nodesOf: Nodes,
): readonly Candidate[] {
  const siteOf = new Map(sites.map((site) => [site.name, site]))
  return pools.map((pool) => ({
    pool: pool.name,
    accelerator: pool.accelerator,
    site: pool.site,
    region: siteOf.get(pool.site)?.region ?? '',
    jurisdiction: siteOf.get(pool.site)?.jurisdiction ?? '',
    nodes: nodesOf.get(pool.name) ?? [],
  }))
}

/** The nodes of pools as if nobody had any of them. */
async function listEmptyNodes(tx: Db, pools: readonly Pool[]): Promise<Nodes> {
  const makes = await countNodeMakes(
    tx,
    pools.map(({ name }) => name),
  )
  const nodes = makes.flatMap(({ pool, slotCount, fabric, nodes: count }) => {
    const node = { pool, slotCount, fabric, free: slotCount }
    return Array.from({ length: count }, () => node)
  })
  return Map.groupBy(nodes, ({ pool }) => pool)
}

/** The nodes of all pools, with what is free on each now. */
async function listNodesAsTheyAre(tx: Db): Promise<Nodes> {
  const taken = await countTaken(tx)
  const nodes = (await listNodeShapes(tx)).map(({ id, pool, slotCount, isReady, fabric }) => ({
    ...{ pool, slotCount, fabric },
    free: isReady ? slotCount - (taken.get(id) ?? 0) : 0,
  }))
  return Map.groupBy(nodes, ({ pool }) => pool)
}

/** The choice among pools. What is free, which takes a look at all nodes and claims, is asked only where it matters. */
async function choose(tx: Db, pools: readonly Pool[], wish: PoolWish): Promise<PoolChoice> {
  const sites = await listSites(tx)
  const only = onlyPool(wish, toCandidates(pools, sites, await listEmptyNodes(tx, pools)))
  return only ?? choosePool(wish, toCandidates(pools, sites, await listNodesAsTheyAre(tx)))
}

function renderDetails(near: NearMatch | null): Readonly<Record<string, unknown>> {
  return near === null ? {} : { nearest: near }
}

/** The pool, and over how many nodes. Throws what is missing: such a pool, or so many in it. */
export async function findPoolFor(
  tx: Db,
  wish: PoolWish & WhoseWork,
): Promise<{ readonly pool: Pool; readonly nodes: number }> {
  if (wish.nodes !== undefined && wish.gpus % wish.nodes !== 0)
    throw new Fault(
      'request.invalid',
      `body.nodes: ${counted(wish.gpus, 'GPU')} cannot be divided evenly over ${counted(wish.nodes, 'node')}; every node of a gang gets the same number.`,
    )
  const all = await listPools(tx)
  if (wish.pool !== undefined && all.every((pool) => pool.name !== wish.pool))
    throw new Fault('pool.not_found', `There is no pool ${wish.pool}.`)
  const pools = poolsWithImage(await poolsFor(tx, all, wish), wish)
  const choice = await choose(tx, pools, wish)
  if (choice.kind === 'none_matches')
    throw new Fault('pool.none_matches', choice.text, { details: renderDetails(choice.near) })
  const pool = choice.kind === 'chosen' ? pools.find(({ name }) => name === choice.pool) : undefined
  if (choice.kind === 'chosen' && pool) {
    await refuseHostPath(tx, pool, wish)
    return { pool, nodes: choice.nodes }
  }
  const { text, gpusMax, near } =
    choice.kind === 'never' ? choice : { text: 'The pool is gone.', gpusMax: 0, near: null }
  throw new Fault('lease.over_capacity', text, { details: { gpusMax, ...renderDetails(near) } })
}

type PoolAsked = Omit<PoolWish, 'isOneFabric'> & WhoseWork & { readonly fabric?: 'same' | 'any' }
type Found = Awaited<ReturnType<typeof findPoolFor>>

/** Finds the pool for each of several; what asks for the same of people who are trusted alike is looked for once. */
export async function poolFinder(
  tx: Db,
  all: readonly WhoseWork[],
): Promise<(asked: PoolAsked) => Promise<Found>> {
  const tenants = await tenantsOf(
    tx,
    all.map(({ organizationId }) => organizationId),
  )
  const known = new Map<string, Found>()
  return async (asked) => {
    const { pool, accelerator, site, region, jurisdiction, gpus, nodes } = asked
    const { organizationId, workingDirectory, image, fabric } = asked
    const place = [pool, accelerator, site, region, jurisdiction, gpus, nodes, fabric]
    const key = JSON.stringify([...place, workingDirectory, image, tenants.get(organizationId)])
    const found =
      known.get(key) ?? (await findPoolFor(tx, { ...asked, isOneFabric: fabric === 'same' }))
    known.set(key, found)
    return found
  }
}
