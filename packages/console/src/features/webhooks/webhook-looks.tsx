/** How the state of a webhook and of a delivery looks. */
import type { Webhook, WebhookDelivery } from '@spillway/contract'
import type { ReactElement } from 'react'
import { StateWord, type Tone } from '../../ui/state-word.tsx'

/** Where it sends, without what makes an address long. */
export function webhookHost(webhook: Pick<Webhook, 'url'>): string {
  return new URL(webhook.url).host
}

export function webhookWord({ state, failingSince }: Webhook): string {
  if (state === 'failing') return 'disabled: failed for days'
  if (state === 'gone') return 'disabled: answered 410'
  return failingSince === null ? 'enabled' : 'failing'
}

function webhookTone({ state, failingSince }: Webhook): Tone {
  if (state !== 'enabled') return 'bad'
  return failingSince === null ? 'good' : 'warn'
}

export function WebhookStateWord({ webhook }: { webhook: Webhook }): ReactElement {
  return <StateWord tone={webhookTone(webhook)}>{webhookWord(webhook)}</StateWord>
}

const DELIVERY_TONES: Record<WebhookDelivery['state'], Tone> = {
  pending: 'warn',
  delivered: 'good',
  failed: 'bad',
}

export function DeliveryStateWord({ delivery }: { delivery: WebhookDelivery }): ReactElement {
  return (
    <StateWord tone={DELIVERY_TONES[delivery.state]} isMoving={delivery.state === 'pending'}>
      {delivery.state}
    </StateWord>
  )
}
