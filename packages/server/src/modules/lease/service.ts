/** Lease use cases that people ask for: create, stop, read. What follows is done by the market's cycle and by steps. */
import {
  type AfterBlock,
  IDLE_LIMIT_DEFAULT_MS,
  type LeaseKind,
  type LeaseMode,
  ServiceRequest,
} from '@spillway/contract'
import { counted } from '#kernel/counted.ts'
import { Fault } from '#kernel/fault.ts'
import { type IdSource, newId } from '#kernel/ids.ts'
import { type Money, renderMoney } from '#kernel/money.ts'
import type { Pool } from '#modules/fleet/index.ts'
import { requireQuota } from '#modules/quota/index.ts'
import type { Db } from '#platform/db/database.ts'
import { holdNeeded, openHold, openHolds } from './funding-service.ts'
import { isSoldByHour, type Lease, NO_FILES } from './lease.ts'
import { findPoolFor, poolFinder } from './pool-choice-service.ts'
import { beginReclaim, endWaiting } from './reclaim.ts'
import { recordFact, recordFacts, wakeLease, wakeMarket } from './record.ts'
import { startPrice } from './start-price-service.ts'
import * as store from './store.ts'
import { termsFor, withGuarantee, withinBlock } from './terms.ts'

export interface LeaseRequest {
  readonly organizationId: string
  readonly projectId: string
  readonly kind: LeaseKind
  /** Default: a job. */
  readonly mode?: LeaseMode
  readonly service?: ServiceRequest | undefined
  readonly idleLimitMs?: number | null | undefined
  readonly name?: string | undefined
  readonly pool?: string | undefined
  readonly accelerator?: string | undefined
  readonly site?: string | undefined
  readonly region?: string | undefined
  readonly jurisdiction?: string | undefined
  /** Default: any. */
  readonly fabric?: Lease['fabric']
  readonly gpus: number
  readonly nodes?: number | undefined
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly hidden?: Pick<Lease, 'secretNames' | 'sealed' | 'files'>
  readonly workingDirectory?: string | undefined
  readonly image?: string | undefined
  readonly timeLimitMs?: number | undefined
  readonly graceMs: number
  readonly noticeSignal: string
  readonly requeue: Lease['requeue']
  readonly failuresMax?: number
  readonly maxPriceUsd: Money | null
  /** Of spot: it is not taken back before it has run for so long. */
  readonly guaranteeMs?: number | undefined
  readonly agreedPrice?: Lease['agreedPrice']
  /** It counts against the quotas already, as the order or the quote that it comes of. */
  readonly isCounted?: boolean
  /** The block that it is of. */
  readonly block?: BlockTerms | undefined
}

/** What a lease has of its block: for its time nothing is charged, and nobody takes it back. */
export interface BlockTerms {
  readonly id: string
  readonly after: AfterBlock
  /** Given before the block is over. */
  readonly noticeMs: number
}

/** One whose price was agreed, and whose GPUs count already, when it was ordered. */
export interface AgreedRequest extends LeaseRequest {
  readonly agreedPrice: NonNullable<Lease['agreedPrice']>
}

interface Context {
  readonly now: Date
  readonly ids: IdSource
}

const NEVER_RECLAIMED = {
  reclaimsMonth: null,
  reclaimsInMonth: 0,
  checkpointAt: null,
  riskAt: null,
  riskToldAt: null,
  reclaimReason: null,
  reclaimFor: null,
  noticeAt: null,
  stopAt: null,
  stoppedAt: null,
}

/** A service that says nothing about its port gets one picked for it, and is healthy when the port is open. */
function modeOf({
  mode = 'job',
  service,
  idleLimitMs = IDLE_LIMIT_DEFAULT_MS,
  image,
}: LeaseRequest): Pick<Lease, 'mode' | 'service' | 'idleLimitMs' | 'image' | 'imageDigest'> {
  return {
    ...{ image: image ?? null, imageDigest: null },
    mode,
    service: mode === 'service' ? (service ?? ServiceRequest.parse({})) : null,
    idleLimitMs: mode === 'interactive' ? idleLimitMs : null,
  }
}

function requeueOf({ requeue, failuresMax = 1 }: LeaseRequest) {
  return { requeue, failuresMax, failures: 0, retryAt: null, ranMs: 0 }
}

const NOTHING_HIDDEN = {
  secretNames: [],
  sealed: null,
  files: NO_FILES,
}

function termsOf({ kind, block, guaranteeMs = 0 }: LeaseRequest, policy: Pool['reclaim']) {
  if (block !== undefined) return withinBlock(block.noticeMs)
  const terms = termsFor(kind, policy)
  return terms === null || guaranteeMs === 0 ? terms : withGuarantee(terms, guaranteeMs)
}

