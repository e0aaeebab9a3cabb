/** Finds the pool for a lease among those there are, with what is free in each right now. */
import { Fault } from '#kernel/fault.ts'
import { countTaken } from '#modules/book/index.ts'
import { listNodeShapes, listPools, listSites, type Pool } from '#modules/fleet/index.ts'
import type { Db } from '#platform/db/database.ts'
import { poolsFor, refuseHostPath, type WhoseWork } from './isolation-service.ts'
import { type Candidate, choosePool, type NearMatch, type PoolWish } from './pool-choice.ts'

async function listCandidates(tx: Db, pools: readonly Pool[]): Promise<readonly Candidate[]> {
  const sites = new Map((await listSites(tx)).map((site) => [site.name, site]))
  const taken = await countTaken(tx)
  const nodes = Map.groupBy(await listNodeShapes(tx), (node) => node.pool)
  return pools.map((pool) => ({
    pool: pool.name,
    accelerator: pool.accelerator,
    site: pool.site,
    region: sites.get(pool.site)?.region ?? '',
    jurisdiction: sites.get(pool.site)?.jurisdiction ?? '',
    nodes: (nodes.get(pool.name) ?? []).map(({ id, slotCount, isReady, fabric }) => ({
      slotCount,
      fabric,
      free: isReady ? slotCount - (taken.get(id) ?? 0) : 0,
    })),
  }))
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
      `body.nodes: ${wish.gpus} GPUs do not divide evenly over ${wish.nodes} nodes; every node of a gang gets the same number.`,
    )
  const all = await listPools(tx)
  if (wish.pool !== undefined && all.every((pool) => pool.name !== wish.pool))
    throw new Fault('pool.not_found', `There is no pool ${wish.pool}.`)
  const pools = await poolsFor(tx, all, wish)
  const choice = choosePool(wish, await listCandidates(tx, pools))
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
