/**
 * Sends what lies in one lane of one endpoint, a few at once, and records what came of it. A crash between the answer and
 * the record sends the message again, with the same id: at least once, never lost.
 */
import { findLease, recordFact } from '#modules/lease/index.ts'
import { type Database, type Db, inTransaction } from '#platform/db/database.ts'
import { emitEvent } from '#platform/events/emit.ts'
import type { StepOutcome } from '#platform/jobs/strand.ts'
import type { Resolve } from '#platform/outbound/connection.ts'
import { post } from '#platform/outbound/post.ts'
import {
  WEBHOOK_ANSWER_BYTES_MAX,
  WEBHOOK_ANSWER_WITHIN_MS,
  WEBHOOK_LANE_CONCURRENCY_MAX,
} from '../../limits.ts'
import * as deliveryStore from './delivery-store.ts'
import { type Attempted, type Delivery, judge, type Verdict } from './delivery.ts'
import { type NoticeDeps, reachOf, secretsOf } from './service.ts'
import { signedHeaders } from './signature.ts'
import * as store from './store.ts'
import { factOf, isNotice, type Lane, type Webhook } from './webhook.ts'

export interface DeliveryDeps extends Pick<NoticeDeps, 'pepper' | 'isPrivateAllowed'> {
  readonly database: Database
  readonly now: () => Date
  /** In [0, 1). */
  readonly random: () => number
  /** Ends attempts that are under way: they are made again later. */
  readonly signal: AbortSignal
  readonly resolve?: Resolve
}

const HEADERS = { 'content-type': 'application/json', 'user-agent': 'Spillway-Webhooks/1' }

function send(deps: DeliveryDeps, webhook: Webhook, delivery: Delivery): Promise<Attempted> {
  const at = deps.now()
  const secrets = secretsOf(webhook, deps.pepper, at)
  return post({
    url: webhook.url,
    headers: { ...HEADERS, ...signedHeaders({ ...delivery, at, secrets }) },
    body: delivery.body,
    reach: reachOf(webhook, deps),
    timeoutMs: WEBHOOK_ANSWER_WITHIN_MS,
    answerBytesMax: WEBHOOK_ANSWER_BYTES_MAX,
    signal: deps.signal,
    ...(deps.resolve ? { resolve: deps.resolve } : {}),
  })
}

interface Outcome {
  readonly webhook: Webhook
  readonly delivery: Delivery
  readonly at: Date
  readonly status: number | null
  /** Null: it was delivered. */
  readonly why: string | null
}

/** Writes into the timeline of the lease how its notice fared. Whom the operator tells is no buyer's business. */
async function recordInTimeline(tx: Db, outcome: Outcome): Promise<void> {
  const { webhook, delivery, at, status, why } = outcome
  const recorded = why === null ? 'delivered' : 'failed'
  if (!isNotice(delivery.type) || delivery.recorded === recorded) return
  if (delivery.recorded === 'delivered' || webhook.scope === 'fleet') return
  const lease = delivery.leaseId === null ? null : await findLease(tx, delivery.leaseId)
  if (!lease) return
  const { host } = new URL(webhook.url)
  const { type, what } = factOf(delivery.type, why === null)
  await recordFact(
    tx,
    { ...lease, attempt: delivery.attempt ?? lease.attempt },
    {
      at,
      type,
      text:
        why === null
          ? `${what} delivered: webhook, ${host} answered ${status}.`
          : `${what} not delivered: webhook, ${host}: ${why}`,
      data: { channel: 'webhook', notice: delivery.type, host, status, webhookId: webhook.id },
    },
  )
  await deliveryStore.changeDelivery(tx, delivery.id, { recorded })
}

/** Locks both, the delivery first. Null when there is nothing left to say: deleted, or settled by another. */
async function lockBoth(tx: Db, delivery: Delivery) {
  const current = await deliveryStore.lockDelivery(tx, delivery.id)
  if (current?.state !== 'pending' || current.attempts !== delivery.attempts) return null
  const webhook = await store.lockWebhook(tx, delivery.webhookId)
  return webhook && { delivery: current, webhook }
}

type Failed = Extract<Verdict, { kind: 'failed' }>

async function recordDelivered(tx: Db, outcome: Outcome): Promise<void> {
  const { webhook, delivery, at, status } = outcome
  await deliveryStore.changeDelivery(tx, delivery.id, {
    state: 'delivered',
    attempts: delivery.attempts + 1,
    nextAttemptAt: null,
    lastAttemptAt: at,
    deliveredAt: at,
    lastStatus: status,
    lastFailure: null,
  })
  const health = { state: webhook.state, failingSince: null, lastDeliveredAt: at }
  await store.changeHealth(tx, webhook.id, health)
  await recordInTimeline(tx, outcome)
}

