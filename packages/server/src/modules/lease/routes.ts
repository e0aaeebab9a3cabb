/** Leases over HTTP. A buyer sees its organization's leases; another's and a missing one are the same 404. */
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { money } from '#kernel/money.ts'
import type { Db } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import type { Caller, Routes } from '#platform/http/handler.ts'
import { listArtifacts, readArtifact } from './artifacts.ts'
import { confirmGone } from './confirm-service.ts'
import { hideWork, openHidden } from './hidden-service.ts'
import { attemptId, type Lease } from './lease.ts'
import { streamLog } from './logs.ts'
import { type BlockTerms, createLease, type LeaseRequest, planLease, stopLease } from './service.ts'
import { expectedStart, expectedStartOfNew, expectedStarts } from './start-service.ts'
import * as store from './store.ts'
import { renderLeases } from './view.ts'

type Names =
  | 'createLease'
  | 'runAnchor'
  | 'listLeases'
  | 'getLease'
  | 'listLeaseFacts'
  | 'getLeaseLogs'
  | 'listArtifacts'
  | 'getArtifact'
  | 'stopLease'
  | 'confirmLeaseGone'

/** Null: sees every organization. */
function scopeOf(principal: Caller): string | null {
  return principal.role === 'operator' ? null : principal.organizationId
}

async function getVisible(db: Db, id: string, principal: Caller): Promise<Lease> {
  const lease = await store.findLease(db, id)
  const scope = scopeOf(principal)
  if (!lease || (scope !== null && lease.organizationId !== scope))
    throw new Fault('lease.not_found', `You have no lease ${id}.`)
  return lease
}

/** What is inside a lease is its organization's alone; the operator runs it, and does not look into it. */
async function getOwn(db: Db, id: string, { organizationId }: Caller): Promise<Lease> {
  const lease = await store.findLease(db, id)
  if (lease?.organizationId === organizationId) return lease
  throw new Fault('lease.not_found', `You have no lease ${id}.`)
}

/** The latest attempt has what the earlier ones left. */
async function findArtifacts(engines: Engines, lease: Lease): Promise<string | null> {
  if (lease.attempt === 0) return null
  return (await engines.find(lease.pool)?.artifacts(attemptId(lease)))?.path ?? null
}

async function renderOne(db: Db, lease: Lease) {
  const [rendered] = await renderLeases(db, [lease])
  if (!rendered) throw new Fault('lease.not_found', `You have no lease ${lease.id}.`)
  return rendered
}

/** What a lease within a block is asked for: the block's own module knows. Throws when it cannot be. */
export type AskBlock = (
  tx: Db,
  asked: {
    readonly id: string
    readonly organizationId: string
    readonly after: BlockTerms['after']
    readonly gpus: number
    readonly nodes: number | undefined
  },
  context: { readonly now: Date; readonly ids: IdSource },
) => Promise<Pick<LeaseRequest, 'pool' | 'nodes' | 'block' | 'agreedPrice'>>

async function startOf(db: Db, request: LeaseRequest, context: { now: Date; ids: IdSource }) {
  const { pool, nodes } = await planLease(db, request, context)
  const { kind, gpus, timeLimitMs = null } = request
  return expectedStartOfNew(db, { kind, gpus, nodes, pool, timeLimitMs }, context.now)
}

export function leaseRoutes({
  engines,
  ids,
  pepper,
  askBlock,
}: {
  readonly engines: Engines
  readonly ids: IdSource
  /** Under which what leases hide is sealed. */
  readonly pepper: string
  readonly askBlock: AskBlock
}): Pick<Routes, Names> {
  return {
    createLease: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId, projectId } = principal
      const { tier, maxPriceUsdPerGpuHour: most, block, afterBlock: after = 'end', ...asked } = body
      const { gpus, nodes } = asked
      const within =
        block === undefined
          ? { kind: tier }
          : {
              kind: 'on_demand' as const,
              ...(await askBlock(
                db,
                { id: block, organizationId, after, gpus, nodes },
                { now, ids },
              )),
            }
      const work = hideWork(pepper, asked)
      const maxPriceUsd = most === undefined ? null : money(most)
      const request = { organizationId, projectId, maxPriceUsd, ...work, ...within }
      // Before anything is locked: it takes a while.
      const start = block === undefined ? await startOf(db, request, { now, ids }) : null
      const lease = await createLease(db, request, { now, ids })
      setTarget(lease.id)
      return { ...(await renderOne(db, lease)), expectedStart: start }
    },
    runAnchor: async ({ db, principal, body, now, setTarget }) => {
      const { organizationId, projectId } = principal
      const work = {
        ...hideWork(pepper, body),
        requeue: 'never' as const,
        noticeSignal: 'SIGTERM',
        maxPriceUsd: null,
      }
      const request = { organizationId, projectId, kind: 'anchor' as const, ...work }
      const start = await startOf(db, request, { now, ids })
      const lease = await createLease(db, request, { now, ids })
      setTarget(lease.id)
      return { ...(await renderOne(db, lease)), expectedStart: start }
    },
    listLeases: async ({ db, principal, query, now }) => {
      const leases = await store.listLeases(db, { organizationId: scopeOf(principal), ...query })
      const nextCursor = leases.length === query.limit ? (leases.at(-1)?.id ?? null) : null
      const starts = await expectedStarts(db, leases, now)
      const items = (await renderLeases(db, leases)).map((lease) => ({
        ...lease,
        expectedStart: starts.get(lease.id) ?? null,
      }))
      return { items, nextCursor }
    },
    getLease: async ({ db, principal, params, now }) => {
      const lease = await getVisible(db, params.id, principal)
      const start = await expectedStart(db, lease, now)
      return { ...(await renderOne(db, lease)), expectedStart: start }
    },
    listLeaseFacts: async ({ db, principal, params }) => {
      const lease = await getVisible(db, params.id, principal)
      const facts = await store.listFacts(db, lease.id)
      const items = facts.map(({ at, type, text, data }) => ({
        at: at.toISOString(),
        type,
        text,
        data: { ...data },
      }))
      return { items, nextCursor: null }
    },
    getLeaseLogs: async ({ db, principal, params, query, signal }) => {
      const lease = await getVisible(db, params.id, principal)
      const hidden = Object.values(openHidden(pepper, lease).environment)
      const reading = { leaseId: lease.id, signal, ...query, tail: query.tail, hidden }
      return streamLog({ db, engines }, reading)
    },
    confirmLeaseGone: async ({ db, principal, params, body, now }) => {
      const lease = await confirmGone(db, engines, {
        ...{ id: params.id, actor: principal.apiKeyId, now, ids },
        ...body,
      })
      return renderOne(db, lease)
    },
    listArtifacts: async ({ db, principal, params }) => {
      const lease = await getOwn(db, params.id, principal)
      return { items: await listArtifacts(await findArtifacts(engines, lease)), nextCursor: null }
    },
    getArtifact: async ({ db, principal, params, query }) => {
      const lease = await getOwn(db, params.id, principal)
      return readArtifact(await findArtifacts(engines, lease), query.path)
    },
    stopLease: async ({ db, principal, params, now }) =>
      renderOne(
        db,
        await stopLease(db, { id: params.id, organizationId: scopeOf(principal), now }),
      ),
  }
}