function withinOf({ block }: LeaseRequest): Pick<Lease, 'blockId' | 'afterBlock'> {
  return { blockId: block?.id ?? null, afterBlock: block?.after ?? null }
}

function newLease(
  request: LeaseRequest,
  { pool, nodes }: { readonly pool: Pool; readonly nodes: number },
  { now, ids }: Context,
): Lease {
  const id = newId('lease', ids)
  const terms = termsOf(request, pool.reclaim)
  return {
    id,
    organizationId: request.organizationId,
    projectId: request.projectId,
    name: request.name ?? request.command[0]?.split('/').at(-1) ?? id,
    kind: request.kind,
    ...modeOf(request),
    ...withinOf(request),
    state: 'pending',
    pool: pool.name,
    gpus: request.gpus,
    nodes,
    fabric: request.fabric ?? 'any',
    command: request.command,
    environment: request.environment,
    ...(request.hidden ?? NOTHING_HIDDEN),
    workingDirectory: request.workingDirectory ?? null,
    ...requeueOf(request),
    noticeSignal: request.noticeSignal === 'none' ? null : request.noticeSignal,
    noticeMs: terms?.noticeMs ?? 0,
    terms,
    ...NEVER_RECLAIMED,
    graceMs: request.graceMs,
    timeLimitMs: request.timeLimitMs ?? null,
    maxPriceUsd: request.maxPriceUsd,
    agreedPrice: request.agreedPrice ?? null,
    ...{ priceId: null, priceUsd: null, holdId: null },
    createdAt: now,
    attempt: 0,
    placedAt: null,
    placements: [],
    startedAt: null,
    meteredUntil: null,
    billableUntil: null,
    waitingFor: 'the market to look at it',
    endedAt: null,
    endReason: null,
    exitCode: null,
    exitSignal: null,
    engineRun: null,
  }
}

/** What a lease would be, before there is one: where, over how many nodes, and what is held for it at a price. */
export async function planLease(tx: Db, request: LeaseRequest, context: Context) {
  const wish = { ...request, isOneFabric: request.fabric === 'same' }
  const found = await findPoolFor(tx, wish)
  const draft = newLease(request, found, context)
  const holdAt = (priceUsd: Money) => holdNeeded(draft, priceUsd, context.now)
  return { pool: found.pool.name, nodes: found.nodes, fabric: draft.fabric, holdAt }
}

/** The price that a sold lease is asked for at; it never runs above its maximum, nor above this without one. */
async function agreePrice(tx: Db, lease: Lease, now: Date): Promise<Money | null> {
  if (!isSoldByHour(lease.kind)) return null
  const { price } = await startPrice(tx, { ...lease, kind: lease.kind }, now)
  if (lease.maxPriceUsd === null || lease.maxPriceUsd >= price.amount) return price.amount
  throw new Fault(
    'lease.price_below_market',
    `The maximum of $${renderMoney(lease.maxPriceUsd)} per GPU-hour is below the price of $${renderMoney(price.amount)}.`,
    { details: { priceUsdPerGpuHour: renderMoney(price.amount) } },
  )
}

/** The owner's own work and model replicas have no quota. */
async function holdToQuota(tx: Db, lease: Lease, now: Date): Promise<void> {
  const { kind, organizationId, projectId, pool, gpus, blockId } = lease
  // What a block has was sold beforehand.
  if (!isSoldByHour(kind) || blockId !== null) return
  await requireQuota(tx, { organizationId, projectId, pool, tier: kind, gpus }, now)
}

/** Creates a lease that waits for the market. Nothing is kept when it is refused. */
export async function createLease(tx: Db, request: LeaseRequest, context: Context): Promise<Lease> {
  const draft = newLease(
    request,
    await findPoolFor(tx, { ...request, isOneFabric: request.fabric === 'same' }),
    context,
  )
  if (request.isCounted !== true) await holdToQuota(tx, draft, context.now)
  const priceUsd = await agreePrice(tx, draft, context.now)
  const maxPriceUsd = draft.maxPriceUsd ?? priceUsd
  const holdId = priceUsd === null ? null : await openHold(tx, draft, { priceUsd, ...context })
  const lease = { ...draft, maxPriceUsd, holdId }
  await keep(tx, [lease], context.now)
  return lease
}

