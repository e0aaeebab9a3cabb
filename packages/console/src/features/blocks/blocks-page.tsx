/** The list of blocks: what begins, runs and is over; one opens beside it. */
import { type Block, BlockState } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { buttonClass } from '../../ui/button.tsx'
import { FilterSelect } from '../../ui/field.tsx'
import { Money } from '../../ui/figures.tsx'
import { sumAmounts } from '../../ui/format/money.ts'
import { Icon } from '../../ui/icons.tsx'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import { DataTable } from '../../ui/table/data-table.tsx'
import { usePermission, useSession } from '../session/session.ts'
import { blockColumns } from './block-columns.tsx'
import { BlockDrawer } from './block-drawer.tsx'
import { BlockPolicyLine } from './block-policy.tsx'

const route = getRouteApi('/app/blocks')
const ROWS_MAX = 1000
const POLL_MS = 30_000

function Line({ blocks }: { blocks: readonly Block[] }): ReactElement {
  const open = blocks.filter(({ closedAt }) => closedAt === null)
  const active = open.filter(({ state }) => state === 'active')
  return (
    <>
      {active.length} active, {open.length - active.length} to come ·{' '}
      <Money amount={sumAmounts(open.map(({ heldUsd }) => heldUsd))} /> held
    </>
  )
}

function BuyLink({ look }: { look: 'primary' | 'plain' }): ReactElement | null {
  if (!usePermission('order.create')) return null
  return (
    <Link to="/blocks/new" className={buttonClass(look)}>
      <Icon name="plus" size={14} />
      Buy a block
    </Link>
  )
}

export function BlocksPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { role } = useSession()
  const filter = { limit: ROWS_MAX, ...(search.state === undefined ? {} : { state: search.state }) }
  const query = useQuery({
    ...apiQuery('listBlocks', { query: filter }),
    refetchInterval: POLL_MS,
  })
  const columns = useMemo(() => blockColumns(role === 'operator'), [role])
  const choose = (block: string | undefined): void =>
    void navigate({ search: { ...search, block }, replace: true })
  return (
    <>
      <PageHead
        title="Blocks"
        line={query.data ? <Line blocks={query.data.items} /> : <>&nbsp;</>}
        actions={<BuyLink look="primary" />}
      />
      <BlockPolicyLine />
      <Answered query={query}>
        {({ items }) => (
          <DataTable
            label="Blocks"
            rows={items}
            rowId={({ id }) => id}
            columns={columns}
            filters={
              <FilterSelect
                label="State"
                value={search.state ?? ''}
                onPick={(state) =>
                  void navigate({
                    search: { ...search, state: BlockState.options.find((each) => each === state) },
                    replace: true,
                  })
                }
                options={BlockState.options.map((state) => [state, state] as const)}
              />
            }
            view={{ sort: search.sort, hide: search.hide }}
            onView={(view) => void navigate({ search: { ...search, ...view }, replace: true })}
            onOpen={({ id }) => choose(id)}
            empty={
              <Empty action={<BuyLink look="plain" />}>
                Blocks would be listed here: GPUs from one hour to another, bought beforehand.
              </Empty>
            }
          />
        )}
      </Answered>
      {search.block && <BlockDrawer id={search.block} onClose={() => choose(undefined)} />}
    </>
  )
}
