/** Quotas: the most GPUs that may be held at once, what of that is taken, and who asked for more. */
import type { Quota } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { toast } from '../../ui/toast.tsx'
import { useSession } from '../session/session.ts'
import { QuotaBar, scopeWords, takenWords } from './quota-looks.tsx'
import { QuotaRequests } from './quota-requests.tsx'
import { RequestQuota } from './request-quota.tsx'
import { SetQuota } from './set-quota.tsx'

const route = getRouteApi('/app/quotas')

const OWN: readonly TableColumn<Quota>[] = [
  {
    id: 'scope',
    header: 'For',
    isWide: true,
    value: scopeWords,
    cell: (quota) => scopeWords(quota),
  },
  {
    id: 'use',
    header: 'GPUs at once',
    isNumeric: true,
    value: ({ gpus }) => gpus,
    cell: (quota) => <QuotaBar quota={quota} />,
  },
  {
    id: 'parts',
    header: 'Taken',
    from: 'medium',
    value: takenWords,
    cell: (quota) => takenWords(quota),
  },
]

function operatorColumns(onDelete: (quota: Quota) => void): readonly TableColumn<Quota>[] {
  return [
    {
      id: 'organization',
      header: 'Organization',
      value: ({ organization }) => organization ?? '',
      cell: ({ organization }) =>
        organization === null ? (
          <span className="text-muted">every customer</span>
        ) : (
          <span title={organization}>{organization}</span>
        ),
    },
    ...OWN,
    {
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      isNumeric: true,
      from: 'narrow',
      cell: (quota) => (
        <Button
          look="quiet"
          className="h-6!"
          aria-label={`Delete the quota of ${quota.organization ?? 'every customer'} for ${scopeWords(quota)}`}
          onClick={() => onDelete(quota)}
        >
          Delete
        </Button>
      ),
    },
  ]
}

function emptyText(isOperator: boolean): string {
  return isOperator
    ? 'No quota is set: only what is free, and what somebody can pay, is in the way.'
    : 'You have no quota: only what is free, and what you can pay, is in the way.'
}

export function QuotasPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const isOperator = useSession().role === 'operator'
  const quotas = useQuery(apiQuery('listQuotas'))
  const [isOpen, setIsOpen] = useState(false)
  const remove = useCommand('deleteQuota', {
    changes: ['listQuotas'],
    onSuccess: () => toast('The quota is deleted'),
  })
  const { mutate } = remove
  const columns = useMemo(
    () => (isOperator ? operatorColumns(({ id }) => mutate({ params: { id } })) : OWN),
    [isOperator, mutate],
  )
  const close = () => setIsOpen(false)
  return (
    <>
      <PageHead
        title="Quotas"
        line="Leases that have or wait for slots, open orders and quotes count together."
        actions={
          <Button look="primary" icon="plus" onClick={() => setIsOpen(true)}>
            {isOperator ? 'Set a quota' : 'Ask for more'}
          </Button>
        }
      />
      <div className="mb-7">
        <Answered query={quotas}>
          {({ items }) => (
            <DataTable
              label="Quotas"
              rows={items}
              rowId={({ id }) => id}
              columns={columns}
              view={search}
              onView={(part) =>
                void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
              }
              empty={<Empty>{emptyText(isOperator)}</Empty>}
            />
          )}
        </Answered>
      </div>
      <QuotaRequests isOperator={isOperator} />
      {isOpen && (isOperator ? <SetQuota onClose={close} /> : <RequestQuota onClose={close} />)}
    </>
  )
}
