/** One simulation: how far it is while it runs, and its variants side by side when it is done. */
import type { SimulationVariant, SimulationWithResult } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { useCommand } from '../../api/commands.ts'
import { explain } from '../../api/explain.ts'
import { apiQuery } from '../../api/queries.ts'
import { Intervals } from '../../charts/intervals.tsx'
import { LineView } from '../../charts/line-view.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { Code, Id } from '../../ui/copy.tsx'
import { Lasted } from '../../ui/figures.tsx'
import { formatSi, plural } from '../../ui/format/numbers.ts'
import { BlockSkeleton, ProblemPanel } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import type { TableColumn } from '../../ui/table/column.ts'
import { DataTable } from '../../ui/table/data-table.tsx'
import {
  DRAWN,
  formatEstimate,
  formatSimulated,
  halfWidth,
  type MeasureLook,
  MEASURES,
  toTimeline,
} from './measures.ts'
import { isUnderWay, ProgressBar, SimulationStateWord } from './simulation-looks.tsx'

const route = getRouteApi('/app/plan/$simulationId')
const POLL_RUNNING_MS = 1000
const HEIGHT = 248

export function PlanPage(): ReactElement {
  const { simulationId } = route.useParams()
  const query = useQuery({
    ...apiQuery('getSimulation', { params: { id: simulationId } }),
    refetchInterval: ({ state }) =>
      state.data && isUnderWay(state.data) ? POLL_RUNNING_MS : false,
  })
  const simulation = query.data
  return (
    <>
      <PageHead
        back={
          <Link to="/plan" className="text-muted hover:text-accent">
            Plan
          </Link>
        }
        title={simulation?.name ?? 'Plan'}
        line={simulation ? <Line simulation={simulation} /> : <>&nbsp;</>}
        actions={simulation && isUnderWay(simulation) && <Cancel id={simulation.id} />}
      />
      <Answered query={query} skeleton={<BlockSkeleton height={420} />}>
        {(answer) => <Content simulation={answer} />}
      </Answered>
    </>
  )
}

function Line({ simulation }: { simulation: SimulationWithResult }): ReactElement {
  const { id, startedAt, endedAt, seeds, horizonDays, variants } = simulation
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <SimulationStateWord simulation={simulation} />· {plural(variants.length, 'variant')} ·{' '}
      {plural(horizonDays, 'day')} · {plural(seeds, 'seed')}
      {startedAt !== null && (
        <>
          {' '}
          · computed for <Lasted from={startedAt} to={endedAt} />
        </>
      )}
      <Id id={id} />
    </span>
  )
}

function Cancel({ id }: { id: string }): ReactElement {
  const cancel = useCommand('cancelSimulation', { changes: ['getSimulation', 'listSimulations'] })
  return (
    <>
      {cancel.error && <ProblemPanel explanation={explain(cancel.error)} />}
      <Button
        look="danger"
        isBusy={cancel.isPending}
        onClick={() => cancel.mutate({ params: { id } })}
      >
        Cancel
      </Button>
    </>
  )
}

