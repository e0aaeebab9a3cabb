/** The API of upstreams. A credential goes in and never comes out. */
import { type Money, renderMoney } from '#kernel/money.ts'
import type { Routes } from '#platform/http/handler.ts'
import {
  createUpstream,
  deleteUpstream,
  updateUpstream,
  type UpstreamDeps,
} from './upstream-service.ts'
import { listUpstreams, type Upstream } from './upstream-store.ts'

type Names = 'listUpstreams' | 'createUpstream' | 'updateUpstream' | 'deleteUpstream'

const orNull = (cost: Money | null) => (cost === null ? null : renderMoney(cost))

function render({ sealedCredential, createdAt, ...upstream }: Upstream) {
  return {
    ...upstream,
    hasCredential: sealedCredential !== null,
    inputCostUsd: orNull(upstream.inputCostUsd),
    outputCostUsd: orNull(upstream.outputCostUsd),
    createdAt: createdAt.toISOString(),
  }
}

export function upstreamRoutes({ ids, pepper }: UpstreamDeps): Pick<Routes, Names> {
  return {
    listUpstreams: async ({ db }) => ({
      items: (await listUpstreams(db)).map(render),
      nextCursor: null,
    }),
    createUpstream: async ({ db, body, now, setTarget }) => {
      const upstream = await createUpstream(db, body, { ids, pepper, now })
      setTarget(upstream.id)
      return render(upstream)
    },
    updateUpstream: async ({ db, params, body }) =>
      render(await updateUpstream(db, { id: params.id, change: body }, pepper)),
    deleteUpstream: async ({ db, params, now }) => {
      await deleteUpstream(db, params.id, now)
      return { ok: true as const }
    },
  }
}
