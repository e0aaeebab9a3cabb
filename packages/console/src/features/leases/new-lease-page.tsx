/** The form that makes a lease: what to run, how firm, at what price, and what will happen. */
import type { Pool } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useEffect } from 'react'
import { useForm, useWatch } from 'react-hook-form'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain, fieldMessages } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { formField, requestResolver } from '../../ui/form-resolver.ts'
import { BlockSkeleton, Empty, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { toast } from '../../ui/toast.tsx'
import { usePermission } from '../session/session.ts'
import {
  draftSchema,
  EMPTY_DRAFT,
  type LeaseDraft,
  REQUEST_FIELDS,
  toRequest,
} from './lease-draft.ts'
import { likelyPool } from './lease-estimate.ts'
import { LeaseFields } from './lease-fields.tsx'
import { LeaseSummary } from './lease-summary.tsx'

const route = getRouteApi('/app/leases/new')

export function NewLeasePage(): ReactElement {
  const pools = useQuery(apiQuery('listPools'))
  return (
    <>
      <PageHead
        back={
          <Link to="/leases" className="text-muted hover:text-accent">
            Leases
          </Link>
        }
        title="Create a lease"
        line="Runs a command with GPUs of its own, from placement until its processes are confirmed gone."
      />
      <Answered query={pools} skeleton={<BlockSkeleton height={420} />}>
        {({ items }) =>
          items.length === 0 ? <Empty>No pool offers GPUs yet.</Empty> : <NewLease pools={items} />
        }
      </Answered>
    </>
  )
}

function useCreate() {
  const navigate = route.useNavigate()
  const changes = ['listLeases', 'listSlots', 'listPools', 'getBalance'] as const
  const onSuccess = (lease: { readonly id: string }): void => {
    toast('The lease was created')
    void navigate({ to: '/leases/$leaseId', params: { leaseId: lease.id } })
  }
  const lease = useCommand('createLease', { changes, onSuccess })
  const anchor = useCommand('runAnchor', { changes, onSuccess })
  return { lease, anchor }
}

function NewLease({ pools }: { pools: readonly Pool[] }): ReactElement {
  const search = route.useSearch()
  const canRunAnchor = usePermission('anchor.run')
  const form = useForm<LeaseDraft>({
    defaultValues: {
      ...EMPTY_DRAFT,
      kind: startKind(search.kind, canRunAnchor),
      pool: pools.length > 1 ? (search.pool ?? '') : '',
    },
    resolver: (values, context, options) =>
      requestResolver<LeaseDraft, unknown>({
        toRequest,
        schema: draftSchema(values.kind),
        fields: REQUEST_FIELDS,
      })(values, context, options),
  })
  const draft = useWatch({ control: form.control }) as LeaseDraft
  const pool = likelyPool(draft, pools)
  const create = useCreate()
  const used = draft.kind === 'anchor' ? create.anchor : create.lease
  const { setError } = form
  useEffect(() => {
    for (const { field, message } of fieldMessages(used.error))
      setError(formField(field.replace(/^body\./, ''), REQUEST_FIELDS) as keyof LeaseDraft, {
        message,
      })
  }, [used.error, setError])
  const submit = form.handleSubmit((values) => {
    const body = toRequest(values)
    if (values.kind === 'anchor') create.anchor.mutate({ body })
    else create.lease.mutate({ body })
  })
  return (
    <form
      noValidate
      onSubmit={(event) => void submit(event)}
      className="grid gap-x-10 gap-y-6 lg:grid-cols-12"
    >
      <div className="min-w-0 lg:col-span-7">
        <LeaseFields
          form={form}
          draft={draft}
          pools={pools}
          pool={pool}
          canRunAnchor={canRunAnchor}
        />
      </div>
      <div className="min-w-0 lg:sticky lg:top-16 lg:col-span-5 lg:self-start">
        <LeaseSummary draft={draft} pool={pool} />
        {used.error && (
          <div className="mt-3">
            <ProblemPanel explanation={explain(used.error)} />
          </div>
        )}
        <Button look="primary" type="submit" isBusy={used.isPending} className="mt-4 w-full">
          {draft.kind === 'anchor' ? 'Run the anchor work' : 'Create the lease'}
        </Button>
      </div>
    </form>
  )
}

function startKind(wanted: string | undefined, canRunAnchor: boolean): LeaseDraft['kind'] {
  if (wanted === 'on_demand' || wanted === 'flex' || wanted === 'spot') return wanted
  return wanted === 'anchor' && canRunAnchor ? 'anchor' : EMPTY_DRAFT.kind
}
