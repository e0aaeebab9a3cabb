/** Renders leases for the API, with what metering and the ledger know of them. */
import { type Lease as LeaseAnswer, servicePath } from '@spillway/contract'
import { renderMoney, ZERO } from '#kernel/money.ts'
import { nodeNames } from '#modules/fleet/index.ts'
import { listOrganizations } from '#modules/identity/index.ts'
import { listOpenHolds } from '#modules/ledger/index.ts'
import { usageOf } from '#modules/metering/index.ts'
import type { Db } from '#platform/db/database.ts'
import { findHealth, type Health } from './health-store.ts'
import { beginCourse } from './health.ts'
import type { Lease } from './lease.ts'

function renderService(lease: Lease, health: Health | undefined): LeaseAnswer['service'] {
  if (lease.service === null) return null
  const { state, text } = beginCourse(lease, health)
  return { ...lease.service, state, text, path: servicePath(lease.id) }
}

function renderRequeue({ state, requeue, failuresMax, failures, retryAt }: Lease) {
  const waitsUntil = state === 'pending' ? (retryAt?.toISOString() ?? null) : null
  return { requeue, failuresMax, failures, retryAt: waitsUntil }
}

/** What it runs, with which files. */
function renderWork({ mode, idleLimitMs, command, secretNames, files, ...lease }: Lease) {
  return {
    mode,
    idleLimitMs,
    command: [...command],
    image: lease.image,
    imageDigest: lease.imageDigest,
    secretNames: [...secretNames],
    inputs: [...files.inputs],
    outputs: [...files.outputs],
    artifactsBytesMax: files.artifactsBytesMax,
  }
}

function renderInstants({ noticeAt, stopAt, createdAt, startedAt, endedAt }: Lease) {
  const instant = (date: Date | null) => date?.toISOString() ?? null
  return {
    noticeAt: instant(noticeAt),
    stopAt: instant(stopAt),
    createdAt: createdAt.toISOString(),
    startedAt: instant(startedAt),
    endedAt: instant(endedAt),
  }
}

/** What it was promised about being taken back, and how that stands. */
function renderPromise({ terms, reclaimsMonth: month, reclaimsInMonth: count, ...lease }: Lease) {
  const { startedAt } = lease
  const guaranteedMs = terms?.guarantee?.ms
  return {
    terms,
    guaranteedUntil:
      startedAt === null || guaranteedMs === undefined
        ? null
        : new Date(startedAt.getTime() + guaranteedMs).toISOString(),
    reclaimsInMonth: month === null ? null : { month, count },
    checkpointAt: lease.checkpointAt?.toISOString() ?? null,
    riskElevatedAt: lease.riskAt?.toISOString() ?? null,
    noticeSignal: (lease.noticeSignal ?? 'none') as LeaseAnswer['noticeSignal'],
    noticeMs: lease.noticeMs,
  }
}

/** Some leases as the API shows them, in the same order. */
export async function renderLeases(db: Db, leases: readonly Lease[]): Promise<LeaseAnswer[]> {
  if (leases.length === 0) return []
  const organizations = new Map((await listOrganizations(db)).map((each) => [each.id, each.name]))
  const placed = leases.flatMap(({ placements }) => placements.map(({ nodeId }) => nodeId))
  const nodes = await nodeNames(db, [...new Set(placed)])
  const ids = leases.map((lease) => lease.id)
  const holds = new Map(
    (await listOpenHolds(db, 'lease', ids)).map((hold) => [hold.reference, hold.amount]),
  )
  const usage = await usageOf(db, ids)
  const services = leases.flatMap(({ id, service }) => (service === null ? [] : [id]))
  const health = await findHealth(db, services)
  return leases.map((lease) => ({
    id: lease.id,
    organization: organizations.get(lease.organizationId) ?? '',
    name: lease.name,
    kind: lease.kind,
    service: renderService(lease, health.get(lease.id)),
    state: lease.state,
    waitingFor: lease.state === 'pending' ? lease.waitingFor : null,
    expectedStart: null,
    endReason: lease.endReason,
    exitCode: lease.exitCode,
    exitSignal: lease.exitSignal,
    ...renderWork(lease),
    gpus: lease.gpus,
    pool: lease.pool,
    blockId: lease.blockId,
    afterBlock: lease.afterBlock,
    nodes: lease.nodes,
    fabric: lease.fabric,
    placements: lease.placements.map(({ nodeId, slots }) => ({
      node: nodes.get(nodeId) ?? nodeId,
      nodeId,
      slots: [...slots],
    })),
    attempt: lease.attempt,
    ...renderRequeue(lease),
    graceMs: lease.graceMs,
    ...renderPromise(lease),
    maxPriceUsdPerGpuHour: lease.maxPriceUsd === null ? null : renderMoney(lease.maxPriceUsd),
    priceUsdPerGpuHour: lease.priceUsd === null ? null : renderMoney(lease.priceUsd),
    ...renderInstants(lease),
    gpuMs: Number(usage.get(lease.id)?.quantity ?? 0n),
    chargedUsd: renderMoney(usage.get(lease.id)?.charged ?? ZERO),
    engineRun: lease.engineRun,
    heldUsd: renderMoney(holds.get(lease.id) ?? ZERO),
  }))
}
