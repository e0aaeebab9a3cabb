/** Webhooks: which of an organization's systems are told what happens to its leases. The secret shows once. */
import type { Webhook } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Ago } from '../../ui/figures.tsx'
import { plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { Tag } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { CreateWebhook } from './create-webhook.tsx'
import { WebhookStateWord, webhookWord } from './webhook-looks.tsx'

const route = getRouteApi('/app/webhooks')

const COLUMNS: readonly TableColumn<Webhook>[] = [
  {
    id: 'state',
    header: 'State',
    value: webhookWord,
    cell: (webhook) => <WebhookStateWord webhook={webhook} />,
  },
  {
    id: 'url',
    header: 'Sends to',
    isWide: true,
    value: (webhook) => webhook.url,
    cell: (webhook) => (
      <Link
        to="/webhooks/$webhookId"
        params={{ webhookId: webhook.id }}
        title={webhook.url}
        className="text-accent"
      >
        {webhook.url}
      </Link>
    ),
  },
  {
    id: 'description',
    header: 'For',
    from: 'wide',
    value: (webhook) => webhook.description,
    cell: (webhook) => <span title={webhook.description}>{webhook.description}</span>,
  },
  {
    id: 'scope',
    header: 'Leases',
    from: 'medium',
    value: (webhook) => webhook.scope,
    cell: ({ scope }) => (scope === 'fleet' ? <Tag>whole fleet</Tag> : 'own'),
  },
  {
    id: 'events',
    header: 'Events',
    from: 'narrow',
    isNumeric: true,
    value: (webhook) => webhook.events.length,
    cell: ({ events }) => (
      <span className="num" title={events.join(', ')}>
        {events.length}
      </span>
    ),
  },
  {
    id: 'delivered',
    header: 'Last delivered',
    isNumeric: true,
    value: (webhook) => webhook.lastDeliveredAt,
    cell: ({ lastDeliveredAt }) =>
      lastDeliveredAt === null ? (
        <span className="text-muted">never</span>
      ) : (
        <Ago at={lastDeliveredAt} />
      ),
  },
]

export function WebhooksPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const webhooks = useQuery(apiQuery('listWebhooks'))
  const [isCreating, setIsCreating] = useState(false)
  const createButton = (
    <Button look="primary" icon="plus" onClick={() => setIsCreating(true)}>
      Create webhook
    </Button>
  )
  return (
    <>
      <PageHead
        title="Webhooks"
        line={
          webhooks.data ? (
            `${plural(webhooks.data.items.length, 'endpoint')} · signed as Standard Webhooks`
          ) : (
            <>&nbsp;</>
          )
        }
        actions={createButton}
      />
      <Answered query={webhooks}>
        {({ items }) => (
          <DataTable
            label="Webhooks"
            rows={items}
            rowId={(webhook) => webhook.id}
            columns={COLUMNS}
            view={search}
            onView={(part) =>
              void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
            }
            empty={
              <Empty action={createButton}>
                Nobody is told. A webhook tells your own systems, signed, when a lease is at risk,
                gets its notice, and is gone.
              </Empty>
            }
          />
        )}
      </Answered>
      {isCreating && <CreateWebhook onClose={() => setIsCreating(false)} />}
    </>
  )
}
