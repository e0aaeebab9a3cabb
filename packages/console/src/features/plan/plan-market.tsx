/** The market of a simulated variant beside that of the base, chart by chart on shared scales: each also as a table. */
import type { SimulationMarket, SimulationVariant } from '@spillway/contract'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactElement, type ReactNode, useMemo } from 'react'
import { LineView } from '../../charts/line-view.tsx'
import type { LineShape } from '../../charts/lines.ts'
import { StackView } from '../../charts/stack-view.tsx'
import { IconButton } from '../../ui/button.tsx'
import { formatSi } from '../../ui/format/numbers.ts'
import { Section } from '../../ui/page.tsx'
import { renderDrawnUsd } from '../market/price-shape.ts'
import { highest, toForecast, toPrices, toSupply, toUse } from './market-shapes.ts'
import { formatSimulated } from './measures.ts'
import { WorthLine } from './worth-line.tsx'

const route = getRouteApi('/app/plan/$simulationId')
const HEIGHT = 216
/** An owner who wants far more than there is would flatten everything else. */
const BEYOND_ALL = 1.4

function renderGpus(value: number): string {
  return formatSi(value)
}

/** A variant with the market of the pool that is shown; null of a policy that has none. */
interface Shown {
  readonly variant: SimulationVariant
  readonly market: SimulationMarket | null
}

export function PlanMarket({
  variants,
}: {
  readonly variants: readonly SimulationVariant[]
}): ReactElement | null {
  const search = route.useSearch()
  const [base, ...others] = variants
  const picked = others.find(({ name }) => name === search.variant) ?? others[0]
  const pools = useMemo(
    () => [...new Set(variants.flatMap(({ markets = [] }) => markets.map(({ pool }) => pool)))],
    [variants],
  )
  const pool = pools.find((name) => name === search.pool) ?? pools[0]
  const shown = useMemo(
    () =>
      [base, picked].flatMap((variant): Shown[] => {
        if (!variant) return []
        const market = variant.markets?.find((each) => each.pool === pool) ?? null
        return [{ variant, market }]
      }),
    [base, picked, pool],
  )
  if (!base) return null
  const capacity = Math.max(1, ...shown.map(({ variant }) => variant.timeline.capacityGpus))
  return (
    <Section
      title="Through the horizon"
      aside={<Tools others={others} picked={picked} pools={pools} pool={pool} />}
    >
      <div className="flex flex-col gap-y-6">
        <Use shown={shown} />
        <Lines
          shown={shown}
          title="The owner’s demand"
          note="forecast of each hour’s peak, and what came, GPUs; first seed"
          words="Forecast and actual demand of the owner"
          shapeOf={toForecast}
          render={renderGpus}
          most={BEYOND_ALL * capacity}
        />
        <Lines
          shown={shown}
          title="Prices"
          note="of plain spot, and what an hour was worth, $ / GPU-h; first seed"
          words="Clearing price, reserve and worth of a GPU-hour"
          shapeOf={toPrices}
          render={renderDrawnUsd}
        />
        <Supply shown={shown} />
        <Pair
          title="Who wanted GPUs"
          note="in the middle of the horizon, by what an hour was worth"
          shown={shown}
        >
          {({ variant, market }) =>
            market && (
              <WorthLine market={market} name={variant.name} isTable={search.view === 'table'} />
            )
          }
        </Pair>
      </div>
    </Section>
  )
}

interface ToolsProps {
  readonly others: readonly SimulationVariant[]
  readonly picked: SimulationVariant | undefined
  readonly pools: readonly string[]
  readonly pool: string | undefined
}