function Content({ simulation }: { simulation: SimulationWithResult }): ReactElement {
  const { state, failure, notes, result, scenario } = simulation
  return (
    <div className="flex flex-col gap-y-7">
      {isUnderWay(simulation) && (
        <div className="max-w-[720px]">
          <ProgressBar simulation={simulation} />
          <p className="mt-2 text-muted">
            {state === 'queued'
              ? 'It waits for its turn: one simulation is computed after the other.'
              : 'The variants will be here side by side when all of them are computed.'}
          </p>
        </div>
      )}
      {failure !== null && (
        <p role="alert" className="border-l-2 border-bad pl-3">
          {failure}
        </p>
      )}
      {result && <Comparison variants={result} />}
      {notes.length > 0 && (
        <Section title="Put right">
          <ul className="list-disc pl-4">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Scenario">
        <Code label="the scenario" text={scenario} />
      </Section>
    </div>
  )
}

function Comparison({ variants }: { variants: readonly SimulationVariant[] }): ReactElement {
  return (
    <>
      <Section
        title={
          <>
            Side by side{' '}
            <span className="text-13 font-normal text-muted">
              mean and 95 % confidence interval over the seeds
            </span>
          </>
        }
      >
        <div className="grid gap-x-10 gap-y-5 lg:grid-cols-2">
          {MEASURES.filter(({ id }) => DRAWN.includes(id)).map((look) => (
            <Measure key={look.id} look={look} variants={variants} />
          ))}
        </div>
      </Section>
      <Timeline variants={variants} />
      <MeasureTable variants={variants} />
    </>
  )
}

interface MeasureProps {
  readonly look: MeasureLook
  readonly variants: readonly SimulationVariant[]
}

function Measure({ look, variants }: MeasureProps): ReactElement {
  const rows = variants.flatMap(({ name, measures }) => {
    const estimate = measures[look.id]
    if (!estimate) return []
    const text = formatEstimate(estimate, look.unit)
    return [{ id: name, label: name, mean: estimate.mean, half: halfWidth(estimate), text }]
  })
  return (
    <div className="min-w-0">
      <h3 className="mb-1 font-medium">{look.label}</h3>
      <Intervals label={look.label} rows={rows} />
    </div>
  )
}

function renderGpus(value: number): string {
  return formatSi(value)
}

function Timeline({ variants }: { variants: readonly SimulationVariant[] }): ReactElement | null {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const update = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  const variant = variants.find(({ name }) => name === search.variant) ?? variants[0]
  const drawing = useMemo(
    () =>
      variant && {
        ...toTimeline(variant),
        top: Math.max(1, variant.timeline.capacityGpus) * 1.04,
        formatSecond: formatSimulated,
      },
    [variant],
  )
  if (!variant || !drawing) return null
  return (
    <Section
      title={
        <>
          Through the horizon{' '}
          <span className="text-13 font-normal text-muted">
            GPUs of the pool, mean of the seeds
          </span>
        </>
      }
      aside={
        <>
          <select
            aria-label="Variant"
            className="control"
            value={variant.name}
            onChange={(event) => update({ variant: event.target.value })}
          >
            {variants.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <IconButton
            icon={search.view === 'table' ? 'chart' : 'table'}
            label={search.view === 'table' ? 'View as chart' : 'View as table'}
            onClick={() => update({ view: search.view === 'table' ? undefined : 'table' })}
          />
        </>
      }
    >
      <LineView
        label={`GPUs that the owner has and that are sold, in ${variant.name}`}
        drawing={drawing}
        height={HEIGHT}
        isTable={search.view === 'table'}
        renderValue={renderGpus}
      />
    </Section>
  )
}

function MeasureTable({ variants }: { variants: readonly SimulationVariant[] }): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const columns = useMemo(
    (): readonly TableColumn<MeasureLook>[] => [
      { id: 'measure', header: 'Figure', cell: ({ label }) => label, text: ({ label }) => label },
      ...variants.map(({ name, policy, measures }): TableColumn<MeasureLook> => ({
        id: name,
        header: policy === 'spillway' ? name : `${name} (${policy})`,
        isNumeric: true,
        cell: ({ id, unit }) => {
          const estimate = measures[id]
          return <span className="num">{estimate ? formatEstimate(estimate, unit) : '—'}</span>
        },
        text: ({ id }) => String(measures[id]?.mean ?? ''),
      })),
    ],
    [variants],
  )
  return (
    <div
      className="relative min-w-0 overflow-x-auto [&_th]:top-0"
      tabIndex={0}
      role="region"
      aria-label="All figures"
    >
      <DataTable
        label="All figures"
        rows={MEASURES}
        rowId={({ id }) => id}
        columns={columns}
        filters={<h2 className="text-15 font-bold">All figures</h2>}
        view={{ hide: search.hide }}
        onView={({ hide }) =>
          void navigate({ search: (before) => ({ ...before, hide }), replace: true })
        }
        empty={null}
      />
    </div>
  )
}
