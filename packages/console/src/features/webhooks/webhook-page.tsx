/** One webhook: what it is told, what was sent to it and how that went; test, rotate, enable, delete. */
import type { Webhook } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Id } from '../../ui/copy.tsx'
import { Ago } from '../../ui/figures.tsx'
import { exactInstant } from '../../ui/format/time.ts'
import { BlockSkeleton } from '../../ui/notices.tsx'
import { Facts, PageHead, Section } from '../../ui/page.tsx'
import { Deliveries } from './deliveries.tsx'
import { WebhookActions } from './webhook-actions.tsx'
import { webhookHost, WebhookStateWord } from './webhook-looks.tsx'

const route = getRouteApi('/app/webhooks/$webhookId')

export function WebhookPage(): ReactElement {
  const { webhookId } = route.useParams()
  const webhook = useQuery(apiQuery('getWebhook', { params: { id: webhookId } }))
  return (
    <Answered query={webhook} skeleton={<BlockSkeleton height={320} />}>
      {(answer) => <WebhookDetail webhook={answer} />}
    </Answered>
  )
}

function WebhookDetail({ webhook }: { webhook: Webhook }): ReactElement {
  return (
    <>
      <PageHead
        name={webhookHost(webhook)}
        back={
          <Link to="/webhooks" className="text-muted hover:text-accent">
            Webhooks
          </Link>
        }
        title={
          <>
            <span className="max-w-full truncate">{webhookHost(webhook)}</span>
            <span className="text-13 font-normal">
              <WebhookStateWord webhook={webhook} />
            </span>
          </>
        }
        line={<Id id={webhook.id} />}
        actions={<WebhookActions webhook={webhook} />}
      />
      <div className="grid gap-x-8 gap-y-6 lg:grid-cols-12">
        <div className="min-w-0 lg:col-span-4">
          <Section title="Details">
            <Facts facts={webhookFacts(webhook)} />
          </Section>
        </div>
        <div className="min-w-0 lg:col-span-8">
          <Deliveries webhook={webhook} />
        </div>
      </div>
    </>
  )
}

function webhookFacts(webhook: Webhook): (readonly [string, ReactElement | string])[] {
  const { lastDeliveredAt, failingSince, previousSecretUntil } = webhook
  return [
    ['Sends to', <code key="url">{webhook.url}</code>],
    ['For', webhook.description === '' ? '—' : webhook.description],
    ['Leases', webhook.scope === 'fleet' ? 'of the whole fleet' : 'of the organization'],
    ['Told of', <EventList key="events" events={webhook.events} />],
    ['Created', <Ago key="created" at={webhook.createdAt} />],
    ['Last delivered', lastDeliveredAt ? <Ago key="last" at={lastDeliveredAt} /> : 'never'],
    ...(failingSince ? [['Failing since', <Ago key="failing" at={failingSince} />] as const] : []),
    ...(previousSecretUntil
      ? [['Old secret signs until', exactInstant(previousSecretUntil)] as const]
      : []),
  ]
}

function EventList({ events }: { events: readonly string[] }): ReactElement {
  return (
    <ul>
      {events.map((type) => (
        <li key={type}>{type}</li>
      ))}
    </ul>
  )
}
