/** The form that orders spot by auction: what to run, at which limit, and what will be held. */
import type { Pool } from '@spillway/contract'
import { CreateOrder } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useEffect } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain, fieldMessages } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { serverNowMs } from '../../ui/clock.ts'
import { formField, requestResolver } from '../../ui/form-resolver.ts'
import { BlockSkeleton, Empty, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { likelyPool } from '../leases/lease-estimate.ts'
import {
  EMPTY_ORDER,
  hoursUntil,
  ORDER_FIELDS,
  type OrderDraft,
  reserveFor,
  toOrderRequest,
} from './order-draft.ts'
import { OrderFields } from './order-fields.tsx'
import { OrderSummary } from './order-summary.tsx'

const route = getRouteApi('/app/orders/new')

export function NewOrderPage(): ReactElement {
  const pools = useQuery(apiQuery('listPools'))
  return (
    <>
      <PageHead
        back={
          <Link to="/orders" className="text-muted hover:text-accent">
            Orders
          </Link>
        }
        title="Order spot"
        line="By auction: it stands until a window has room for all of it, at its limit or below."
      />
      <Answered query={pools} skeleton={<BlockSkeleton height={420} />}>
        {({ items }) =>
          items.length === 0 ? <Empty>No pool offers GPUs yet.</Empty> : <NewOrder pools={items} />
        }
      </Answered>
    </>
  )
}

const toRequest = (draft: OrderDraft) => toOrderRequest(draft, serverNowMs())

function useOrderForm(start: Pick<OrderDraft, 'pool' | 'standsHours'>) {
  const form = useForm<OrderDraft>({
    defaultValues: { ...EMPTY_ORDER, ...start },
    resolver: requestResolver<OrderDraft, unknown>({
      toRequest,
      schema: CreateOrder,
      fields: ORDER_FIELDS,
    }),
  })
  const draft = useWatch({ control: form.control }) as OrderDraft
  return { form, draft }
}

function NewOrder({ pools }: { pools: readonly Pool[] }): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { form, draft } = useOrderForm({
    pool: pools.length > 1 ? (search.pool ?? '') : '',
    standsHours: hoursUntil(search.until, serverNowMs()),
  })
  const pool = likelyPool(draft, pools)
  const reserve = useQuery({
    ...apiQuery('getReservePrice', { params: { pool: pool?.name ?? '' } }),
    enabled: pool !== undefined,
  })
  const create = useCommand('createOrder', {
    changes: ['listOrders', 'getBalance', 'getReservePrice'],
    onSuccess: ({ id }) => {
      toast('The order was made')
      void navigate({ to: '/orders', search: { order: id } })
    },
  })
  const { setError } = form
  useEffect(() => {
    for (const { field, message } of fieldMessages(create.error))
      setError(formField(field.replace(/^body\./, ''), ORDER_FIELDS) as keyof OrderDraft, {
        message,
      })
  }, [create.error, setError])
  const submit = form.handleSubmit((values) => create.mutate({ body: toRequest(values) }))
  return (
    <form
      noValidate
      onSubmit={(event) => void submit(event)}
      className="grid gap-x-10 gap-y-6 lg:grid-cols-12"
    >
      <div className="min-w-0 lg:col-span-7">
        <OrderFields
          form={form}
          draft={draft}
          pools={pools}
          pool={pool}
          reserveUsd={reserveFor(draft, reserve.data)?.reserveUsdPerGpuHour}
        />
      </div>
      <div className="min-w-0 lg:sticky lg:top-16 lg:col-span-5 lg:self-start">
        <OrderSummary draft={draft} pool={pool} reserve={reserve.data} />
        {create.error && (
          <div className="mt-3">
            <ProblemPanel explanation={explain(create.error)} />
          </div>
        )}
        <Button look="primary" type="submit" isBusy={create.isPending} className="mt-4 w-full">
          Order spot
        </Button>
      </div>
    </form>
  )
}
