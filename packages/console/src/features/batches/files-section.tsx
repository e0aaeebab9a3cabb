/** The files of a project: what batches read, and what came of them. */
import type { StoredFile } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Ago } from '../../ui/figures.tsx'
import { formatBytes } from '../../ui/format/numbers.ts'
import { Empty, ProblemPanel } from '../../ui/notices.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { toast } from '../../ui/toast.tsx'

function fileColumns(onDelete: (file: StoredFile) => void): readonly TableColumn<StoredFile>[] {
  return [
    {
      id: 'name',
      header: 'File',
      isWide: true,
      value: ({ name }) => name,
      cell: ({ id, name }) => (
        <a href={`/v1/files/${id}/content`} download={name} title={id}>
          {name}
        </a>
      ),
    },
    {
      id: 'purpose',
      header: 'Holds',
      from: 'narrow',
      value: ({ purpose }) => purpose,
      cell: ({ purpose }) => (purpose === 'batch' ? 'requests' : 'results'),
    },
    {
      id: 'size',
      header: 'Size',
      isNumeric: true,
      value: ({ size }) => size,
      cell: ({ size }) => <span className="num">{formatBytes(size)}</span>,
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
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      isNumeric: true,
      cell: (file) => (
        <Button
          look="quiet"
          className="h-6!"
          aria-label={`Delete ${file.name}`}
          onClick={() => onDelete(file)}
        >
          Delete
        </Button>
      ),
    },
  ]
}

export function FilesSection(): ReactElement {
  const files = useQuery(apiQuery('listFiles'))
  const { mutate, error } = useCommand('deleteFile', {
    changes: ['listFiles'],
    onSuccess: () => toast('The file is deleted'),
  })
  const columns = useMemo(() => fileColumns(({ id }) => mutate({ params: { id } })), [mutate])
  return (
    <section className="mt-8">
      <h2 className="mb-2 text-15 font-bold">Files</h2>
      {error && <ProblemPanel explanation={explain(error)} />}
      <Answered query={files}>
        {({ items }) => (
          <DataTable
            label="Files"
            rows={items}
            rowId={({ id }) => id}
            columns={columns}
            empty={<Empty>No files are kept.</Empty>}
          />
        )}
      </Answered>
    </section>
  )
}
