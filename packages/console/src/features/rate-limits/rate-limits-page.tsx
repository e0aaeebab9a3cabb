/** Rate limits: requests and tokens a minute, and requests at once. */
import { permits, type RateLimit } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { toast } from '../../ui/toast.tsx'
import { useSession } from '../session/session.ts'
import { SetRateLimit } from './set-rate-limit.tsx'

const route = getRouteApi('/app/rate-limits')

interface Looks {
  readonly isOperator: boolean
  readonly keyNames: ReadonlyMap<string, string>
  readonly onDelete: (limit: RateLimit) => void
}

function figures(
  id: 'requestsPerMinute' | 'tokensPerMinute' | 'concurrency',
  header: string,
): TableColumn<RateLimit> {
  return {
    id,
    header,
    isNumeric: true,
    value: (limit) => limit[id],
    cell: (limit) => {
      const figure = limit[id]
      return figure === null ? (
        <span className="text-muted">any</span>
      ) : (
        <span className="num">{formatCount(figure)}</span>
      )
    },
  }
}

function rateColumns({ isOperator, keyNames, onDelete }: Looks): readonly TableColumn<RateLimit>[] {
  const words = ({ organization, projectId, apiKeyId, model }: RateLimit) =>
    [
      isOperator ? (organization ?? 'each customer') : '',
      apiKeyId === null ? '' : `key ${keyNames.get(apiKeyId) ?? apiKeyId}`,
      projectId === null ? '' : `project ${projectId}`,
      model ?? '',
    ]
      .filter((part) => part !== '')
      .join(', ') || 'all'
  return [
    {
      id: 'for',
      header: 'For',
      isWide: true,
      value: words,
      cell: (limit) => <span title={words(limit)}>{words(limit)}</span>,
    },
    figures('requestsPerMinute', 'Requests/min'),
    { ...figures('tokensPerMinute', 'Tokens/min'), from: 'narrow' },
    { ...figures('concurrency', 'At once'), from: 'narrow' },
    {
      id: 'setBy',
      header: 'Set by',
      from: 'medium',
      value: (limit) => limit.setBy,
      cell: (limit) => (limit.setBy === 'operator' ? 'the operator' : 'the organization'),
    },
    {
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      isNumeric: true,
      from: 'narrow',
      cell: (limit) =>
        (limit.setBy === 'operator') === isOperator && (
          <Button
            look="quiet"
            className="h-6!"
            aria-label={`Delete the rate limit for ${words(limit)}`}
            onClick={() => onDelete(limit)}
          >
            Delete
          </Button>
        ),
    },
  ]
}

export function RateLimitsPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { role } = useSession()
  const isOperator = role === 'operator'
  const limits = useQuery(apiQuery('listRateLimits'))
  const keys = useQuery({ ...apiQuery('listApiKeys'), enabled: permits(role, 'api_key.list') })
  const [isOpen, setIsOpen] = useState(false)
  const { mutate } = useCommand('deleteRateLimit', {
    changes: ['listRateLimits'],
    onSuccess: () => toast('The rate limit is deleted'),
  })
  const columns = useMemo(() => {
    const keyNames = new Map(keys.data?.items.map(({ id, name }) => [id, name]))
    return rateColumns({ isOperator, keyNames, onDelete: ({ id }) => mutate({ params: { id } }) })
  }, [isOperator, keys.data, mutate])
  return (
    <>
      <PageHead
        title="Rate limits"
        line="All that cover a request hold; the operator’s are a ceiling over an organization’s own."
        actions={
          <Button look="primary" icon="plus" onClick={() => setIsOpen(true)}>
            Set a limit
          </Button>
        }
      />
      <Answered query={limits}>
        {({ items }) => (
          <DataTable
            label="Rate limits"
            rows={items}
            rowId={({ id }) => id}
            columns={columns}
            view={search}
            onView={(part) =>
              void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
            }
            empty={<Empty>No rate limit is set.</Empty>}
          />
        )}
      </Answered>
      {isOpen && <SetRateLimit isOperator={isOperator} onClose={() => setIsOpen(false)} />}
    </>
  )
}
