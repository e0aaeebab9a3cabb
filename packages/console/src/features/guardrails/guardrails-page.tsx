/** Guardrails: what is looked for in prompts and answers, and what happens when it is found. */
import type { Guardrail } from '@spillway/contract'
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
import { checkWords, modeWords, SIDE_WORDS } from './guardrail-words.ts'
import { SetGuardrail } from './set-guardrail.tsx'
import { TryGuardrails } from './try-guardrails.tsx'

const route = getRouteApi('/app/guardrails')

function columnsFor(onDelete: (guardrail: Guardrail) => void): readonly TableColumn<Guardrail>[] {
  return [
    {
      id: 'name',
      header: 'Guardrail',
      value: ({ name }) => name,
      cell: ({ name }) => <span className="font-medium">{name}</span>,
    },
    {
      id: 'check',
      header: 'Looks for',
      isWide: true,
      value: ({ check }) => checkWords(check),
      cell: ({ check }) => <span title={checkWords(check)}>{checkWords(check)}</span>,
    },
    {
      id: 'side',
      header: 'In',
      from: 'medium',
      value: ({ side }) => SIDE_WORDS[side],
      cell: ({ side }) => SIDE_WORDS[side],
    },
    {
      id: 'mode',
      header: 'Which then',
      value: (guardrail) => modeWords(guardrail),
      cell: (guardrail) => modeWords(guardrail),
    },
    {
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      isNumeric: true,
      from: 'narrow',
      cell: (guardrail) => (
        <Button
          look="quiet"
          className="h-6!"
          aria-label={`Delete ${guardrail.name}`}
          onClick={() => onDelete(guardrail)}
        >
          Delete
        </Button>
      ),
    },
  ]
}

export function GuardrailsPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const guardrails = useQuery(apiQuery('listGuardrails'))
  const [isOpen, setIsOpen] = useState(false)
  const { mutate } = useCommand('deleteGuardrail', {
    changes: ['listGuardrails'],
    onSuccess: () => toast('The guardrail is deleted'),
  })
  const columns = useMemo(() => columnsFor(({ id }) => mutate({ params: { id } })), [mutate])
  return (
    <>
      <PageHead
        title="Guardrails"
        line="Every request of your organization is looked at before it is paid for, and every answer before it goes out."
        actions={
          <Button look="primary" icon="plus" onClick={() => setIsOpen(true)}>
            Set a guardrail
          </Button>
        }
      />
      <div className="mb-7">
        <Answered query={guardrails}>
          {({ items }) => (
            <DataTable
              label="Guardrails"
              rows={items}
              rowId={({ id }) => id}
              columns={columns}
              view={search}
              onView={(part) =>
                void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
              }
              empty={<Empty>Nothing is looked for: prompts and answers pass as they are.</Empty>}
            />
          )}
        </Answered>
      </div>
      <TryGuardrails />
      {isOpen && <SetGuardrail onClose={() => setIsOpen(false)} />}
    </>
  )
}
