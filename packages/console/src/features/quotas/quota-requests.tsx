/** What was asked for, newest first; the operator decides what is open. */
import type { QuotaRequest } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useMemo, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Ago } from '../../ui/figures.tsx'
import { formatCount } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { Section } from '../../ui/page.tsx'
import { StateWord, type Tone } from '../../ui/state-word.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { DecideRequest } from './decide-request.tsx'
import { scopeWords } from './quota-looks.tsx'

const TONES: Readonly<Record<QuotaRequest['state'], Tone>> = {
  open: 'accent',
  granted: 'good',
  declined: 'idle',
}

function columnsFor(
  onDecide: ((request: QuotaRequest) => void) | null,
): readonly TableColumn<QuotaRequest>[] {
  const columns: TableColumn<QuotaRequest>[] = [
    {
      id: 'state',
      header: 'State',
      value: ({ state }) => state,
      cell: ({ state }) => <StateWord tone={TONES[state]}>{state}</StateWord>,
    },
    {
      id: 'scope',
      header: 'For',
      value: scopeWords,
      cell: (request) => <span className="whitespace-normal">{scopeWords(request)}</span>,
    },
    {
      id: 'gpus',
      header: 'GPUs',
      isNumeric: true,
      value: ({ gpus }) => gpus,
      cell: ({ gpus, grantedGpus }) => (
        <span className="num">
          {grantedGpus === null || grantedGpus === gpus
            ? formatCount(gpus)
            : `${formatCount(grantedGpus)} of ${formatCount(gpus)}`}
        </span>
      ),
    },
    {
      id: 'why',
      header: 'Why',
      isWide: true,
      from: 'medium',
      value: ({ answer, reason }) => answer ?? reason,
      cell: ({ answer, reason }) => <span title={reason}>{answer || reason}</span>,
    },
    {
      id: 'created',
      header: 'Asked',
      isNumeric: true,
      from: 'narrow',
      value: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => <Ago at={createdAt} />,
    },
  ]
  if (onDecide === null) return columns
  return [
    {
      id: 'organization',
      header: 'Organization',
      value: ({ organization }) => organization,
      cell: ({ organization }) => <span title={organization}>{organization}</span>,
    },
    ...columns,
    {
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      isNumeric: true,
      cell: (request) =>
        request.state === 'open' && (
          <Button
            look="quiet"
            className="h-6!"
            aria-label={`Decide on what ${request.organization} asks for`}
            onClick={() => onDecide(request)}
          >
            Decide
          </Button>
        ),
    },
  ]
}

export function QuotaRequests({ isOperator }: { isOperator: boolean }): ReactElement {
  const requests = useQuery(apiQuery('listQuotaRequests'))
  const [deciding, setDeciding] = useState<QuotaRequest | null>(null)
  const columns = useMemo(() => columnsFor(isOperator ? setDeciding : null), [isOperator])
  return (
    <Section title="Asked for">
      <Answered query={requests}>
        {({ items }) => (
          <DataTable
            label="Requests for quotas"
            rows={items}
            rowId={({ id }) => id}
            columns={columns}
            empty={
              <Empty>
                {isOperator
                  ? 'Nobody asked for more. What buyers ask for would be here to grant or decline.'
                  : 'You have not asked for more.'}
              </Empty>
            }
          />
        )}
      </Answered>
      {deciding && <DecideRequest request={deciding} onClose={() => setDeciding(null)} />}
    </Section>
  )
}
