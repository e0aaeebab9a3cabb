/** Jobs as tenants of the live market: each as the gang that it would ask for, with a buyer and a limit by chance. Pure. */
import { type Money, picos } from '#kernel/money.ts'
import type { LeaseKind } from '#modules/market/index.ts'
import { gpusOf, type Job } from '../job.ts'
import { Random } from '../random.ts'
import type { Tenant } from './tenant.ts'

const BUYERS = 40
const MILLION = 1_000_000

/** What a buyer pays at most, as parts of the list price: anything between is as likely. */
export interface LimitRange {
  readonly lowPart: number
  readonly highPart: number
}

export interface TenantOrder {
  readonly kind: LeaseKind
  readonly pool: string
  readonly nodeGpus: number
  readonly seed: number
  /** For spot only: the list price that limits are parts of. */
  readonly bids: { readonly listUsd: Money; readonly range: LimitRange } | null
  readonly promisedS: number
  readonly patienceS: number
}

/** As few nodes as hold all workers, with the same number on each. */
export function nodesFor(job: Job, nodeGpus: number): number {
  if (gpusOf(job) <= nodeGpus) return 1
  for (let nodes = Math.ceil(gpusOf(job) / nodeGpus); nodes < job.workers; nodes++)
    if (job.workers % nodes === 0 && (job.workers / nodes) * job.gpus <= nodeGpus) return nodes
  return job.workers
}

export function tenantsOf(jobs: readonly Job[], order: TenantOrder): readonly Tenant[] {
  const { kind, pool, nodeGpus, bids, promisedS, patienceS } = order
  const random = new Random(order.seed ^ 0x2c1b3c6d)
  return jobs.map((job) => {
    const buyer = `${kind}-${1 + random.below(BUYERS)}`
    const share = random.next()
    const limit =
      bids === null
        ? null
        : limitOf(
            bids.listUsd,
            bids.range.lowPart + share * (bids.range.highPart - bids.range.lowPart),
          )
    return {
      ...{ id: job.id, kind, pool, buyer, gpus: gpusOf(job), nodes: nodesFor(job, nodeGpus) },
      ...{ submitS: job.submitS, durationS: job.durationS, limit, promisedS, patienceS },
    }
  })
}

function limitOf(listUsd: Money, part: number): Money {
  const limit = (listUsd * BigInt(Math.round(part * MILLION))) / BigInt(MILLION)
  return picos(limit > 0n ? limit : 1n)
}

/** All in the order in which they come; of the same second the owner first, then as they stand. */
export function inOrderOfArrival(tenants: readonly Tenant[]): readonly Tenant[] {
  return tenants
    .map((tenant, at) => ({ tenant, at }))
    .sort((a, b) => a.tenant.submitS - b.tenant.submitS || a.at - b.at)
    .map(({ tenant }, id) => ({ ...tenant, id }))
}