async function tellDisabled(tx: Db, webhook: Webhook, at: Date): Promise<void> {
  await emitEvent(tx, {
    at,
    type: 'webhook.disabled',
    organizationId: webhook.organizationId,
    subject: webhook.id,
    data: { reason: webhook.state, host: new URL(webhook.url).host },
  })
}

async function recordFailed(tx: Db, outcome: Outcome, verdict: Failed): Promise<void> {
  const { webhook, delivery, at } = outcome
  await deliveryStore.changeDelivery(tx, delivery.id, {
    state: verdict.retryAt === null ? 'failed' : 'pending',
    attempts: delivery.attempts + 1,
    nextAttemptAt: verdict.retryAt,
    lastAttemptAt: at,
    lastStatus: verdict.status,
    lastFailure: verdict.why,
  })
  if (webhook.state === 'enabled') {
    const failingSince = webhook.failingSince ?? at
    const after = { ...webhook, failingSince, state: verdict.webhookState }
    await store.changeHealth(tx, webhook.id, after)
    if (after.state !== 'enabled') await tellDisabled(tx, after, at)
  }
  const isLate = delivery.deadlineAt !== null && delivery.deadlineAt <= at
  if (verdict.retryAt === null || isLate) await recordInTimeline(tx, outcome)
}

async function attempt(deps: DeliveryDeps, webhook: Webhook, delivery: Delivery): Promise<void> {
  const attempted = await send(deps, webhook, delivery)
  // Called off in the middle: whether it arrived is not known, so it is sent again.
  if (deps.signal.aborted && attempted.kind === 'failed') return
  await inTransaction(deps.database, async (tx) => {
    const at = deps.now()
    const locked = await lockBoth(tx, delivery)
    if (!locked) return
    const circumstances = { webhook: locked.webhook, now: at, random: deps.random() }
    const verdict = judge(locked.delivery, attempted, circumstances)
    const { status } = verdict
    if (verdict.kind === 'delivered')
      await recordDelivered(tx, { ...locked, at, status, why: null })
    else await recordFailed(tx, { ...locked, at, status, why: verdict.why }, verdict)
  })
}

/** A notice that is still on its way when the lease is stopped has failed its purpose, though it is tried on. */
async function noteOverdue(deps: DeliveryDeps, delivery: Delivery): Promise<void> {
  await inTransaction(deps.database, async (tx) => {
    const locked = await lockBoth(tx, delivery)
    if (!locked || locked.delivery.recorded !== null) return
    const why = locked.delivery.lastFailure ?? 'It did not answer in time.'
    const status = locked.delivery.lastStatus
    await recordInTimeline(tx, { ...locked, at: deps.now(), status, why })
    // Also where nothing was written, so that it is not looked at for this again.
    await deliveryStore.changeDelivery(tx, delivery.id, { recorded: 'failed' })
  })
}

const PAGE_ROWS = 100

/** Ends what is pending for an endpoint that takes nothing any more. */
async function giveUp(deps: DeliveryDeps, of: deliveryStore.LaneOf): Promise<StepOutcome> {
  const why = 'The webhook is disabled.'
  const pending = await deliveryStore.listPending(deps.database, of, PAGE_ROWS)
  for (const delivery of pending)
    await inTransaction(deps.database, async (tx) => {
      const locked = await lockBoth(tx, delivery)
      if (!locked || locked.webhook.state === 'enabled') return
      const over = { state: 'failed' as const, nextAttemptAt: null }
      await deliveryStore.changeDelivery(tx, delivery.id, {
        ...over,
        lastFailure: locked.delivery.lastFailure ?? why,
      })
      await recordInTimeline(tx, { ...locked, at: deps.now(), status: null, why })
    })
  if (pending.length < PAGE_ROWS) return { kind: 'done' }
  return { kind: 'wait', untilMs: deps.now().getTime() }
}

/** One step of a lane, as the strand `webhook_delivery/<lane>/<webhook>`. */
export async function stepLane(deps: DeliveryDeps, subject: string): Promise<StepOutcome> {
  const [lane = '', webhookId = ''] = subject.split('/')
  const of = { webhookId, lane: lane as Lane }
  const webhook = await store.findWebhook(deps.database, webhookId)
  if (!webhook) return { kind: 'done' }
  if (webhook.state !== 'enabled') return giveUp(deps, of)
  const now = deps.now()
  const overdue = await deliveryStore.listOverdue(deps.database, { ...of, now, limit: PAGE_ROWS })
  for (const delivery of overdue) await noteOverdue(deps, delivery)
  const due = await deliveryStore.listDue(deps.database, {
    ...of,
    now,
    limit: WEBHOOK_LANE_CONCURRENCY_MAX,
  })
  await Promise.all(due.map((delivery) => attempt(deps, webhook, delivery)))
  const next = await deliveryStore.nextInLane(deps.database, of)
  return next === null ? { kind: 'done' } : { kind: 'wait', untilMs: next.getTime() }
}