async function keep(tx: Db, leases: readonly Lease[], now: Date): Promise<void> {
  await store.insertLeases(tx, leases)
  const facts = leases.map((lease) => {
    const { kind, gpus, nodes, pool } = lease
    const over = nodes === 1 ? '' : ` over ${nodes} nodes`
    const text = `Asked for ${counted(gpus, 'GPU')}${over} on ${pool} as ${kind}.`
    return { lease, at: now, type: 'lease.created', text, data: { kind, gpus, nodes, pool } }
  })
  await recordFacts(tx, facts)
  await wakeMarket(tx, now)
}

/** A lease of several that was refused. None of them was kept. */
export class RefusedLease extends Error {
  /** Its place among them. */
  readonly index: number
  readonly fault: Fault

  constructor(index: number, fault: Fault) {
    super(fault.message, { cause: fault })
    this.index = index
    this.fault = fault
  }
}

/** Tells which of several it was that could not be. */
async function ofSeveral<Result>(index: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Fault ? new RefusedLease(index, error) : error
  }
}

/** Creates leases whose prices are agreed and that count against their quotas already, by sets: all of them or none. */
export async function createLeases(
  tx: Db,
  requests: readonly AgreedRequest[],
  context: Context,
): Promise<readonly Lease[]> {
  const findPool = await poolFinder(tx, requests)
  const drafts: { readonly lease: Lease; readonly priceUsd: Money }[] = []
  for (const [index, request] of requests.entries())
    drafts.push(
      await ofSeveral(index, async () => {
        const draft = newLease(request, await findPool(request), context)
        const { amount: priceUsd } = request.agreedPrice
        await agreePrice(tx, draft, context.now)
        return { lease: { ...draft, maxPriceUsd: draft.maxPriceUsd ?? priceUsd }, priceUsd }
      }),
    )
  const held = await openHolds(tx, drafts, context)
  if (held.kind === 'refused')
    throw new RefusedLease(
      drafts.findIndex(({ lease }) => lease.id === held.lease.id),
      held.fault,
    )
  const leases = drafts.map(({ lease }, index) => ({
    ...lease,
    holdId: held.holdIds[index] ?? null,
  }))
  await keep(tx, leases, context.now)
  return leases
}

/** Stops a lease; `organizationId` null for the operator and for Spillway itself. Stopping twice is once. */
export async function stopLease(
  tx: Db,
  {
    id,
    organizationId,
    now,
  }: { readonly id: string; readonly organizationId: string | null; readonly now: Date },
): Promise<Lease> {
  const lease = await store.lockLease(tx, id)
  if (!lease || (organizationId !== null && lease.organizationId !== organizationId))
    throw new Fault('lease.not_found', `You have no lease ${id}.`)
  if (lease.state === 'ended')
    throw new Fault('lease.already_ended', 'This lease has ended already.')
  if (lease.engineRun !== null)
    throw new Fault(
      'lease.not_ours',
      `This is the engine\u2019s own run ${lease.engineRun}, which Spillway did not start.`,
    )
  if (lease.state === 'pending') await endWaiting(tx, lease, { reason: 'stopped', now })
  else if (lease.state !== 'reclaiming')
    await beginReclaim(tx, lease, { reason: 'stopped', forLease: null, noticeMs: 0, now })
  else if (lease.reclaimReason !== 'stopped') await stopSooner(tx, lease, now)
  return (await store.findLease(tx, id)) ?? lease
}

/** A lease says that its work is saved: what was done before is not lost by a reclaim. */
export async function reportCheckpoint(
  tx: Db,
  {
    id,
    organizationId,
    now,
  }: { readonly id: string; readonly organizationId: string | null; readonly now: Date },
): Promise<Date> {
  const lease = await store.lockLease(tx, id)
  if (!lease || (organizationId !== null && lease.organizationId !== organizationId))
    throw new Fault('lease.not_found', `You have no lease ${id}.`)
  if (lease.state === 'ended')
    throw new Fault('lease.already_ended', 'This lease has ended; its work is over.')
  if (lease.state !== 'running' && lease.state !== 'reclaiming')
    throw new Fault('lease.not_running', 'It has not begun yet, so there is nothing to save.')
  await store.changeLease(tx, id, { checkpointAt: now })
  return now
}

/** The owner does not want to wait for the end of the notice, nor to be started again. */
async function stopSooner(tx: Db, lease: Lease, now: Date): Promise<void> {
  await store.changeLease(tx, lease.id, { reclaimReason: 'stopped', stopAt: now })
  await recordFact(tx, lease, {
    at: now,
    type: 'lease.stop_asked',
    text: 'Its owner stopped it before the notice ran out.',
  })
  await wakeLease(tx, lease.id, now)
}
