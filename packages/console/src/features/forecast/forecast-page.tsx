/** For the operator: what the owner is forecast to want, how right that was, and what may be sold by it. */
import type { Pool } from '@spillway/contract'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { Answered } from '../../api/answered.tsx'
import { type Answer, call } from '../../api/client.ts'
import { apiQuery } from '../../api/queries.ts'
import { LineView } from '../../charts/line-view.tsx'
import { IconButton, Segmented } from '../../ui/button.tsx'
import { serverNowMs } from '../../ui/clock.ts'
import { formatSi, plural } from '../../ui/format/numbers.ts'
import { Banner, BlockSkeleton, Empty } from '../../ui/notices.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { PoolLine } from '../market/pool-line.tsx'
import { BreachSection, CalibrationSection } from './calibration-section.tsx'
import {
  FALLBACK_TITLES,
  FALLBACK_WORDS,
  type ForecastRange,
  rangeStart,
  toForecastShape,
} from './forecast-shape.ts'
import { SurplusFigures, SurplusTable } from './surplus-section.tsx'

const route = getRouteApi('/app/forecast')
const HEIGHT = 280
const POLL_MS = 60_000
const HORIZON_DEFAULT = 4
const RANGES: readonly { readonly value: ForecastRange; readonly label: string }[] = [
  { value: '24h', label: '24 h' },
  { value: '7d', label: '7 d' },
  { value: '31d', label: '31 d' },
]

export function ForecastPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const pools = useQuery(apiQuery('listPools'))
  const items = pools.data?.items ?? []
  const pool = items.find(({ name }) => name === search.pool) ?? items[0]
  return (
    <>
      <PageHead
        title="Forecast"
        line={
          pool ? (
            <PoolLine
              pools={items}
              pool={pool}
              onPick={(name) =>
                void navigate({
                  search: (before) => ({ ...before, pool: name, team: undefined }),
                  replace: true,
                })
              }
            />
          ) : (
            <>&nbsp;</>
          )
        }
      />
      <Answered query={pools} skeleton={<BlockSkeleton height={420} />}>
        {() =>
          pool === undefined ? (
            <Empty>The fleet has no pool yet; what its owner will want would be here.</Empty>
          ) : (
            <PoolForecast pool={pool} />
          )
        }
      </Answered>
    </>
  )
}

function useForecast(pool: string) {
  const { range = '7d', horizon = HORIZON_DEFAULT, team } = route.useSearch()
  return useQuery({
    queryKey: ['getForecast', pool, range, horizon, team],
    queryFn: ({ signal }) => {
      const query = {
        ...{ from: rangeStart(range, serverNowMs()), horizon },
        ...(team === undefined ? {} : { organization: team }),
      }
      return call('getForecast', { params: { pool }, query }, { signal })
    },
    refetchInterval: POLL_MS,
    placeholderData: (before) => before,
  })
}

function PoolForecast({ pool }: { pool: Pool }): ReactElement {
  const forecast = useForecast(pool.name)
  const surplus = useQuery(apiQuery('getSurplus', { params: { pool: pool.name } }))
  return (
    <>
      <Answered query={surplus} skeleton={<BlockSkeleton height={84} />}>
        {(answer) => (
          <>
            {answer.fallback && (
              <Banner tone="bad">
                <strong className="text-bad">{FALLBACK_TITLES[answer.fallback]}</strong>
                <span className="flex-1">{FALLBACK_WORDS[answer.fallback]}</span>
              </Banner>
            )}
            <SurplusFigures surplus={answer} />
          </>
        )}
      </Answered>
      <div className="flex flex-col gap-y-7">
        <Answered query={forecast} skeleton={<BlockSkeleton height={HEIGHT} />}>
          {(answer) => <Judged forecast={answer} pool={pool} />}
        </Answered>
        <Answered query={surplus} skeleton={<></>}>
          {(answer) => <SurplusTable surplus={answer} />}
        </Answered>
      </div>
    </>
  )
}

interface JudgedProps {
  readonly forecast: Answer<'getForecast'>
  readonly pool: Pool
}

