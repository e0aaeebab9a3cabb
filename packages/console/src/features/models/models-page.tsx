/** The catalog: models by name, with state and price. */
import type { Model } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { buttonClass } from '../../ui/button.tsx'
import { perMillion, renderAmount } from '../../ui/format/money.ts'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { ConstraintsSection } from '../routing/constraints-section.tsx'
import { usePermission } from '../session/session.ts'
import { ModelStateWord, PerMillion, ToyTag } from './model-looks.tsx'

const route = getRouteApi('/app/models')

const COLUMNS: readonly TableColumn<Model>[] = [
  {
    id: 'state',
    header: 'State',
    value: (model) => model.state,
    cell: (model) => <ModelStateWord model={model} />,
  },
  {
    id: 'name',
    header: 'Model',
    isWide: true,
    value: (model) => model.displayName,
    cell: (model) => (
      <span className="flex min-w-0 items-center gap-2">
        <Link
          to="/models/$modelId"
          params={{ modelId: model.id }}
          className="min-w-0 truncate font-medium text-text no-underline hover:text-accent hover:underline"
        >
          {model.displayName}
        </Link>
        {model.isToy && <ToyTag />}
        <span className="min-w-0 truncate text-muted max-md:hidden" title={model.description}>
          {model.description}
        </span>
      </span>
    ),
  },
  {
    id: 'id',
    header: 'Id',
    from: 'wide',
    value: (model) => model.id,
    cell: (model) => <span className="num">{model.id}</span>,
  },
  {
    id: 'publisher',
    header: 'Publisher',
    from: 'wide',
    value: (model) => model.publisher,
    cell: (model) => model.publisher,
  },
  {
    id: 'context',
    header: 'Context',
    isNumeric: true,
    from: 'medium',
    value: (model) => model.contextTokens,
    cell: (model) => <span className="num">{formatCount(model.contextTokens)}</span>,
  },
  {
    id: 'replicas',
    header: 'Replicas',
    isNumeric: true,
    from: 'medium',
    value: (model) => model.replicasReady,
    cell: (model) =>
      model.source === 'upstream' ? 'upstream' : <span className="num">{model.replicasReady}</span>,
  },
  {
    id: 'input',
    header: '$/M in',
    isNumeric: true,
    from: 'narrow',
    value: (model) => perMillion(model.price.input),
    text: (model) => renderAmount(perMillion(model.price.input)),
    cell: (model) => <PerMillion price={model.price.input} />,
  },
  {
    id: 'output',
    header: '$/M out',
    isNumeric: true,
    value: (model) => perMillion(model.price.output),
    text: (model) => renderAmount(perMillion(model.price.output)),
    cell: (model) => <PerMillion price={model.price.output} />,
  },
]

export function ModelsPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const models = useQuery(apiQuery('listModels'))
  const canDeploy = usePermission('deployment.create')
  const canConstrain = usePermission('route_constraint.set')
  const ready = models.data?.items.filter((model) => model.state === 'ready').length
  return (
    <>
      <PageHead
        title="Models"
        line={
          ready === undefined ? (
            <>&nbsp;</>
          ) : (
            `${plural(ready, 'model')} ready · one address for all: ${location.origin}/v1`
          )
        }
        actions={
          canDeploy && (
            <Link to="/deployments" className={buttonClass('plain')}>
              Deployments
            </Link>
          )
        }
      />
      <Answered query={models}>
        {({ items }) => (
          <DataTable
            label="Models"
            rows={items}
            rowId={(model) => model.id}
            columns={COLUMNS}
            view={search}
            onView={(view) =>
              void navigate({ search: (before) => ({ ...before, ...view }), replace: true })
            }
            onOpen={(model) =>
              void navigate({ to: '/models/$modelId', params: { modelId: model.id } })
            }
            empty={<Empty>No model is hosted yet; the catalog would be here.</Empty>}
          />
        )}
      </Answered>
      {canConstrain && !canDeploy && <ConstraintsSection />}
    </>
  )
}
