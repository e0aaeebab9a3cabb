/** Bids of deployments over HTTP. */
import type { Routes } from '#platform/http/handler.ts'
import { answerBids } from './bids-service.ts'

export const scalingRoutes: Pick<Routes, 'listBids'> = {
  listBids: ({ db, params, query, now }) => {
    const to = query.to === undefined ? now : new Date(query.to)
    const from = query.from === undefined ? null : new Date(query.from)
    return answerBids(db, params.id, { from, to, points: query.points })
  },
}
