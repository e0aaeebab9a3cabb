/** What was sent to a webhook, newest first: when, how often it was tried, what was answered. Any can be sent again. */
import type { Webhook, WebhookDelivery } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { FilterSelect } from '../../ui/field.tsx'
import { Ago } from '../../ui/figures.tsx'
import { Empty, ProblemPanel } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { toast } from '../../ui/toast.tsx'
import { DeliveryStateWord } from './webhook-looks.tsx'

const route = getRouteApi('/app/webhooks/$webhookId')
const SHOWN_MAX = 200
const STATES = ['pending', 'delivered', 'failed'] as const

export function Deliveries({ webhook }: { webhook: Webhook }): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { state } = search
  const query = { limit: SHOWN_MAX, ...(state === undefined ? {} : { state }) }
  const deliveries = useQuery(
    apiQuery('listWebhookDeliveries', { params: { id: webhook.id }, query }),
  )
  const redeliver = useCommand('redeliverWebhook', {
    changes: ['listWebhookDeliveries'],
    onSuccess: () => toast('The message is sent again, with the same id'),
  })
  const { mutate } = redeliver
  const isEnabled = webhook.state === 'enabled'
  const columns = useMemo(
    () =>
      deliveryColumns(
        isEnabled ? ({ id }) => mutate({ params: { id: webhook.id, delivery: id } }) : null,
      ),
    [isEnabled, mutate, webhook.id],
  )
  const update = (part: Partial<typeof search>): void => {
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  }
  return (
    <Section title="Deliveries">
      {redeliver.error && <ProblemPanel explanation={explain(redeliver.error)} />}
      <Answered query={deliveries}>
        {({ items }) => (
          <DataTable
            label="Deliveries"
            rows={items}
            rowId={(delivery) => delivery.id}
            columns={columns}
            view={search}
            onView={update}
            filters={
              <FilterSelect
                label="State"
                value={state ?? ''}
                onPick={(value) => update({ state: STATES.find((each) => each === value) })}
                options={STATES.map((each) => [each, each] as const)}
              />
            }
            empty={<Empty>Nothing was sent yet. “Send a test” shows that messages arrive.</Empty>}
          />
        )}
      </Answered>
    </Section>
  )
}

function Answer({ delivery }: { delivery: WebhookDelivery }): ReactElement {
  const { state, lastStatus, lastFailure, nextAttemptAt, attempts } = delivery
  if (state === 'delivered') return <span className="num">{lastStatus}</span>
  const again = state === 'pending' && attempts > 0 && nextAttemptAt !== null
  return (
    <span title={lastFailure ?? undefined}>
      {again && (
        <>
          tried again <Ago at={nextAttemptAt} /> ·{' '}
        </>
      )}
      {lastFailure}
    </span>
  )
}

type OnRedeliver = ((delivery: WebhookDelivery) => void) | null

function deliveryColumns(onRedeliver: OnRedeliver): readonly TableColumn<WebhookDelivery>[] {
  return [
    {
      id: 'state',
      header: 'State',
      value: (delivery) => delivery.state,
      cell: (delivery) => <DeliveryStateWord delivery={delivery} />,
    },
    {
      id: 'type',
      header: 'Event',
      value: (delivery) => delivery.type,
      cell: ({ type, leaseId }) =>
        leaseId === null ? (
          type
        ) : (
          <Link to="/leases/$leaseId" params={{ leaseId }} className="text-accent">
            {type}
          </Link>
        ),
    },
    {
      id: 'answer',
      header: 'Answer',
      isWide: true,
      from: 'medium',
      value: (delivery) => delivery.lastFailure ?? delivery.lastStatus,
      cell: (delivery) => <Answer delivery={delivery} />,
    },
    {
      id: 'attempts',
      header: 'Tries',
      from: 'medium',
      isNumeric: true,
      value: (delivery) => delivery.attempts,
      cell: (delivery) => <span className="num">{delivery.attempts}</span>,
    },
    {
      id: 'created',
      header: 'Created',
      from: 'narrow',
      isNumeric: true,
      value: (delivery) => delivery.createdAt,
      cell: (delivery) => <Ago at={delivery.createdAt} />,
    },
    {
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      isNumeric: true,
      cell: (delivery) =>
        onRedeliver &&
        delivery.state !== 'pending' && (
          <Button
            look="quiet"
            className="h-6!"
            aria-label={`Send again: ${delivery.type} of ${delivery.createdAt}`}
            onClick={() => onRedeliver(delivery)}
          >
            Send again
          </Button>
        ),
    },
  ]
}
