/** The owner's demand over HTTP, for the operator. */
import { Fault } from '#kernel/fault.ts'
import { findPool } from '#modules/fleet/index.ts'
import type { Routes } from '#platform/http/handler.ts'
import { latestDemand, listDemand } from './demand-store.ts'
import type { DemandSample } from './demand.ts'

const DAY_MS = 86_400_000

function renderSample({ at, ...demand }: DemandSample) {
  return { at: at.toISOString(), ...demand }
}

export const anchorRoutes: Pick<Routes, 'getAnchorDemand'> = {
  getAnchorDemand: async ({ db, query, now }) => {
    const { pool, limit } = query
    if (!(await findPool(db, pool))) throw new Fault('pool.not_found', `There is no pool ${pool}.`)
    const to = query.to ? new Date(query.to) : now
    const from = query.from ? new Date(query.from) : new Date(to.getTime() - DAY_MS)
    const last = await latestDemand(db, pool)
    const samples = await listDemand(db, pool, { from, to, limit })
    return { pool, now: last && renderSample(last), samples: samples.map(renderSample) }
  },
}
