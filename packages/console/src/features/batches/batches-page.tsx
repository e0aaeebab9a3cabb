/** Batches: how far each is, live, and the files that came of them. */
import type { Batch } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Ago } from '../../ui/figures.tsx'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { toast } from '../../ui/toast.tsx'
import { BatchProgress, BatchStateWord, isOpen } from './batch-looks.tsx'
import { FilesSection } from './files-section.tsx'
import { NewBatch } from './new-batch.tsx'

const route = getRouteApi('/app/batches')
const LISTED_MAX = 200
const POLL_MS = 30_000
const POLL_OPEN_MS = 1000

function Results({ batch }: { batch: Batch }): ReactElement {
  const { outputFileId, errorFileId } = batch
  const files = [
    { id: outputFileId, word: 'answers' },
    { id: errorFileId, word: 'errors' },
  ]
  return (
    <span className="flex justify-end gap-3">
      {files.map(
        ({ id, word }) =>
          id !== null && (
            <a
              key={word}
              href={`/v1/files/${id}/content`}
              download={`${batch.id}_${word}.jsonl`}
              aria-label={`Download the ${word} of ${batch.id}`}
            >
              {word}
            </a>
          ),
      )}
    </span>
  )
}

function batchColumns(onCancel: (batch: Batch) => void): readonly TableColumn<Batch>[] {
  return [
    {
      id: 'state',
      header: 'State',
      value: ({ state }) => state,
      cell: (batch) => <BatchStateWord batch={batch} />,
    },
    {
      id: 'model',
      header: 'Model',
      isWide: true,
      from: 'narrow',
      value: ({ model }) => model ?? '',
      cell: ({ id, model, endpoint }) => (
        <span title={`${id}, ${endpoint}`}>{model ?? endpoint}</span>
      ),
    },
    {
      id: 'progress',
      header: 'Lines over',
      value: ({ lines }) => lines.completed + lines.failed,
      cell: (batch) => <BatchProgress batch={batch} />,
    },
    {
      id: 'failed',
      header: 'Not answered',
      isNumeric: true,
      from: 'medium',
      value: ({ lines }) => lines.failed,
      cell: ({ lines }) => <span className="num">{formatCount(lines.failed)}</span>,
    },
    {
      id: 'made',
      header: 'Made',
      isNumeric: true,
      from: 'medium',
      value: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => <Ago at={createdAt} />,
    },
    {
      id: 'results',
      header: 'Results',
      isNumeric: true,
      cell: (batch) =>
        batch.state === 'in_progress' || batch.state === 'validating' ? (
          <Button
            look="quiet"
            className="h-6!"
            aria-label={`Cancel ${batch.id}`}
            onClick={() => onCancel(batch)}
          >
            Cancel
          </Button>
        ) : (
          <Results batch={batch} />
        ),
    },
  ]
}

export function BatchesPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [isNew, setIsNew] = useState(false)
  const batches = useQuery({
    ...apiQuery('listBatches', { query: { limit: LISTED_MAX } }),
    refetchInterval: ({ state }) => (state.data?.items.some(isOpen) ? POLL_OPEN_MS : POLL_MS),
  })
  const { mutate } = useCommand('cancelBatch', {
    changes: ['listBatches'],
    onSuccess: () => toast('The batch is being cancelled'),
  })
  const columns = useMemo(() => batchColumns(({ id }) => mutate({ params: { id } })), [mutate])
  const open = batches.data?.items.filter(isOpen).length ?? 0
  return (
    <>
      <PageHead
        title="Batches"
        line={batches.data ? `${plural(open, 'batch', 'batches')} under way` : <>&nbsp;</>}
        actions={
          <Button look="primary" icon="plus" onClick={() => setIsNew(true)}>
            New batch
          </Button>
        }
      />
      <Answered query={batches}>
        {({ items }) => (
          <DataTable
            label="Batches"
            rows={items}
            rowId={({ id }) => id}
            columns={columns}
            view={search}
            onView={(part) =>
              void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
            }
            empty={<Empty>No batches yet: many requests within a day, at half the price.</Empty>}
          />
        )}
      </Answered>
      <FilesSection />
      {isNew && <NewBatch onClose={() => setIsNew(false)} />}
    </>
  )
}