function Tools({ others, picked, pools, pool }: ToolsProps): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const update = (part: Partial<typeof search>): void =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true })
  return (
    <>
      {pools.length > 1 && (
        <select
          aria-label="Pool"
          className="control"
          value={pool}
          onChange={(event) => update({ pool: event.target.value })}
        >
          {pools.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      {picked && (
        <>
          <span className="text-muted">base beside</span>
          <select
            aria-label="Variant"
            className="control max-w-56"
            value={picked.name}
            onChange={(event) => update({ variant: event.target.value })}
          >
            {others.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </>
      )}
      <IconButton
        icon={search.view === 'table' ? 'chart' : 'table'}
        label={search.view === 'table' ? 'View as charts' : 'View as tables'}
        onClick={() => update({ view: search.view === 'table' ? undefined : 'table' })}
      />
    </>
  )
}

interface PairProps {
  readonly title: string
  readonly note: string
  readonly shown: readonly Shown[]
  /** Null where the variant has nothing of it. */
  readonly children: (shown: Shown) => ReactNode
}

/** One chart of each variant that is shown, side by side, or below one another where that is too narrow. */
function Pair({ title, note, shown, children }: PairProps): ReactElement {
  return (
    <div className="min-w-0">
      <h3 className="mb-1.5 font-medium">
        {title} <span className="font-normal text-muted">{note}</span>
      </h3>
      <div className={`grid gap-x-8 gap-y-3 ${shown.length > 1 ? 'lg:grid-cols-2' : ''}`}>
        {shown.map((each) => (
          <figure key={each.variant.name} className="min-w-0">
            <figcaption className="mb-1 truncate text-12 text-muted">
              {each.variant.name}
            </figcaption>
            {children(each) ?? (
              <p className="text-muted">The policy {each.variant.policy} has nothing of it.</p>
            )}
          </figure>
        ))}
      </div>
    </div>
  )
}

function Use({ shown }: { readonly shown: readonly Shown[] }): ReactElement {
  const { view } = route.useSearch()
  const drawings = useMemo(() => {
    const top = Math.max(1, ...shown.map(({ variant }) => variant.timeline.capacityGpus))
    return new Map(
      shown.map(({ variant }) => [
        variant,
        { ...toUse(variant), top, mark: 'area' as const, formatSecond: formatSimulated },
      ]),
    )
  }, [shown])
  return (
    <Pair title="Utilisation" note="who has the GPUs of the pools; mean of the seeds" shown={shown}>
      {({ variant }) => {
        const drawing = drawings.get(variant)
        return (
          drawing && (
            <StackView
              label={`GPUs by who has them, in ${variant.name}`}
              drawing={drawing}
              height={HEIGHT}
              isTable={view === 'table'}
              renderValue={renderGpus}
            />
          )
        )
      }}
    </Pair>
  )
}

interface LinesProps extends Omit<PairProps, 'children'> {
  /** What is drawn, in words. */
  readonly words: string
  readonly shapeOf: (market: SimulationMarket) => LineShape
  readonly render: (value: number) => string
  /** What is beyond it is cut off. */
  readonly most?: number
}

function Lines({
  shown,
  words,
  shapeOf,
  render,
  most = Infinity,
  ...pair
}: LinesProps): ReactElement {
  const { view } = route.useSearch()
  const drawings = useMemo(() => {
    const shapes = shown.flatMap(({ market }) =>
      market ? [{ market, shape: shapeOf(market) }] : [],
    )
    const top = Math.min(most, (highest(shapes.map(({ shape }) => shape)) || 1) * 1.06)
    return new Map(
      shapes.map(({ market, shape }) => [
        market,
        { ...shape, top, formatValue: render, formatSecond: formatSimulated },
      ]),
    )
  }, [shown, shapeOf, render, most])
  return (
    <Pair shown={shown} {...pair}>
      {({ variant, market }) => {
        const drawing = market && drawings.get(market)
        return (
          drawing && (
            <LineView
              label={`${words}, in ${variant.name}`}
              drawing={drawing}
              height={HEIGHT}
              isTable={view === 'table'}
              renderValue={render}
            />
          )
        )
      }}
    </Pair>
  )
}

function Supply({ shown }: { readonly shown: readonly Shown[] }): ReactElement {
  const { view } = route.useSearch()
  const drawings = useMemo(() => {
    const top = Math.max(1, ...shown.map(({ variant }) => variant.timeline.capacityGpus))
    return new Map(
      shown.map(({ market }) => {
        const shape = market && toSupply(market)
        return [
          market,
          shape && { ...shape, top, mark: 'area' as const, formatSecond: formatSimulated },
        ]
      }),
    )
  }, [shown])
  return (
    <Pair
      title="What could be sold"
      note="by the forecast of each hour, from firm to loose, GPUs; first seed"
      shown={shown}
    >
      {({ variant, market }) => {
        const drawing = drawings.get(market)
        return (
          drawing && (
            <StackView
              label={`GPUs that could be sold by tier, in ${variant.name}`}
              drawing={drawing}
              height={HEIGHT}
              isTable={view === 'table'}
              renderValue={renderGpus}
            />
          )
        )
      }}
    </Pair>
  )
}
