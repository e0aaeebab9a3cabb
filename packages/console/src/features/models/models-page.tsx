/** The catalog: models by name, searched and compared; below it other names, and which projects may use what. */
import { type Model, type ModelCard, ModelCapability, ModelOrigin } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Answered } from '../../api/answered.tsx'
import { apiQuery } from '../../api/queries.ts'
import { buttonClass } from '../../ui/button.tsx'
import { FilterSelect } from '../../ui/field.tsx'
import { perMillion, renderAmount } from '../../ui/format/money.ts'
import { formatCount, plural } from '../../ui/format/numbers.ts'
import { Empty } from '../../ui/notices.tsx'
import { PageHead } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import { AccessSection } from '../catalog/access-section.tsx'
import { AliasesSection } from '../catalog/aliases-section.tsx'
import { matches } from '../catalog/card-facts.ts'
import { ORIGIN_WORDS, RateWord, RetirementTag, spaced } from '../catalog/card-looks.tsx'
import { ConstraintsSection } from '../routing/constraints-section.tsx'
import { usePermission } from '../session/session.ts'
import { ModelStateWord, PerMillion, ToyTag } from './model-looks.tsx'

const route = getRouteApi('/app/models')

const COLUMNS: readonly TableColumn<CatalogRow>[] = [
  {
    id: 'state',
    header: 'State',
    value: ({ model }) => model.state,
    cell: ({ model }) => <ModelStateWord model={model} />,
  },
  {
    id: 'name',
    header: 'Model',
    isWide: true,
    value: ({ model }) => model.displayName,
    cell: ({ model, card }) => (
      <span className="flex min-w-0 items-center gap-2">
        <Link
          to="/models/$modelId"
          params={{ modelId: model.id }}
          className="min-w-0 truncate font-medium text-text no-underline md:shrink-0 hover:text-accent hover:underline"
        >
          {model.displayName}
        </Link>
        {model.isToy && <ToyTag />}
        <span className="max-md:hidden">{card && <RetirementTag card={card} />}</span>
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
    value: ({ model }) => model.id,
    cell: ({ model }) => <span className="num">{model.id}</span>,
  },
  {
    id: 'publisher',
    header: 'Publisher',
    from: 'wide',
    value: ({ card }) => card?.publisher ?? null,
    cell: ({ card }) => card?.publisher ?? 'unknown',
  },
  {
    id: 'context',
    header: 'Context',
    isNumeric: true,
    from: 'medium',
    value: ({ model }) => model.contextTokens,
    cell: ({ model }) => <span className="num">{formatCount(model.contextTokens)}</span>,
  },
  {
    id: 'replicas',
    header: 'Replicas',
    isNumeric: true,
    from: 'medium',
    value: ({ model }) => model.replicasReady,
    cell: ({ model }) =>
      model.source === 'upstream' ? 'upstream' : <span className="num">{model.replicasReady}</span>,
  },
  {
    id: 'input',
    header: '$/M in',
    isNumeric: true,
    from: 'narrow',
    value: ({ model }) => perMillion(model.price.input),
    text: ({ model }) => renderAmount(perMillion(model.price.input)),
    cell: ({ model }) => <PerMillion price={model.price.input} />,
  },
  {
    id: 'output',
    header: '$/M out',
    isNumeric: true,
    value: ({ model }) => perMillion(model.price.output),
    text: ({ model }) => renderAmount(perMillion(model.price.output)),
    cell: ({ model }) => <PerMillion price={model.price.output} />,
  },
  {
    id: 'rate',
    header: 'Rate',
    isNumeric: true,
    from: 'wide',
    value: ({ card }) => card?.measured?.outputTokensPerSecond ?? null,
    cell: ({ card }) => <RateWord measured={card?.measured ?? null} />,
  },
]

interface CatalogRow {
  readonly model: Model
  /** Absent until it was read. */
  readonly card: ModelCard | undefined
}

export function ModelsPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const models = useQuery(apiQuery('listModels'))
  const cards = useQuery(apiQuery('listModelCards'))
  const canDeploy = usePermission('deployment.create')
  const canConstrain = usePermission('route_constraint.set')
  const canRule = usePermission('model_access.set')
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
          <>
            <Link to="/models/compare" className={buttonClass('plain')}>
              Compare
            </Link>
            {canDeploy && (
              <Link to="/deployments" className={buttonClass('plain')}>
                Deployments
              </Link>
            )}
          </>
        }
      />
      <Answered query={models}>
        {({ items }) => (
          <DataTable
            label="Models"
            rows={rowsOf(items, cards.data?.items, search)}
            rowId={({ model }) => model.id}
            columns={COLUMNS}
            view={search}
            onView={(view) =>
              void navigate({ search: (before) => ({ ...before, ...view }), replace: true })
            }
            filters={<Filters />}
            onOpen={({ model }) =>
              void navigate({ to: '/models/$modelId', params: { modelId: model.id } })
            }
            empty={
              <Empty>
                {items.length === 0
                  ? 'No model is hosted yet; the catalog would be here.'
                  : 'No model is like that.'}
              </Empty>
            }
          />
        )}
      </Answered>
      <AliasesSection />
      {canRule && <AccessSection />}
      {canConstrain && !canDeploy && <ConstraintsSection />}
    </>
  )
}

type Search = ReturnType<typeof route.useSearch>

function rowsOf(
  models: readonly Model[],
  cards: readonly ModelCard[] | undefined,
  { find, can, origin }: Search,
): readonly CatalogRow[] {
  const rows = models.map((model) => ({
    model,
    card: cards?.find((each) => each.model === model.id),
  }))
  return rows.filter(({ card }) => card === undefined || matches(card, { find, can, origin }))
}

function Filters(): ReactElement {
  const { find = '', can = '', origin = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const set = (change: Partial<Search>): void =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true })
  return (
    <>
      <input
        type="search"
        aria-label="Search the models"
        placeholder="Search"
        className="control min-w-0"
        value={find}
        onChange={({ target }) => set({ find: target.value || undefined })}
      />
      <FilterSelect
        label="Can"
        value={can}
        options={ModelCapability.options.map((each) => [each, spaced(each)])}
        onPick={(value) => set({ can: value === '' ? undefined : (value as ModelCapability) })}
      />
      <FilterSelect
        label="Origin"
        value={origin}
        options={ModelOrigin.options.map((each) => [each, ORIGIN_WORDS[each]])}
        onPick={(value) => set({ origin: value === '' ? undefined : (value as ModelOrigin) })}
      />
    </>
  )
}
