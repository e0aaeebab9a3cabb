/**
 * Nodes over HTTP, for the operator. A change is written and the pool's strand woken; the engine is told by the strand,
 * so that an engine that does not answer keeps nobody from draining a node.
 */
import { Fault } from '#kernel/fault.ts'
import type { IdSource } from '#kernel/ids.ts'
import { listOpenClaims } from '#modules/book/index.ts'
import {
  drainNode,
  getNode,
  type NodeCommand,
  quarantineNode,
  resumeNode,
  retireNodeByOperator,
} from '#modules/fleet/index.ts'
import { evacuateNode, wakeMarket } from '#modules/lease/index.ts'
import type { Db } from '#platform/db/database.ts'
import type { Caller, Routes } from '#platform/http/handler.ts'
import { projectHoldsPatiently } from './holds-service.ts'
import { listNodeLines, renderNode } from './node-view-service.ts'
import { wakeReconciliation } from './steps.ts'

type Names = 'listNodes' | 'getNode' | 'drainNode' | 'resumeNode' | 'quarantineNode' | 'retireNode'

interface Change {
  readonly db: Db
  readonly params: { readonly id: string }
  readonly body: { readonly reason?: string | undefined }
  readonly principal: Caller
  readonly now: Date
}

type Apply = (tx: Db, command: NodeCommand) => Promise<void>

/** What every change brings with it: holds on what is free, and the market and the engine hear of it. */
async function change({ db, params, body, principal, now }: Change, ids: IdSource, apply: Apply) {
  const { id } = params
  await apply(db, { id, reason: body.reason ?? '', actor: principal.apiKeyId, now })
  await projectHoldsPatiently(db, { now, ids })
  await wakeMarket(db, now)
  await wakeReconciliation(db, (await getNode(db, id)).pool, now)
  return renderNode(db, id)
}

/** First the node is locked and out of the fleet, then it is seen whether somebody was quicker: nobody can be, later. */
async function retireIfEmpty(tx: Db, command: NodeCommand): Promise<void> {
  await retireNodeByOperator(tx, command)
  const claims = (await listOpenClaims(tx)).filter((claim) => claim.nodeId === command.id)
  const used = claims.filter((claim) => claim.leaseId !== null)
  if (used.length > 0) {
    const leases = new Set(used.map((claim) => claim.leaseId)).size
    const what = leases === 1 ? 'One lease has' : `${leases} leases have`
    throw new Fault('node.in_use', `${what} slots there.`)
  }
}

export function nodeRoutes({ ids }: { readonly ids: IdSource }): Pick<Routes, Names> {
  return {
    listNodes: ({ db, query }) => listNodeLines(db, query),
    getNode: ({ db, params }) => renderNode(db, params.id),
    drainNode: (call) =>
      change(call, ids, async (tx, command) => {
        await drainNode(tx, command)
        if (call.body.evacuate)
          await evacuateNode(tx, { nodeId: command.id, now: command.now, ids })
      }),
    resumeNode: (call) => change(call, ids, resumeNode),
    quarantineNode: (call) => change(call, ids, quarantineNode),
    retireNode: (call) => change(call, ids, retireIfEmpty),
  }
}
