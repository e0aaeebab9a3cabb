/** Webhooks and their deliveries as people read them. Pure: documents in, text out. */
import type { Webhook, WebhookDelivery } from '@spillway/contract'
import type { Colour, Paint } from './paint.ts'
import { renderFields, renderTable, type TableOptions } from './table.ts'
import { toLine } from './text.ts'
import { renderInstant, renderRelative } from './time.ts'

const STATES: Readonly<Record<Webhook['state'], readonly [word: string, colour: Colour]>> = {
  enabled: ['enabled', 'green'],
  failing: ['disabled: failed for days', 'red'],
  gone: ['disabled: answered 410', 'red'],
}

const DELIVERY_COLOURS: Readonly<Record<WebhookDelivery['state'], Colour>> = {
  pending: 'yellow',
  delivered: 'green',
  failed: 'red',
}

function stateWords({ state, failingSince }: Webhook): string {
  return state === 'enabled' && failingSince !== null ? 'enabled, failing' : STATES[state][0]
}

export function renderWebhooks(
  webhooks: readonly Webhook[],
  nowMs: number,
  options: TableOptions,
): string {
  return renderTable(
    [
      { heading: 'ID', cell: (each) => each.id },
      { heading: 'STATE', cell: stateWords, colour: (each) => STATES[each.state][1] },
      { heading: 'URL', isFlexible: true, cell: (each) => each.url },
      { heading: 'EVENTS', cell: (each) => String(each.events.length) },
      { heading: 'SCOPE', cell: (each) => each.scope },
      {
        heading: 'LAST DELIVERED',
        cell: ({ lastDeliveredAt: at }) => (at === null ? 'never' : renderRelative(at, nowMs)),
      },
    ],
    webhooks,
    options,
  )
}

export function renderWebhook(webhook: Webhook, nowMs: number, paint: Paint): string {
  const ago = (at: string | null) => (at === null ? null : renderRelative(at, nowMs))
  return renderFields(
    [
      ['id', webhook.id],
      ['url', toLine(webhook.url)],
      ['description', webhook.description === '' ? null : toLine(webhook.description)],
      ['state', stateWords(webhook)],
      ['events', webhook.events.join(', ')],
      ['scope', webhook.scope],
      ['created', ago(webhook.createdAt)],
      ['last delivered', ago(webhook.lastDeliveredAt) ?? 'never'],
      ['failing since', ago(webhook.failingSince)],
      [
        'old secret until',
        webhook.previousSecretUntil === null ? null : renderInstant(webhook.previousSecretUntil),
      ],
    ],
    paint,
  )
}

function answerOf({ state, lastStatus, lastFailure }: WebhookDelivery): string {
  if (state === 'delivered') return `answered ${lastStatus ?? ''}`
  return lastFailure ?? ''
}

export function renderDelivery(delivery: WebhookDelivery): string {
  if (delivery.state === 'delivered') return `delivered: ${answerOf(delivery)}`
  if (delivery.attempts === 0) return 'not sent yet'
  return `not delivered: ${toLine(answerOf(delivery))}`
}

export function renderDeliveries(
  deliveries: readonly WebhookDelivery[],
  nowMs: number,
  options: TableOptions,
): string {
  return renderTable(
    [
      { heading: 'ID', cell: (each) => each.id },
      { heading: 'EVENT', cell: (each) => each.type },
      {
        heading: 'STATE',
        cell: (each) => each.state,
        colour: (each) => DELIVERY_COLOURS[each.state],
      },
      { heading: 'TRIES', align: 'right', cell: (each) => String(each.attempts) },
      { heading: 'CREATED', cell: (each) => renderRelative(each.createdAt, nowMs) },
      {
        heading: 'NEXT TRY',
        cell: ({ nextAttemptAt: at }) => (at === null ? '' : renderRelative(at, nowMs)),
      },
      { heading: 'ANSWER', isFlexible: true, cell: answerOf },
    ],
    deliveries,
    options,
  )
}