function Judged({ forecast, pool }: JudgedProps): ReactElement {
  const { horizon = HORIZON_DEFAULT } = route.useSearch()
  const judged = forecast.accuracy.find(({ horizonHours }) => horizonHours === horizon)
  return (
    <>
      <Section
        title={
          <>
            Forecast and what came{' '}
            <span className="text-13 font-normal text-muted">
              {forecast.organization !== null && `${forecast.organization}: `}
              peak of the {horizon} h after each instant, GPUs, UTC
            </span>
          </>
        }
        aside={<ChartTools forecast={forecast} />}
      >
        <ForecastChart forecast={forecast} pool={pool} horizon={horizon} />
      </Section>
      <div className="grid gap-x-8 gap-y-7 lg:grid-cols-2">
        {judged && <CalibrationSection accuracy={judged} />}
        {forecast.organization === null && <BreachSection accuracy={forecast.accuracy} />}
      </div>
    </>
  )
}

/** Whose work the forecast is of; nothing to pick where nobody’s is on the pool. */
function TeamPick({ teams, organization }: Answer<'getForecast'>): ReactElement | null {
  const navigate = route.useNavigate()
  if (teams.length === 0) return null
  const pick = (team: string): void =>
    void navigate({
      search: (before) => ({ ...before, team: team === '' ? undefined : team }),
      replace: true,
    })
  return (
    <select
      aria-label="Team"
      value={organization ?? ''}
      onChange={(event) => pick(event.target.value)}
      className="control text-text"
    >
      <option value="">all teams</option>
      {teams.map((team) => (
        <option key={team.organization} value={team.organization}>
          {team.organization}, {plural(team.gpus, 'GPU')} now
        </option>
      ))}
    </select>
  )
}

function ChartTools({ forecast }: { forecast: Answer<'getForecast'> }): ReactElement {
  const horizons = forecast.accuracy.map(({ horizonHours }) => horizonHours)
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const update = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  return (
    <>
      <TeamPick {...forecast} />
      <span className="text-muted">next</span>
      <Segmented
        label="Horizon"
        value={String(search.horizon ?? HORIZON_DEFAULT)}
        choices={horizons.map((hours) => ({ value: String(hours), label: `${hours} h` }))}
        onChange={(hours) => update({ horizon: Number(hours) })}
      />
      <span className="text-muted">over</span>
      <Segmented<ForecastRange>
        label="Range"
        value={search.range ?? '7d'}
        choices={RANGES}
        onChange={(range) => update({ range })}
      />
      <IconButton
        icon={search.view === 'table' ? 'chart' : 'table'}
        label={search.view === 'table' ? 'View as chart' : 'View as table'}
        onClick={() => update({ view: search.view === 'table' ? undefined : 'table' })}
      />
    </>
  )
}

function renderGpus(value: number): string {
  return formatSi(value)
}

function ForecastChart({
  forecast,
  pool,
  horizon,
}: JudgedProps & { horizon: number }): ReactElement {
  const { view } = route.useSearch()
  const drawing = useMemo(() => {
    const shape = toForecastShape(forecast.history)
    const all = shape.lines.flatMap(({ values }) => values.map((value) => value ?? 0))
    // A team has a part of the pool; the whole of it would flatten what it wants.
    const most = forecast.organization === null ? pool.slotsTotal : 1
    return { ...shape, top: Math.max(1, most, ...all) * 1.04 }
  }, [forecast.history, forecast.organization, pool.slotsTotal])
  if (forecast.history.length === 0)
    return (
      <Empty>
        No forecast of the next {horizon} h was made in this time. They are made each hour, from
        what the owner wanted in the hours before; each would be drawn here beside what came.
      </Empty>
    )
  return (
    <LineView
      label={`Peak of the owner’s demand on ${pool.name} in the next ${horizon} h: forecast and what came`}
      drawing={drawing}
      height={HEIGHT}
      // A single forecast is no line.
      isTable={view === 'table' || forecast.history.length < 2}
      renderValue={renderGpus}
    />
  )
}
