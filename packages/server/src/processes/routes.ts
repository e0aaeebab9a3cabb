/** Every handler of the control API, with what each needs from elsewhere. */
import { randomUUID } from 'node:crypto'
import type { IdSource } from '#kernel/ids.ts'
import { add, picos, renderMoney } from '#kernel/money.ts'
import { auditRoutes } from '#modules/audit/index.ts'
import { batchRoutes } from '#modules/batch/index.ts'
import { billingRoutes } from '#modules/billing/index.ts'
import { askBlock, blockRoutes, verifyBlocks } from '#modules/block/index.ts'
import { bookRoutes } from '#modules/book/index.ts'
import { budgetRoutes } from '#modules/budget/index.ts'
import { cardRoutes, wakeRetirements } from '#modules/card/index.ts'
import { catalogRoutes } from '#modules/catalog/index.ts'
import { contentRoutes } from '#modules/content/index.ts'
import { economicsRoutes } from '#modules/economics/index.ts'
import { fleetRoutes } from '#modules/fleet/index.ts'
import { guardrailRoutes } from '#modules/guardrail/index.ts'
import { identityRoutes, listOrganizations } from '#modules/identity/index.ts'
import {
  leaseRoutes,
  listLeaseNames,
  listLeases,
  reclaimRoutes,
  registryRoutes,
  verifyCredits,
} from '#modules/lease/index.ts'
import { anchorRoutes, forecastRoutes, marketRoutes } from '#modules/market/index.ts'
import { noticeRoutes } from '#modules/notice/index.ts'
import { offerRoutes, orderRoutes, verifyTransfers, worthRoutes } from '#modules/order/index.ts'
import { outcomeRoutes, verifyTasks } from '#modules/outcome/index.ts'
import { quotaRoutes } from '#modules/quota/index.ts'
import { rateRoutes } from '#modules/rate/index.ts'
import { requestRoutes } from '#modules/request/index.ts'
import { routingRoutes } from '#modules/routing/index.ts'
import { bidsOfReplicas, scalingRoutes } from '#modules/scaling/index.ts'
import {
  poolsOfModels,
  servingRoutes,
  type ServingRouteDeps,
  upstreamRoutes,
} from '#modules/serving/index.ts'
import { simulationRoutes } from '#modules/simulation/index.ts'
import { nodeRoutes, reconciliationRoutes } from '#modules/upkeep/index.ts'
import type { Database, Db } from '#platform/db/database.ts'
import type { Engines } from '#platform/engines/engine.ts'
import type { Routes } from '#platform/http/handler.ts'
import { type EventBell, eventRoutes } from './event-stream.ts'
import type { SignInDesk } from './sign-in-codes.ts'
import { type SystemDeps, systemRoutes } from './system-state.ts'

interface RoutesDeps {
  readonly database: Database
  readonly engines: Engines
  readonly ids: IdSource
  readonly pepper: string
  readonly codes: SignInDesk
  readonly bell: EventBell
  readonly fleetFile: string
  readonly upstreams: Pick<ServingRouteDeps, 'discover' | 'probe'>
  readonly system: SystemDeps
  /** Webhooks of customers may have private addresses. */
  readonly isPrivateAllowed: boolean
  /** The transfer price is posted. */
  readonly isTransferPosted: boolean
}

const LEASES_MAX = 1000

/** What an organization's leases cost per hour as they run now. */
async function burnOf(db: Db, organizationId: string): Promise<string> {
  const leases = await listLeases(db, { organizationId, limit: LEASES_MAX })
  const running = leases.filter(
    (lease) => lease.state === 'running' || lease.state === 'reclaiming',
  )
  return renderMoney(
    add(...running.map((lease) => picos((lease.priceUsd ?? 0n) * BigInt(lease.gpus)))),
  )
}

async function namesOf(db: Db): Promise<ReadonlyMap<string, string>> {
  return new Map((await listOrganizations(db)).map((each) => [each.id, each.name]))
}

/** What is promised, charged beside usage, paid for blocks, and told of tasks, against the ledger. */
async function verifyPromises(db: Db, now: Date) {
  const promises = [...(await verifyCredits(db)), await verifyTransfers(db)]
  return [...promises, ...(await verifyBlocks(db)), await verifyTasks(db, now)]
}

export function assembleRoutes(deps: RoutesDeps): Routes {
  const { database, engines, ids, pepper } = deps
  return {
    ...identityRoutes({ pepper, ids, codes: deps.codes }),
    ...auditRoutes,
    ...fleetRoutes(deps.fleetFile),
    ...bookRoutes({
      names: { organizations: namesOf, leases: listLeaseNames },
      instance: randomUUID(),
    }),
    ...marketRoutes,
    ...anchorRoutes,
    ...forecastRoutes(namesOf),
    ...leaseRoutes({ engines, ids, pepper, askBlock }),
    ...registryRoutes({ pepper }),
    ...orderRoutes({ ids, pepper }),
    ...offerRoutes({ ids }),
    ...blockRoutes({ ids }),
    ...quotaRoutes({ ids }),
    ...budgetRoutes({ ids }),
    ...rateRoutes({ ids }),
    ...outcomeRoutes({ ids }),
    ...guardrailRoutes({ ids }),
    ...contentRoutes({ ids, pepper }),
    ...batchRoutes({ ids }),
    ...worthRoutes({ bidsOfReplicas, isTransferPosted: deps.isTransferPosted }),
    ...scalingRoutes,
    ...nodeRoutes({ ids }),
    ...reconciliationRoutes,
    ...reclaimRoutes(database),
    ...servingRoutes({ ids, ...deps.upstreams }),
    ...upstreamRoutes({ ids, pepper }),
    ...routingRoutes(),
    ...catalogRoutes({ onAnnounced: wakeRetirements }),
    ...cardRoutes,
    ...billingRoutes({ pepper, ids, burnOf, verifyCredits: verifyPromises }),
    ...economicsRoutes(poolsOfModels),
    ...simulationRoutes({ ids }),
    ...noticeRoutes({ pepper, ids, isPrivateAllowed: deps.isPrivateAllowed }),
    ...requestRoutes(database),
    ...eventRoutes(database, deps.bell),
    ...systemRoutes(deps.system),
  }
}
