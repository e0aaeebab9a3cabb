/** Organizations and their balances; the operator grants credit and takes in customers here. */
import type { Organization } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { Button } from '../../ui/button.tsx'
import { Id } from '../../ui/copy.tsx'
import { Ago, Money } from '../../ui/figures.tsx'
import { formatMoney, parsePicos, sumAmounts } from '../../ui/format/money.ts'
import { plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { CreateOrganization } from './create-organization.tsx'
import { GrantCredit } from './grant-credit.tsx'

const route = getRouteApi('/app/organizations')

function columnsWith(
  onGrant: (organization: Organization) => void,
): readonly TableColumn<Organization>[] {
  return [
    {
      id: 'name',
      header: 'Organization',
      isWide: true,
      value: (organization) => organization.name,
      cell: (organization) => <span title={organization.name}>{organization.name}</span>,
    },
    {
      id: 'kind',
      header: 'Kind',
      from: 'narrow',
      value: (organization) => organization.kind,
      cell: (organization) => organization.kind,
    },
    {
      id: 'id',
      header: 'Id',
      from: 'wide',
      value: (organization) => organization.id,
      cell: (organization) => <Id id={organization.id} />,
    },
    {
      id: 'balance',
      header: 'Balance',
      isNumeric: true,
      value: (organization) => parsePicos(organization.balanceUsd),
      text: (organization) => organization.balanceUsd,
      cell: (organization) => <Money amount={organization.balanceUsd} />,
    },
    {
      id: 'held',
      header: 'Held',
      isNumeric: true,
      from: 'medium',
      value: (organization) => parsePicos(organization.heldUsd),
      text: (organization) => organization.heldUsd,
      cell: (organization) => <Money amount={organization.heldUsd} />,
    },
    {
      id: 'created',
      header: 'Since',
      isNumeric: true,
      from: 'medium',
      value: (organization) => organization.createdAt,
      cell: (organization) => <Ago at={organization.createdAt} />,
    },
    {
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      isNumeric: true,
      cell: (organization) => (
        <Button
          look="quiet"
          className="h-6!"
          aria-label={`Grant credit to ${organization.name}`}
          onClick={() => onGrant(organization)}
        >
          Grant credit
        </Button>
      ),
    },
  ]
}

export function OrganizationsPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const organizations = useQuery(apiQuery('listOrganizations'))
  const [granting, setGranting] = useState<Organization | null>(null)
  const [isCreating, setIsCreating] = useState(false)
  const columns = useMemo(() => columnsWith(setGranting), [])
  const items = organizations.data?.items
  return (
    <>
      <PageHead
        title="Organizations"
        line={
          items ? (
            `${plural(items.length, 'organization')} · ${formatMoney(sumAmounts(items.map((each) => each.balanceUsd)))} of balances`
          ) : (
            <>&nbsp;</>
          )
        }
        actions={
          <Button look="primary" icon="plus" onClick={() => setIsCreating(true)}>
            Create organization
          </Button>
        }
      />
      <Answered query={organizations}>
        {(answer) => (
          <DataTable
            label="Organizations"
            rows={answer.items}
            rowId={(organization) => organization.id}
            columns={columns}
            view={search}
            onView={(view) =>
              void navigate({ search: (before) => ({ ...before, ...view }), replace: true })
            }
            empty={<Empty>No organization exists yet; buyers would be listed here.</Empty>}
          />
        )}
      </Answered>
      {granting && <GrantCredit organization={granting} onClose={() => setGranting(null)} />}
      {isCreating && <CreateOrganization onClose={() => setIsCreating(false)} />}
    </>
  )
}
