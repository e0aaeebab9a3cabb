/** One message to one endpoint: what an attempt's outcome means, and when it is tried again. Pure. */
import {
  WEBHOOK_DISABLED_AFTER_MS,
  WEBHOOK_EXCERPT_CHARACTERS_MAX,
  WEBHOOK_RETRY_AFTER_MS,
  WEBHOOK_URGENT_RETRY_AFTER_MS,
} from '../../limits.ts'
import type { Lane, Message, Webhook } from './webhook.ts'

export interface Delivery extends Message {
  readonly id: string
  readonly webhookId: string
  readonly state: 'pending' | 'delivered' | 'failed'
  readonly attempts: number
  readonly createdAt: Date
  readonly nextAttemptAt: Date | null
  /** What of a notice stands in the lease's timeline already. */
  readonly recorded: 'delivered' | 'failed' | null
  readonly lastAttemptAt: Date | null
  readonly deliveredAt: Date | null
  readonly lastStatus: number | null
  readonly lastFailure: string | null
}

/** What came of an attempt. */
export type Attempted =
  | { readonly kind: 'answered'; readonly status: number; readonly excerpt: string }
  | { readonly kind: 'failed'; readonly why: string }

export type Verdict =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'failed'
      readonly status: number | null
      readonly why: string
      /** Null: it has been tried often enough. */
      readonly retryAt: Date | null
      /** What becomes of the endpoint. */
      readonly webhookState: Webhook['state']
    }

const JITTER = 0.2

/** Pause after so many attempts that failed; null when there are no more. `random` is in [0, 1). */
export function retryAfterMs(lane: Lane, attempts: number, random: number): number | null {
  const pauses = lane === 'urgent' ? WEBHOOK_URGENT_RETRY_AFTER_MS : WEBHOOK_RETRY_AFTER_MS
  const pause = pauses[attempts - 1]
  return pause === undefined ? null : Math.round(pause * (1 + JITTER * random))
}

/** A short piece of what an endpoint wrote, as one line of plain characters. */
function excerptOf(text: string): string {
  const line = text.replace(/[^\P{C}\n\t]/gu, '').replace(/\s+/g, ' ')
  return line.trim().slice(0, WEBHOOK_EXCERPT_CHARACTERS_MAX)
}

function whyNot({ status, excerpt }: Extract<Attempted, { kind: 'answered' }>): string {
  if (status >= 300 && status < 400) return `It answered ${status}; redirects are not followed.`
  if (status === 410) return 'It answered 410: it wants nothing more.'
  const said = excerptOf(excerpt)
  return said === '' ? `It answered ${status}.` : `It answered ${status}: ${said}`
}

function stateAfter(webhook: Pick<Webhook, 'failingSince'>, status: number | null, now: Date) {
  if (status === 410) return 'gone'
  const failingMs = now.getTime() - (webhook.failingSince ?? now).getTime()
  return failingMs >= WEBHOOK_DISABLED_AFTER_MS ? 'failing' : 'enabled'
}

interface Circumstances {
  readonly webhook: Pick<Webhook, 'failingSince'>
  readonly now: Date
  readonly random: number
}

/** Judges the attempt that came after `delivery.attempts` earlier ones. */
export function judge(
  delivery: Pick<Delivery, 'lane' | 'attempts'>,
  attempted: Attempted,
  { webhook, now, random }: Circumstances,
): Verdict {
  const status = attempted.kind === 'answered' ? attempted.status : null
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered', status }
  const webhookState = stateAfter(webhook, status, now)
  const pauseMs =
    webhookState === 'enabled' ? retryAfterMs(delivery.lane, delivery.attempts + 1, random) : null
  return {
    kind: 'failed',
    status,
    why: attempted.kind === 'answered' ? whyNot(attempted) : attempted.why,
    retryAt: pauseMs === null ? null : new Date(now.getTime() + pauseMs),
    webhookState,
  }
}
