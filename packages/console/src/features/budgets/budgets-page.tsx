/** Budgets: the most that may be spent on models in a period, and what of that is spent. */
import { type Budget, permits } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Countdown } from '../../ui/figures.tsx'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { toast } from '../../ui/toast.tsx'
import { useSession } from '../session/session.ts'
import { BudgetBar, PERIOD_WORDS, whoseWords } from './budget-looks.tsx'
import { SetBudget } from './set-budget.tsx'

const route = getRouteApi('/app/budgets')

interface Looks {
  readonly isOperator: boolean
  readonly keyNames: ReadonlyMap<string, string>
  readonly onDelete: (budget: Budget) => void
}

function budgetColumns({ isOperator, keyNames, onDelete }: Looks): readonly TableColumn<Budget>[] {
  const organization: TableColumn<Budget> = {
    id: 'organization',
    header: 'Organization',
    from: 'narrow',
    value: (budget) => budget.organization,
    cell: (budget) => budget.organization,
  }
  return [
    ...(isOperator ? [organization] : []),
    {
      id: 'for',
      header: 'For',
      isWide: true,
      value: (budget) => whoseWords(budget, keyNames),
      cell: (budget) => (
        <span title={whoseWords(budget, keyNames)}>{whoseWords(budget, keyNames)}</span>
      ),
    },
    {
      id: 'spent',
      header: 'Spent',
      isNumeric: true,
      value: (budget) => Number(budget.spentUsd),
      text: (budget) => budget.spentUsd,
      cell: (budget) => <BudgetBar budget={budget} />,
    },
    {
      id: 'period',
      header: 'In',
      from: 'narrow',
      value: (budget) => budget.period,
      cell: (budget) => PERIOD_WORDS[budget.period],
    },
    {
      id: 'ends',
      header: 'Starts anew',
      from: 'medium',
      isNumeric: true,
      value: (budget) => budget.endsAt,
      cell: (budget) =>
        budget.endsAt === null ? (
          <span className="text-muted">never</span>
        ) : (
          <Countdown until={budget.endsAt} />
        ),
    },
    {
      id: 'setBy',
      header: 'Set by',
      from: 'medium',
      value: (budget) => budget.setBy,
      cell: (budget) => (budget.setBy === 'operator' ? 'the operator' : 'the organization'),
    },
    {
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      isNumeric: true,
      from: 'narrow',
      cell: (budget) =>
        (budget.setBy === 'operator') === isOperator && (
          <Button
            look="quiet"
            className="h-6!"
            aria-label={`Delete the budget for ${whoseWords(budget, keyNames)} ${PERIOD_WORDS[budget.period]}`}
            onClick={() => onDelete(budget)}
          >
            Delete
          </Button>
        ),
    },
  ]
}

export function BudgetsPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { role } = useSession()
  const isOperator = role === 'operator'
  const budgets = useQuery(apiQuery('listBudgets'))
  const keys = useQuery({ ...apiQuery('listApiKeys'), enabled: permits(role, 'api_key.list') })
  const [isOpen, setIsOpen] = useState(false)
  const { mutate } = useCommand('deleteBudget', {
    changes: ['listBudgets'],
    onSuccess: () => toast('The budget is deleted'),
  })
  const columns = useMemo(() => {
    const keyNames = new Map(keys.data?.items.map(({ id, name }) => [id, name]))
    return budgetColumns({
      ...{ isOperator, keyNames },
      onDelete: ({ id }) => mutate({ params: { id } }),
    })
  }, [isOperator, keys.data, mutate])
  return (
    <>
      <PageHead
        title="Budgets"
        line="What a request may cost is set aside before it runs; what is beyond is refused."
        actions={
          <Button look="primary" icon="plus" onClick={() => setIsOpen(true)}>
            Set a budget
          </Button>
        }
      />
      <Answered query={budgets}>
        {({ items }) => (
          <DataTable
            label="Budgets"
            rows={items}
            rowId={({ id }) => id}
            columns={columns}
            view={search}
            onView={(part) =>
              void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
            }
            empty={<Empty>No budget is set: only the balance is in the way.</Empty>}
          />
        )}
      </Answered>
      {isOpen && <SetBudget isOperator={isOperator} onClose={() => setIsOpen(false)} />}
    </>
  )
}
