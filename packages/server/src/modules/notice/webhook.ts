/** What a webhook is, which events it is told of, and what a message says. Types and rules; no I/O, no clock. */
import type { WebhookEvent, WebhookScope, WebhookState } from '@spillway/contract'
import type { StoredEvent } from '#platform/events/read.ts'

export interface Webhook {
  readonly id: string
  readonly organizationId: string
  /** It belongs to the operator, who may have it anywhere. */
  readonly isOperators: boolean
  readonly scope: WebhookScope
  readonly url: string
  readonly description: string
  readonly events: readonly WebhookEvent[]
  readonly state: WebhookState
  readonly sealedSecret: string
  readonly sealedPreviousSecret: string | null
  readonly previousSecretUntil: Date | null
  readonly createdAt: Date
  readonly failingSince: Date | null
  readonly lastDeliveredAt: Date | null
}

/** Deliveries of an endpoint go in two lanes, so that a notice never waits behind what can wait. */
export type Lane = 'urgent' | 'usual'
export const LANES: readonly Lane[] = ['urgent', 'usual']

/** What is sent, made once and never changed after. */
export interface Message {
  /** The same for every endpoint and every try. */
  readonly messageId: string
  readonly type: string
  readonly leaseId: string | null
  /** The lease's, when the event was written. */
  readonly attempt: number | null
  readonly body: string
  readonly lane: Lane
  /** When a notice has missed its purpose. */
  readonly deadlineAt: Date | null
}

export const TEST_TYPE = 'webhook.test'

const WARNING = 'lease.risk_elevated'
/** They say when a lease will be stopped. */
const NOTICES: readonly string[] = ['lease.notice_given', 'lease.notice_shortened']

/** Whether the lease's own timeline says how the delivery went. */
export function isNotice(type: string): boolean {
  return type === WARNING || NOTICES.includes(type)
}

/** How that stands there. */
export function factOf(type: string, isDelivered: boolean): { type: string; what: string } {
  const what = type === WARNING ? 'Warning' : 'Notice'
  if (!isDelivered) return { type: 'lease.notice_delivery_failed', what }
  return { type: type === WARNING ? 'lease.risk_delivered' : 'lease.notice_delivered', what }
}

/** Whether an endpoint is told of an event. */
export function isToldOf(
  webhook: Pick<Webhook, 'state' | 'scope' | 'events' | 'organizationId'>,
  event: Pick<StoredEvent, 'type' | 'organizationId'>,
): boolean {
  if (webhook.state !== 'enabled' || event.organizationId === null) return false
  if (!(webhook.events as readonly string[]).includes(event.type)) return false
  return webhook.scope === 'fleet' || webhook.organizationId === event.organizationId
}

/** What of an event's data goes out: what is named here, and plain values only. */
const TOLD: readonly string[] = [
  'attempt',
  'reason',
  'stopAt',
  'noticeMs',
  'expectedAt',
  'until',
  'probability',
  'signal',
  'how',
  'exitCode',
  'exitSignal',
  'reclaimId',
  'amountUsd',
  'channel',
  'host',
  'status',
  'text',
  'retiresAt',
  'successor',
]

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function instantIn(value: unknown): Date | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? null : new Date(ms)
}

/** A notice that gives no time has no deadline that a delivery could keep. */
function deadlineOf({ type, at, data }: StoredEvent): Date | null {
  const stopAt = NOTICES.includes(type) ? instantIn(data['stopAt']) : null
  return stopAt !== null && stopAt > at ? stopAt : null
}

/** What an event is about: a lease, or a model of the catalog. */
function aboutOf({ type, subject }: StoredEvent): { leaseId: string } | { model: string } {
  return type.startsWith('model.') ? { model: subject } : { leaseId: subject }
}

export function messageOf(event: StoredEvent): Message {
  const told = Object.entries(event.data).filter(
    ([name, value]) => TOLD.includes(name) && isPlain(value),
  )
  const attempt = event.data['attempt']
  const about = aboutOf(event)
  return {
    messageId: `evt_${event.position}`,
    type: event.type,
    leaseId: 'leaseId' in about ? about.leaseId : null,
    attempt: typeof attempt === 'number' ? attempt : null,
    body: JSON.stringify({
      type: event.type,
      timestamp: event.at.toISOString(),
      data: {
        ...about,
        organizationId: event.organizationId,
        ...Object.fromEntries(told),
      },
    }),
    lane: isNotice(event.type) ? 'urgent' : 'usual',
    deadlineAt: deadlineOf(event),
  }
}

/** A message that only shows that messages arrive. */
export function testMessage(
  webhook: Pick<Webhook, 'id' | 'organizationId'>,
  { deliveryId, now }: { readonly deliveryId: string; readonly now: Date },
): Message {
  return {
    messageId: `evt_${deliveryId}`,
    type: TEST_TYPE,
    leaseId: null,
    attempt: null,
    body: JSON.stringify({
      type: TEST_TYPE,
      timestamp: now.toISOString(),
      data: { webhookId: webhook.id, organizationId: webhook.organizationId },
    }),
    lane: 'urgent',
    deadlineAt: null,
  }
}
